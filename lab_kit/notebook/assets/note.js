export default {
  render({ model, el }) {
    const { box } = frame(el, model.get('title') || 'Note');
    if (model.get('title')) box.append(make('h3', { text: model.get('title') }));
    box.append(make('pre', { text: model.get('text') }));
  },
};
