// Draws an explorer from the arrays beside it. Colors are CSS variables, so a change of theme
// needs no redrawing; every number comes from Python.
const SVG = 'http://www.w3.org/2000/svg';
const COLORS = {
  input: '#007a5a', syn: '#b06f00', mem: '#0072b2', spikes: 'currentColor', threshold: '#767676',
  reset: '#c25200', recurrent: '#b0588a', true: 'currentColor', surrogate: '#c25200',
  train: '#0072b2', validation: '#c25200', chance: '#767676', low: '#ffffff', high: '#003f66',
};
const color = (name) => `var(--explore-${name}, ${COLORS[name] ?? 'currentColor'})`;

function make(tag, attributes = {}, parent = null, text = '') {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  parent?.append(node);
  return node;
}

function element(tag, attributes = {}, parent = null, text = '') {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  parent?.append(node);
  return node;
}

function words16(text) {
  const raw = atob(text);
  const words = new Uint16Array(raw.length / 2);
  for (let k = 0; k < words.length; k += 1) {
    words[k] = raw.charCodeAt(2 * k) + 256 * raw.charCodeAt(2 * k + 1);
  }
  return words;
}

// name -> function from the index of a frame to its array
function readers(data) {
  return Object.fromEntries(Object.entries(data.arrays).map(([name, stored]) => {
    const words = words16(stored.data);
    const step = (stored.high - stored.low) / 65534;
    return [name, (frame) => {
      const which = data.frames[name][frame];
      const part = words.subarray(which ? stored.ends[which - 1] : 0, stored.ends[which]);
      return Array.from(part, (word) => (word > 65534 ? NaN : stored.low + word * step));
    }];
  }));
}

function ticks(low, high, wanted) {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((one) => one * power >= raw);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) {
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    found.push([k * step, (k * step).toFixed(digits).replace(/^-(0\.?0*)$/, '$1').replace('-', '\u2212')]);
  }
  return found;
}

function legend(panel, svg, box, size) {
  let [x, rows] = [box.left, 0];
  for (const layer of panel.layers.filter((one) => one.label)) {
    const room = 34 + 7.2 * layer.label.length;
    if (x > box.left && x + room > size) [x, rows] = [box.left, rows + 1];
    const y = 34 + 18 * rows;
    const line = make('line', { x1: x, x2: x + 20, y1: y - 4, y2: y - 4, 'stroke-width': 2.4,
      style: `stroke: ${color(layer.color)}` }, svg);
    if (layer.dashed) line.setAttribute('stroke-dasharray', '6 3');
    make('text', { x: x + 25, y }, svg, layer.label);
    x += room + 8;
  }
  return rows + (panel.layers.some((one) => one.label) ? 1 : 0);
}

function axes(panel, svg, box, sx, sy) {
  const grey = { style: 'stroke: currentColor; stroke-opacity: 0.55' };
  make('path', { d: `M${box.left} ${box.top}V${box.bottom}H${box.right}`, fill: 'none', ...grey }, svg);
  const bars = panel.names
    ? panel.names.map((text, k) => [k, text])
    : ticks(...panel.xlim, (box.right - box.left) / 60);
  const longest = Math.max(0, ...(panel.names ?? []).map((text) => text.length));
  const narrow = panel.names && (box.right - box.left) / panel.names.length < 8 * longest + 6;
  for (const [value, text] of bars) {
    if (!panel.names) make('path', { d: `M${sx(value)} ${box.bottom}v4`, ...grey }, svg);
    const place = narrow
      ? { transform: `translate(${sx(value) + 4} ${box.bottom + 12}) rotate(-35)`, 'text-anchor': 'end' }
      : { x: sx(value), y: box.bottom + 17, 'text-anchor': 'middle' };
    make('text', place, svg, text);
  }
  for (const [value, text] of panel.yticks ? ticks(...panel.ylim, (box.bottom - box.top) / 40) : []) {
    make('path', { d: `M${box.left} ${sy(value)}h-4`, ...grey }, svg);
    make('text', { x: box.left - 7, y: sy(value) + 4, 'text-anchor': 'end' }, svg, text);
  }
  const middle = (box.left + box.right) / 2;
  if (panel.xlabel) {
    make('text', { x: middle, y: box.bottom + 34, 'text-anchor': 'middle' }, svg, panel.xlabel);
  }
  if (panel.ylabel) {
    make('text', { transform: `translate(13 ${(box.top + box.bottom) / 2}) rotate(-90)`,
      'text-anchor': 'middle' }, svg, panel.ylabel);
  }
}

