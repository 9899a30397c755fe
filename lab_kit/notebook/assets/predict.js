export default {
  render({ model, el }) {
    const { box, status, note } = frame(el, 'Predict it');
    const ask = asker(model, note);
    const id = uid();
    const input = control('input', { type: 'number', id, step: 'any', inputmode: 'decimal' });
    const commit = () => {
      if (input.value === '' || !Number.isFinite(+input.value)) { announce(status, 'Type a number first; any guess is fine.', 0); return; }
      ask({ do: 'guess', value: +input.value });
    };
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter' && !event.shiftKey && !event.ctrlKey) commit(); });
    box.append(
      make('h3', { text: 'Predict it' }), make('p', { text: model.get('question') }),
      make('div', { class: 'bar' }, make('label', { for: id, text: `Your guess in ${model.get('unit')}` }), input, button('Commit my guess', commit)),
      status, note);
    const draw = () => { if (model.get('guess') !== null && input.value === '') input.value = model.get('guess'); announce(status, model.get('said')); };
    model.on('change:said', draw);
    draw();
    return () => ask.stop();
  },
};
