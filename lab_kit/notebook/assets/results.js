function message(part) {
  const more = make('div', { class: 'more' });
  if (part.what) more.append(make('p', { text: part.what }));
  if (part.why) more.append(make('pre', { text: part.why }));
  if (part.next) more.append(make('p', {}, make('strong', { text: 'Next: ' }), part.next));
  return more;
}

function entry(row, ask, words) {
  const li = make('li', { class: 'row' },
    make('span', { class: 'verdict', 'data-verdict': row.verdict, text: words[row.verdict] || row.verdict }),
    make('span', { text: row.promise }));
  if (row.verdict === 'failed' || row.verdict === 'not_judged') li.append(make('code', { class: 'name', text: row.check }));
  if (!row.what && !row.why && !row.next) return li;
  const more = message(row);
  for (const [n, hint] of (row.hinted || []).entries()) more.append(make('p', { class: 'hint' }, make('strong', { text: `Hint ${n + 1}: ` }), hint));
  const left = (row.hints || 0) - (row.hinted || []).length;
  if (left > 0 && row.verdict === 'failed') {
    more.append(button(row.hinted && row.hinted.length ? 'Another hint' : 'Show a hint',
      () => ask({ do: 'hint', check: row.check }), { 'aria-label': `Show a hint for: ${row.promise}`, 'data-key': 'hint ' + row.check }));
  }
  li.append(more);
  return li;
}

export default {
  render({ model, el }) {
    const { box, status, note } = frame(el, model.get('title'));
    const list = make('div');
    const ask = asker(model, note);
    const again = button('Check again', () => { if (!model.get('busy')) ask({ do: 'check' }); }, { 'data-key': 'again' });
    box.append(make('h3', { text: model.get('title') }), status, list, make('div', { class: 'bar' }, again), note);
    const draw = () => {
      const focus = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      list.replaceChildren();
      const error = model.get('error');
      if (error.what) list.append(message(error.what === model.get('summary') ? { ...error, what: '' } : error)); // said above
      let group = null, ul = null;
      for (const row of model.get('rows')) {
        if (row.exercise !== group || !ul) {
          group = row.exercise; ul = make('ul');
          const head = make('h4', { text: group || 'Checks' });
          list.append(head, ul);
          const path = model.get('paths')[group];
          if (path) head.append(' ', opener('Open beside', path));
        }
        ul.append(entry(row, ask, model.get('words')));
      }
      const busy = model.get('busy');
      again.setAttribute('aria-disabled', String(busy));
      again.textContent = busy ? 'Checking\u2026' : 'Check again';
      announce(status, model.get('summary'));
      if (focus) { const back = [...box.querySelectorAll('[data-key]')].find((n) => n.dataset.key === focus); (back || again).focus(); }
    };
    for (const name of ['rows', 'summary', 'busy', 'error']) model.on('change:' + name, draw);
    draw();
    const drawn = setTimeout(() => model.send({ do: 'drawn' }), 150);
    return () => { clearTimeout(drawn); ask.stop(); };
  },
};
