export default {
  render({ model, el }) {
    const { box, status, note } = frame(el, 'Git beside the cluster');
    const ask = asker(model, note);
    const stop = heart(model, note);
    const bar = make('div', { class: 'bar' });
    bar.append(...model.get('buttons').map((text) => button(text, () => ask({ do: 'press', text }))));
    const part = (title, label) => {
      const list = make('ul', { 'aria-label': label });
      return { list, side: make('div', {}, make('h4', { text: title }), list) };
    };
    const git = part('Git', 'Commits, newest first');
    const log = part('What was written', 'Writes to the cluster, newest first');
    const tree = make('tbody');
    const table = make('table', {}, make('caption', { class: 'visually-hidden', text: 'Objects in the cluster' }), tree);
    const trouble = make('pre');
    box.append(make('h3', { text: 'Git beside the cluster' }), bar, status,
      make('div', { class: 'sides' }, git.side, make('div', {}, make('h4', { text: 'Cluster' }), table)),
      log.side, trouble, note);
    const commits = () => git.list.replaceChildren(...model.get('commits').map((one, n) =>
      make('li', { class: 'commit' }, make('b', { text: n ? '○ ' : '● ', 'aria-hidden': 'true' }),
        make('code', { text: one.hash }), ` ${one.what} (${one.who})`)));
    const SIGNS = { 'as in Git': '=', differs: '≠', missing: '×', 'not in Git': '?' };
    const rows = () => tree.replaceChildren(...model.get('rows').map((row) => {
      const name = make('th', { scope: 'row', text: row.name });
      name.style.paddingLeft = `${row.depth * 1.4}em`;
      const state = row.state ? `${SIGNS[row.state] || ''} ${row.state}` : '';
      return make('tr', { 'data-state': row.state }, name, make('td', { class: 'state', text: state }),
        make('td', { text: row.health }), make('td', { class: 'why', text: row.text }));
    }));
    const writes = () => log.list.replaceChildren(...model.get('writes').map((one) =>
      make('li', {}, make('code', { text: one.at }), ' ', make('b', { text: one.who }), ` ${one.what}`)));
    const tell = () => { announce(status, model.get('sentence'), 400); trouble.textContent = model.get('said'); };
    for (const [trait, draw] of [['commits', commits], ['rows', rows], ['writes', writes], ['sentence', tell], ['said', tell]]) {
      model.on(`change:${trait}`, draw);
      draw();
    }
    return () => { stop(); ask.stop(); };
  },
};
