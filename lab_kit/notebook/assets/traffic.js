export default {
  render({ model, el }) {
    const { box, status, note } = frame(el, 'Traffic');
    const id = uid();
    const range = control('input', { type: 'range', id, min: '0', max: String(model.get('max_rate')), step: '1' });
    const out = make('span', { 'aria-hidden': 'true' });
    const ask = asker(model, note);
    const flood = button(`Flood: ${model.get('flood')} at once`, () => ask({ do: 'flood' }));
    const body = make('tbody');
    const table = make('table', {}, make('caption', { class: 'visually-hidden', text: 'Invocations of each environment' }),
      make('thead', {}, make('tr', {}, ...['Environment', 'Now', 'Cold (striped) and warm (filled)', ''].map((t) => make('th', { scope: 'col', text: t })))), body);
    const times = make('p');
    const trouble = make('pre');
    box.append(make('h3', { text: 'Traffic' }),
      make('div', { class: 'bar' }, make('label', { for: id, text: 'Requests a second' }), range, out),
      make('div', { class: 'bar' }, flood, button('Stop the traffic', () => set(0))),
      status, times, table, trouble, note);

    let timer = null;
    const name = () => { out.textContent = range.value; range.setAttribute('aria-valuetext', `${range.value} a second`); };
    const show = () => { if (!timer) { range.value = model.get('rate'); name(); } };
    const set = (value) => { model.set('rate', value); model.save_changes(); show(); };
    range.addEventListener('input', () => {
      name();
      if (!timer) timer = setTimeout(() => { timer = null; set(+range.value); }, 60);
    });

    const rows = new Map();
    const bar = (one, most) => {
      let row = rows.get(one.id);
      if (!row) {
        row = { state: make('td'), cold: make('i', { class: 'cold' }), warm: make('i', { class: 'warm' }), said: make('td') };
        const track = make('div', { class: 'track', 'aria-hidden': 'true' }, row.cold, row.warm);
        row.tr = make('tr', {}, make('td', { text: one.id.slice(-8) }), row.state, make('td', { class: 'wide' }, track), row.said);
        rows.set(one.id, row);
      }
      row.state.textContent = one.state;
      row.cold.style.width = `${100 * one.cold / most}%`;
      row.warm.style.width = `${100 * one.warm / most}%`;
      row.said.textContent = `${one.cold} cold, ${one.warm} warm`;
      return row.tr;
    };

    let latest = null, asked = false, said = 0;
    const draw = () => {
      asked = false;
      const s = latest;
      const most = Math.max(10, ...s.bars.map((b) => b.cold + b.warm));
      table.hidden = times.hidden = !s.requests;
      body.replaceChildren(...s.bars.map((b) => bar(b, most)));
      for (const key of rows.keys()) if (!s.bars.some((b) => b.id === key)) rows.delete(key);
      const ms = (v) => (v === null ? '\u2013' : `${v} ms`);
      times.textContent = `Half take at most: cold ${ms(s.ms.cold)}, warm ${ms(s.ms.warm)}.`;
      const wait = Math.max(0, 1500 - (performance.now() - said));
      clearTimeout(say.timer);
      say.timer = setTimeout(say, wait);
    };
    const say = () => {
      said = performance.now();
      const s = latest, n = s.bars.length + s.more;
      announce(status, !s.requests ? 'No traffic yet. Move the slider, or flood it.' : `${s.requests} requests: ${s.cold} cold, ${s.warm} warm, ${s.throttled} throttled, ${s.failed} failed; ${n} ${n === 1 ? 'environment' : 'environments'}.`, 0);
    };
    const heard = (msg) => { if (msg.stats) { latest = msg.stats; if (!asked) { asked = true; requestAnimationFrame(draw); } } };
    model.on('msg:custom', heard);
    const tell = () => { trouble.textContent = model.get('said'); };
    model.on('change:rate', show); model.on('change:said', tell);
    table.hidden = times.hidden = true;
    show(); tell();
    ask({ do: 'look' });
    const quiet = heart(model, note, (alive) => { range.disabled = !alive; });
    return () => { quiet(); ask.stop(); clearTimeout(timer); clearTimeout(say.timer); model.off('msg:custom', heard); };
  },
};