const painters = {
  line(panel, layer, x, y, sx, sy, svg) {
    let path = '';
    let pen = 'M';
    y.forEach((value, k) => {
      if (Number.isFinite(value)) path += `${pen}${sx(x[k]).toFixed(2)} ${sy(value).toFixed(2)}`;
      pen = Number.isFinite(value) ? 'L' : 'M';
    });
    const line = make('path', { d: path, fill: 'none', 'stroke-width': 2, 'stroke-linejoin': 'round',
      style: `stroke: ${color(layer.color)}` }, svg);
    if (layer.dashed) line.setAttribute('stroke-dasharray', '6 3');
  },
  points(panel, layer, x, y, sx, sy, svg) {
    y.forEach((value, k) => Number.isFinite(value) && Number.isFinite(x[k]) && make('circle', {
      cx: sx(x[k]), cy: sy(value), r: 4, style: `fill: ${color(layer.color)}` }, svg));
  },
  ticks(panel, layer, x, y, sx, sy, svg) {
    const path = x.map((value, k) => (Number.isFinite(value)
      ? `M${sx(value).toFixed(2)} ${sy(y[k] - 0.4).toFixed(2)}V${sy(y[k] + 0.4).toFixed(2)}` : ''));
    make('path', { d: path.join(''), 'stroke-width': 2, style: `stroke: ${color(layer.color)}` }, svg);
  },
  level(panel, layer, x, y, sx, sy, svg, box) {
    const line = make('path', { d: `M${box.left} ${sy(y[0])}H${box.right}`, 'stroke-width': 1.4,
      style: `stroke: ${color(layer.color)}` }, svg);
    if (layer.dashed) line.setAttribute('stroke-dasharray', '6 3');
  },
  bars(panel, layer, x, y, sx, sy, svg, box) {
    const half = Math.min(30, 0.36 * (sx(1) - sx(0)));
    y.forEach((value, k) => {
      if (!Number.isFinite(value)) return;
      const [top, foot] = [sy(Math.max(value, 0)), sy(Math.min(value, 0))];
      make('rect', { x: sx(k) - half, width: 2 * half, y: top, height: Math.max(foot - top, 1),
        style: `fill: ${color(layer.color)}` }, svg);
    });
    make('path', { d: `M${box.left} ${sy(0)}H${box.right}`, style: 'stroke: currentColor' }, svg);
  },
  map(panel, layer, x, y, sx, sy, svg, box, range) {
    const [rows, columns] = panel.shape;
    const [wide, tall] = [(box.right - box.left) / columns, (box.bottom - box.top) / rows];
    y.forEach((value, k) => {
      const share = 100 * (value - range[0]) / ((range[1] - range[0]) || 1);
      make('rect', { x: box.left + wide * (k % columns),
        y: box.bottom - tall * (1 + Math.floor(k / columns)), width: wide + 0.6, height: tall + 0.6,
        style: `fill: color-mix(in srgb, ${color('high')} ${share.toFixed(1)}%, ${color('low')})`,
      }, svg);
    });
  },
  graph(panel, layer, x, y, sx, sy, svg, box, range, tell) {
    const places = panel.nodes.map(([, px, py]) => [sx(px), sy(py)]);
    panel.edges.forEach(([source, target, words, bend], k) => {
      const [[ax, ay], [bx, by]] = [places[source], places[target]];
      const kept = Number.isFinite(y[k]);
      const [mx, my] = [(ax + bx) / 2 - bend * (by - ay), (ay + by) / 2 + bend * (bx - ax)];
      const near = (px, py) => 17 / Math.hypot(mx - px, my - py);
      const [tx, ty] = [bx + (mx - bx) * near(bx, by), by + (my - by) * near(bx, by)];
      const start = `M${ax + (mx - ax) * near(ax, ay)} ${ay + (my - ay) * near(ax, ay)}`;
      const angle = Math.atan2(ty - my, tx - mx);
      const wing = (turn) => `${tx - 8 * Math.cos(angle + turn)} ${ty - 8 * Math.sin(angle + turn)}`;
      const d = `${start}Q${mx} ${my} ${tx} ${ty}M${wing(0.4)}L${tx} ${ty}L${wing(-0.4)}`;
      const text = `${words}: ${kept ? y[k].toFixed(4).replace('-', '\u2212') : 'left out'}`;
      const edge = make('g', { class: 'explorer-edge', tabindex: 0, role: 'img', 'aria-label': text }, svg);
      make('title', {}, edge, text);
      make('path', { d, fill: 'none', 'stroke-width': 16, stroke: 'transparent' }, edge);
      make('path', { d, fill: 'none', 'stroke-width': kept ? 2 : 1.2, class: 'explorer-arrow',
        'stroke-dasharray': kept ? 'none' : '2 4',
        style: `stroke: ${kept ? color(layer.color) : 'currentColor'}; stroke-opacity: ${kept ? 1 : 0.5}` }, edge);
      for (const event of ['pointerenter', 'focus', 'click']) edge.addEventListener(event, () => tell(text));
    });
    panel.nodes.forEach(([text], k) => {
      const [px, py] = places[k];
      make('circle', { cx: px, cy: py, r: 15, 'stroke-width': 1.4,
        style: 'fill: var(--pst-color-background, Canvas); stroke: currentColor' }, svg);
      make('text', { x: px, y: py + 4, 'text-anchor': 'middle' }, svg, text);
    });
  },
};

