const SVG = 'http://www.w3.org/2000/svg';
const draw1 = (tag, props, text) => {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  return node;
};
const short = (n) => (n >= 1e9 ? `${+(n / 1e9).toPrecision(3)} billion` : n >= 1e6 ? `${+(n / 1e6).toPrecision(3)} million` : n >= 1e3 ? `${+(n / 1e3).toPrecision(3)} thousand` : `${Math.round(n)}`);
const money = (n) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(2));
const DASH = ['none', '8 4', '2 4', '10 3 2 3'], COLOUR = ['var(--cold)', 'var(--warm)', 'var(--ok)', 'var(--bad)'];

export default {
  render({ model, el }) {
    const { box, status } = frame(el, 'Cost against traffic');
    const xs = model.get('xs'), lines = model.get('lines'), even = model.get('even'), unit = model.get('currency');
    const W = 720, H = 300, L = 56, T = 12, B = 40;
    const R = 20 + 7 * Math.min(34, Math.max(12, ...lines.map((l) => l.name.length))); // the names stand here
    const floor = 0.001, all = lines.flatMap((l) => l.ys).map((y) => Math.max(y, floor));
    const low = Math.floor(Math.log10(Math.min(...all))), high = Math.ceil(Math.log10(Math.max(...all)));
    const x0 = Math.log10(xs[0]), x1 = Math.log10(xs.at(-1));
    const X = (v) => L + (W - L - R) * (Math.log10(v) - x0) / (x1 - x0);
    const Y = (v) => H - B - (H - T - B) * (Math.log10(Math.max(v, floor)) - low) / Math.max(1, high - low);
    const svg = draw1('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': `Cost a month in ${unit} against requests a month, both logarithmic` });
    for (let d = low; d <= high; d++) {
      svg.append(draw1('line', { x1: L, x2: W - R, y1: Y(10 ** d), y2: Y(10 ** d), stroke: 'var(--line)', 'stroke-opacity': .35 }),
        draw1('text', { x: L - 6, y: Y(10 ** d) + 4, 'text-anchor': 'end' }, d < 0 ? (10 ** d).toFixed(-d) : (10 ** d).toLocaleString('en')));
    }
    for (let d = Math.ceil(x0); d <= x1 + 1e-9; d++) svg.append(draw1('text', { x: X(10 ** d), y: H - B + 18, 'text-anchor': 'middle' }, short(10 ** d).replace(' thousand', 'k').replace(' million', 'M').replace(' billion', 'G')));
    svg.append(draw1('text', { x: (L + W - R) / 2, y: H - 4, 'text-anchor': 'middle' }, 'requests a month'), draw1('text', { x: L + 4, y: T + 2 }, unit));
    let lastY = -99;
    for (const [n, line] of [...lines.entries()].sort((a, b) => Y(a[1].ys.at(-1)) - Y(b[1].ys.at(-1)))) {
      svg.append(draw1('polyline', { points: xs.map((x, i) => `${X(x).toFixed(1)},${Y(line.ys[i]).toFixed(1)}`).join(' '), fill: 'none', stroke: COLOUR[n % 4], 'stroke-width': 2.5, 'stroke-dasharray': DASH[n % 4] }));
      lastY = Math.max(Y(line.ys.at(-1)) + 4, lastY + 16);
      svg.append(draw1('text', { x: W - R + 6, y: lastY }, line.name.length > 34 ? line.name.slice(0, 33) + '\u2026' : line.name));
    }
    for (const point of even) svg.append(draw1('line', { x1: X(point), x2: X(point), y1: T, y2: H - B, stroke: 'currentColor', 'stroke-dasharray': '3 3' }), draw1('text', { x: X(point) + 4, y: T + 10 }, `even at ${short(point)}`));
    const cursor = draw1('line', { y1: T, y2: H - B, stroke: 'currentColor', 'stroke-width': 1.5 });
    svg.append(cursor);
    const id = uid();
    const range = control('input', { type: 'range', id, min: '0', max: String(xs.length - 1), step: '1', value: String(Math.floor(xs.length / 2)) });
    let timer = null;
    const show = () => {
      const n = +range.value, each = lines.map((l) => `${l.name} ${money(l.ys[n])} ${unit}`);
      cursor.setAttribute('x1', X(xs[n])); cursor.setAttribute('x2', X(xs[n]));
      range.setAttribute('aria-valuetext', `${short(xs[n])} requests a month`);
      const best = lines.length > 1 ? ` Cheapest: ${lines.reduce((a, b) => (a.ys[n] <= b.ys[n] ? a : b)).name}.` : '';
      clearTimeout(timer);
      timer = setTimeout(() => announce(status, `At ${short(xs[n])} requests a month: ${each.join('; ')}.${best}`, 0), 120);
    };
    range.addEventListener('input', show);
    box.append(make('h3', { text: 'Cost against traffic' }), svg,
      make('div', { class: 'bar' }, make('label', { for: id, text: 'Requests a month' }), range), status, make('p', { text: model.get('about') }));
    show();
    return () => clearTimeout(timer);
  },
};
