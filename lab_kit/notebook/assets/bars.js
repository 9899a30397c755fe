export default {
  render({ model, el }) {
    const title = model.get('title');
    const { box, status, note } = frame(el, title);
    const ask = asker(model, note);
    const bar = make('div', { class: 'bar' });
    const body = make('tbody');
    const table = make('table', {}, make('caption', { class: 'visually-hidden', text: title }), body);
    const trouble = make('pre');
    const buttons = model.get('buttons').map((text) => button(text, () => { if (!model.get('busy')) ask({ do: 'press', text }); }));
    bar.append(...buttons);
    box.append(make('h3', { text: title }), bar, status, table, make('p', { text: model.get('about') }), trouble, note);
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    let drawn = 0;
    const line = (row) => {
      const fill = make('i', { class: row.kind });
      const track = make('div', { class: 'track', 'aria-hidden': 'true' }, fill);
      const width = `${Math.max(0, Math.min(1, row.part)) * 100}%`;
      const burns = row.ms !== undefined && row.key > drawn && !still;
      fill.style.width = burns ? '100%' : width;
      if (burns) { // as long as it really took, and at least long enough to be seen
        fill.style.transition = `width ${Math.max(250, row.ms)}ms linear`;
        requestAnimationFrame(() => requestAnimationFrame(() => { fill.style.width = width; }));
      }
      return make('tr', {}, make('th', { scope: 'row', text: row.name }), make('td', { class: 'wide' }, track), make('td', { text: row.text }));
    };
    const draw = () => {
      const rows = model.get('rows');
      body.replaceChildren(...rows.map(line));
      drawn = Math.max(drawn, ...rows.map((row) => row.key || 0));
      table.hidden = !rows.length;
    };
    const tell = () => {
      announce(status, model.get('sentence'));
      trouble.textContent = model.get('said');
      for (const one of buttons) one.setAttribute('aria-disabled', String(model.get('busy')));
    };
    model.on('change:rows', draw);
    model.on('change:sentence', tell); model.on('change:said', tell); model.on('change:busy', tell);
    draw(); tell();
    return () => ask.stop();
  },
};
