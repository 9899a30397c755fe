export default {
  render({ model, el }) {
    const { box, status, note } = frame(el, 'The file is newer than this cell');
    const ask = asker(model, note);
    const choose = (choice, text) => button(text, () => ask({ do: 'choose', choice }));
    box.append(
      make('h3', { text: `${model.get('file')} was changed somewhere else` }),
      make('p', { text: 'Nothing was overwritten, and the file is what was run. Lines with \u2212 are only in the file, lines with + only in this cell.' }),
      make('pre', { class: 'diff', tabindex: '0', role: 'region', 'aria-label': 'Difference', text: model.get('difference'), 'data-lm-suppress-shortcuts': 'true' }),
      make('p', { text: 'Two steps: choose here, then run this cell again (Shift+Enter).' }),
      make('div', { class: 'bar' }, choose('--keep-file', 'Keep the file'), choose('--keep-cell', 'Keep this cell'),
        ...(model.get('path') ? [opener('Open the file beside', model.get('path'))] : [])),
      status, note,
      make('p', {}, 'Without buttons: ', make('code', { text: `%%exercise ${model.get('name')} --keep-file` }), ' or ',
        make('code', { text: `%%exercise ${model.get('name')} --keep-cell` }), ' as the first line.'));
    const said = () => announce(status, model.get('said'));
    model.on('change:said', said);
    said();
    return () => ask.stop();
  },
};