function drawPanel(panel, width, arrays, ranges, tell) {
  const svg = make('svg', { width, role: panel.nodes ? 'group' : 'img', 'aria-label': panel.title,
    'font-size': 13, fill: 'currentColor', style: 'display: block; max-width: 100%' });
  make('text', { x: 4, y: 14, 'font-weight': 600 }, svg, panel.title);
  const box = { left: 54, right: width - 14 };
  const rows = legend(panel, svg, box, width);
  box.top = 26 + 18 * rows;
  box.bottom = box.top + panel.height;
  const foot = panel.names ? 62 : panel.nodes ? 8 : panel.xlabel ? 42 : 26;
  svg.setAttribute('height', box.bottom + foot);
  const scale = ([low, high], from, to) => (value) => from + (to - from) * (value - low) / (high - low);
  const [sx, sy] = [scale(panel.xlim, box.left, box.right), scale(panel.ylim, box.bottom, box.top)];
  Object.assign(svg.dataset, { box: JSON.stringify(box) });
  if (!panel.nodes) axes(panel, svg, box, sx, sy);
  // What leaves the axes is cut off at a frame of its own.
  const inner = panel.nodes ? svg : make('svg', { class: 'explorer-inner', x: 0, y: box.top - 4, width,
    height: panel.height + 8, viewBox: `0 ${box.top - 4} ${width} ${panel.height + 8}` }, svg);
  for (const layer of panel.layers) {
    const y = arrays[layer.y];
    const x = layer.x ? arrays[layer.x] : y.map((_, k) => k);
    painters[layer.kind](panel, layer, x, y, sx, sy, inner, box, ranges[layer.y], tell);
  }
  return svg;
}

function addControl(control, parent, changed) {
  const label = element('label', { class: 'explorer-control' }, parent);
  if (control.kind === 'select') {
    element('span', {}, label, control.label);
    const select = element('select', {}, label);
    control.texts.forEach((text, k) => element('option', { value: k }, select, text));
    select.value = control.start;
    select.addEventListener('change', changed);
    return () => Number(select.value);
  }
  if (control.kind === 'check') {
    const input = element('input', { type: 'checkbox' }, label);
    element('span', {}, label, control.label);
    input.checked = control.start === control.on;
    input.addEventListener('change', changed);
    return () => (input.checked ? control.on : 1 - control.on);
  }
  element('span', {}, label, control.label);
  const input = element('input', { type: 'range', min: 0, max: control.texts.length - 1, step: 1 }, label);
  const value = element('span', { class: 'explorer-value', 'aria-hidden': 'true' }, label);
  input.value = control.start;
  const show = () => {
    value.textContent = control.texts[input.value];
    input.setAttribute('aria-valuetext', control.texts[input.value]);
  };
  input.addEventListener('input', () => { show(); changed(); });
  show();
  return () => Number(input.value);
}

function start(figure) {
  const data = JSON.parse(figure.querySelector('.explorer-data').textContent);
  const stage = figure.querySelector('.explorer-stage');
  const readout = figure.querySelector('.explorer-readout');
  const read = readers(data);
  const ranges = Object.fromEntries(
    Object.entries(data.arrays).map(([name, stored]) => [name, [stored.low, stored.high]]));
  let getters = [];
  let width = 0;
  const draw = () => {
    const frame = getters.reduce((sum, get, k) => sum * data.controls[k].texts.length + get(), 0);
    const arrays = Object.fromEntries(Object.entries(read).map(([name, one]) => [name, one(frame)]));
    const text = data.texts[data.text[frame]];
    const tell = (words) => { readout.textContent = words; };
    const pair = width > 620;
    stage.replaceChildren(...data.panels.map((panel) => drawPanel(
      panel, panel.wide || !pair ? width : Math.floor((width - 16) / 2), arrays, ranges, tell)));
    tell(text);
    figure.explorer = { frame, arrays, text };
  };
  const bar = figure.querySelector('.explorer-controls');
  getters = data.controls.map((control) => addControl(control, bar, draw));
  stage.setAttribute('role', 'group');
  stage.setAttribute('aria-label', data.alt);
  const fit = () => {
    const room = Math.min(760, Math.floor(stage.clientWidth || 340));
    if (room !== width) { width = room; draw(); }
  };
  fit();
  new ResizeObserver(fit).observe(stage);
}

function startExplorers(key) {
  for (const figure of document.querySelectorAll(`.explorer[data-key="${key}"]:not([data-ready])`)) {
    figure.dataset.ready = 'yes';
    start(figure);
  }
}
