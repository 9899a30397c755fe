/* What all panels share: elements, controls that keep their keys, and an honest word when the kernel is gone. */
const uid = () => 'bk' + Math.random().toString(36).slice(2);

function make(tag, props = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'text') node.textContent = value;
    else node.setAttribute(key, value);
  }
  node.append(...kids);
  return node;
}

/* In command mode JupyterLab eats arrows and letters from a control, unless the control itself says so. */
function control(tag, props, ...kids) {
  const node = make(tag, { 'data-lm-suppress-shortcuts': 'true', ...props }, ...kids);
  node.addEventListener('keydown', pass);
  return node;
}

/* Shift+Enter, Ctrl+Enter and Esc belong to the notebook: the focus goes back to it, and the key after it. */
function pass(event) {
  const runs = event.key === 'Enter' && (event.shiftKey || event.ctrlKey);
  if (!runs && event.key !== 'Escape') return;
  const cell = event.currentTarget.closest('.jp-Cell'), book = event.currentTarget.closest('.jp-Notebook');
  if (!cell || !book) return;
  event.preventDefault();
  event.stopPropagation();
  cell.focus();
  if (document.activeElement !== cell) book.focus();
  if (!runs) return;
  const { key, code, keyCode, shiftKey, ctrlKey } = event;
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, code, keyCode, shiftKey, ctrlKey, bubbles: true, cancelable: true }));
}

const button = (text, onclick, props = {}) => control('button', { type: 'button', text, onclick, ...props });

/* JupyterLab names files from its server's root, which its page tells; a home folder is shown as ~. */
function serverPath(file) {
  let root = '';
  try { root = JSON.parse(document.getElementById('jupyter-config-data').textContent).serverRoot || ''; } catch (error) { return null; }
  root = root.replace(/\/+$/, '');
  if (root.startsWith('~')) {
    const home = (file.match(/^\/(?:root|(?:home|Users)\/[^/]+)(?=\/)/) || [''])[0];
    root = home + root.slice(1);
  }
  return file.startsWith(root + '/') ? file.slice(root.length + 1) : null;
}

/* JupyterLab's own command linker opens the file; elsewhere there is no such button. */
function opener(text, file) {
  const path = serverPath(file);
  if (path === null) return '';
  return control('button', {
    type: 'button', text, title: path, 'data-commandlinker-command': 'docmanager:open',
    'data-commandlinker-args': JSON.stringify({ path, options: { mode: 'split-right' } }),
  });
}

function frame(el, label) {
  const status = make('p', { role: 'status', 'aria-live': 'polite', class: 'status' });
  const note = make('p', { role: 'alert', class: 'note' });
  const box = make('section', { class: 'bk', 'aria-label': label });
  el.append(box);
  return { box, status, note };
}

/* A live region that is born with its text is not read out: say it a moment later, and only when it is new. */
function announce(status, text, delay = 150) {
  if (status.dataset.said === text) return;
  status.dataset.said = text;
  setTimeout(() => { if (status.dataset.said === text) status.textContent = text; }, delay);
}

const GONE = 'The kernel restarted or is gone \u2014 choose Run > Run All Above Selected Cell, then run this cell again.';

/* Send, and say so when no answer comes within 3 s. */
function asker(model, note) {
  let waiting = null;
  const heard = (msg) => { if (msg.heard !== undefined) { clearTimeout(waiting); waiting = null; if (note.textContent === GONE) note.textContent = ''; } };
  model.on('msg:custom', heard);
  const ask = (msg) => {
    if (!waiting) waiting = setTimeout(() => { note.textContent = GONE; waiting = null; }, 3000);
    try { model.send({ ...msg, ask: 1 }); } catch (error) { note.textContent = GONE; }
  };
  ask.stop = () => { clearTimeout(waiting); model.off('msg:custom', heard); };
  return ask;
}

/* Beat to the kernel while somebody looks; listen for its beat; name the silence. */
function heart(model, note, changed = () => {}) {
  let last = performance.now(), alive = true;
  const set = (now) => { if (now === alive) return; alive = now; note.textContent = now ? '' : GONE; changed(now); };
  const heard = (msg) => { if (msg.beat !== undefined || msg.heard !== undefined) { last = performance.now(); set(true); } };
  model.on('msg:custom', heard);
  const tick = () => {
    try { model.send({ do: 'beat' }); } catch (error) { set(false); }
    if (performance.now() - last > 3000) set(false);
  };
  tick();
  const timer = setInterval(tick, 1000);
  return () => { clearInterval(timer); model.off('msg:custom', heard); };
}
