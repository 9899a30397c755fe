export default {
  render({ model, el }) {
    const { box, status } = frame(el, 'Open a file');
    box.append(make('div', { class: 'bar' }, opener(`Open ${model.get('name')} beside this notebook`, model.get('path')), make('code', { text: model.get('shown') })), status);
  },
};
