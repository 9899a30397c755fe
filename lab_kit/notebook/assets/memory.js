export default {
  render({ model, el }) {
    const { box, status, note } = frame(el, 'Memory of an instance');
    const ask = asker(model, note);
    const id = uid();
    const range = control('input', { type: 'range', id, min: '1', max: String(model.get('most')), step: '1', value: String(model.get('size')) });
    const out = make('span', { 'aria-hidden': 'true' });
    const name = () => { out.textContent = range.value; range.setAttribute('aria-valuetext', `${range.value} lines`); };
    range.addEventListener('input', name);
    const map = make('div', { class: 'map', role: 'img' });
    const trouble = make('pre');
    box.append(make('h3', { text: 'Memory of an instance' }),
      make('div', { class: 'bar' }, make('label', { for: id, text: 'Lines in the request' }), range, out,
        button('Send it', () => ask({ do: 'press', text: 'send', size: +range.value })),
        button('A new instance', () => ask({ do: 'press', text: 'new' }))),
      status, map, make('p', { text: 'Each field is a part of the memory: empty where all bytes are zero, filled where they are not, framed where this request changed some.' }), trouble, note);
    let cells = [];
    const draw = () => {
      const now = model.get('cells');
      if (cells.length !== now.length) { cells = [...now].map(() => make('i')); map.replaceChildren(...cells); }
      [...now].forEach((kind, n) => { if (cells[n].dataset.kind !== kind) cells[n].dataset.kind = kind; });
      map.setAttribute('aria-label', model.get('sentence'));
    };
    const tell = () => { announce(status, model.get('sentence')); trouble.textContent = model.get('said'); map.setAttribute('aria-label', model.get('sentence')); };
    model.on('change:cells', draw); model.on('change:sentence', tell); model.on('change:said', tell);
    name(); draw(); tell();
    return () => ask.stop();
  },
};
