// @ts-check
// Drawings that are not curves over the steps of runs: sweeps, maps, functions, neurons, surfaces. uPlot has the axes, the zoom and the
// cursor; what lies between the axes is painted here.
(() => {
  'use strict';
  const { tiniest, darkly, light, colourOf, dashOf, bytes, doubles, numbers, increments, seen, numberText, make, css, logSplits, tickTexts, swatch,
    button, toggle } = /** @type {any} */ (window).LargeSteps;

  const left = 58, bottom = 52, top = 10, right = 14, widest = 640, near = 24;
  // In the drawings these colours are those of text and frames, which a dark page has other ones for.
  const inks = { '#262626': '--ink', '#595959': '--soft', '#b0b0b0': '--soft' };

  /** The part of an axis that shows some values, with a little room. */
  function widened(/** @type {number[]} */ [least, most], /** @type {boolean} */ log, room = 0.03) {
    if (log) return [Math.log10(least), Math.log10(most)].map((_, i, logs) => 10 ** (logs[i] + (i ? 1 : -1) * (room * (logs[1] - logs[0]) || 0.3)));
    const more = room * (most - least) || Math.abs(most) / 20 || 1;
    return [least - more, most + more];
  }

  function extent(/** @type {Iterable<number>} */ values, /** @type {boolean} */ log) {
    let least = Infinity, most = -Infinity;
    for (const value of values) {
      if (!Number.isFinite(value) || log && value <= tiniest) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    return least > most ? (log ? [0.1, 1] : [0, 1]) : [least, most];
  }

  /**
   * What a kind of panel is. Its tracks are what the keyboard walks along: of each the number of points, where they are, and what is said of
   * them.
   * @typedef {{ name: string, label: string | null, count: number, x: (k: number) => number, y: (k: number) => number, tell: (k: number) => string }} Track
   * @typedef {{ ranges: () => { x: number[], y: number[] }, paint: (u: any, ctx: CanvasRenderingContext2D) => void, tracks: () => Track[],
   *   at?: (x: number, y: number) => string, cells?: boolean, covered?: boolean, ticks?: { x?: any, y?: any }, legend: () => Node[], aspect?: number,
   *   equal?: boolean, logs: { x: boolean, y: boolean } | null, state: { logX: boolean, logY: boolean } }} Kind
   */

  const pixel = (/** @type {any} */ u, /** @type {number} */ x, /** @type {number} */ y) => [u.valToPos(x, 'x', true), u.valToPos(y, 'y', true)];

  function line(/** @type {any} */ u, /** @type {CanvasRenderingContext2D} */ ctx, /** @type {ArrayLike<number>} */ x, /** @type {ArrayLike<number>} */ y,
    /** @type {{ logX: boolean, logY: boolean }} */ logs) {
    ctx.beginPath();
    for (let k = 0, begun = false; k < x.length; k++) {
      const there = Number.isFinite(y[k]) && Number.isFinite(x[k]) && (!logs.logX || x[k] > tiniest) && (!logs.logY || y[k] > tiniest);
      if (there) ctx[begun ? 'lineTo' : 'moveTo'](...bounded(pixel(u, x[k], y[k])));
      begun = there;
    }
    ctx.stroke();
  }
  // Far outside there is nothing to see, and a canvas counts in floats.
  const bounded = (/** @type {number[]} */ at) => /** @type {[number, number]} */ (at.map(v => Math.max(-1e5, Math.min(1e5, v))));

  /** @returns {Kind} Curves over a swept value, or the dots of a bifurcation. */
  function curves(/** @type {any} */ panel, /** @type {Picture} */ picture) {
    const factor = panel.percent ? 100 : 1, scaled = (/** @type {string | null} */ text) => text === null ? null : numbers(text).map((/** @type {number} */ v) => v * factor);
    const all = panel.curves.map((/** @type {any} */ curve) => ({ ...curve, x: numbers(curve.x), y: scaled(curve.y), lower: scaled(curve.lower),
      upper: scaled(curve.upper), seeds: curve.seeds.map(scaled) }));
    const state = { logX: panel.logX, logY: panel.logY }, ratio = () => devicePixelRatio;
    const shown = () => all.filter((/** @type {any} */ curve) => !picture.hidden.has(curve.label));
    const category = (/** @type {number} */ x) => panel.categories.length > 0 ? panel.categories[Math.round(x)] : numberText(x);
    return {
      state, logs: { x: panel.categories.length === 0, y: true },
      ranges() {
        const x = panel.categories.length > 0 ? [-0.5, panel.categories.length - 0.5]
          : widened(extent(shown().flatMap((/** @type {any} */ curve) => Array.from(curve.x)), state.logX), state.logX);
        if (panel.survival && !state.logY && !panel.limits) return { x, y: [-0.04 * factor, 1.04 * factor] };
        const lines = shown().flatMap((/** @type {any} */ curve) => [curve, ...[curve.lower, curve.upper].filter(y => y).map(y => ({ y }))]);
        const range = (panel.joined ? seen(lines, state.logY) : null)
          || extent(shown().flatMap((/** @type {any} */ curve) => [curve.y, ...curve.seeds].flatMap(ys => Array.from(ys))), state.logY);
        const y = widened(range, state.logY, 0.05);
        return { x, y: [panel.limits?.[0] ?? y[0], panel.limits?.[1] ?? y[1]].map((v, i) => panel.limits?.[i] == null ? v : v * factor) };
      },
      paint(u, ctx) {
        for (const curve of shown()) {
          if (!curve.lower) continue;
          ctx.fillStyle = colourOf(curve.colour) + '2E';
          ctx.beginPath();
          const there = [...curve.x.keys()].filter(k => Number.isFinite(curve.lower[k]) && (!state.logY || curve.lower[k] > tiniest));
          there.forEach((k, i) => ctx[i ? 'lineTo' : 'moveTo'](...bounded(pixel(u, curve.x[k], curve.upper[k]))));
          there.reverse().forEach(k => ctx.lineTo(...bounded(pixel(u, curve.x[k], curve.lower[k]))));
          ctx.fill();
        }
        for (const curve of shown()) {
          ctx.strokeStyle = ctx.fillStyle = colourOf(curve.colour);
          ctx.globalAlpha = 0.45;
          ctx.lineWidth = ratio();
          ctx.setLineDash([]);
          if (picture.seeds) for (const seed of curve.seeds) line(u, ctx, curve.x, seed, state);
          ctx.globalAlpha = 1;
          ctx.lineWidth = (curve.reference ? 1 : 2) * ratio();
          ctx.setLineDash((curve.reference ? [5, 3] : dashOf(curve.colour)).map((/** @type {number} */ d) => d * ratio()));
          if (panel.joined || curve.reference) line(u, ctx, curve.x, curve.y, state);
          if (!(panel.marks > 0) || curve.reference) continue;
          // Of bifurcations there are many, one over the other.
          const size = Math.max(1, panel.marks * (panel.joined ? 1.6 : 1.1)) * ratio();
          for (let k = 0; k < curve.x.length; k++) {
            if (!Number.isFinite(curve.y[k]) || state.logY && !(curve.y[k] > tiniest)) continue;
            const [x, y] = pixel(u, curve.x[k], curve.y[k]);
            if (!panel.joined) ctx.fillRect(x - size / 2, y - size / 2, size, size);
            else {
              ctx.beginPath();
              ctx.arc(x, y, size, 0, 2 * Math.PI);
              ctx.fill();
            }
          }
        }
      },
      tracks: () => shown().map((/** @type {any} */ curve) => ({
        name: curve.label, label: curve.label, count: curve.x.length, x: (/** @type {number} */ k) => curve.x[k], y: (/** @type {number} */ k) => curve.y[k],
        tell: (/** @type {number} */ k) => `${curve.label ? curve.label + ': ' : ''}${panel.xTitle} ${category(curve.x[k])}, ${panel.title} ${numberText(curve.y[k])}` +
          `${panel.percent ? ' %' : ''}${curve.lower ? ` [${numberText(curve.lower[k])}, ${numberText(curve.upper[k])}]` : ''}`,
      })),
      ticks: panel.categories.length === 0 ? {} : { x: {
        splits: () => panel.categories.map((/** @type {string} */ _, /** @type {number} */ i) => i),
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(i => panel.categories[i] ?? ''),
      } },
      legend: () => all.filter((/** @type {any} */ curve) => curve.label).map((/** @type {any} */ curve) => picture.entry(curve.label, swatch(curve.colour), curve.said)),
    };
  }

  function gradient(/** @type {string[]} */ colours, /** @type {string} */ from, /** @type {string} */ to) {
    const bar = make('span', { class: 'scale', 'aria-hidden': 'true' });
    bar.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
    return [from + ' ', bar, ' ' + to];
  }

  const entryOf = (/** @type {...(Node | string)} */ ...what) => make('div', { class: 'entry said' }, ...what);

  /** @returns {Kind} A metric over two swept values, a colour for each pair. */
  function map(/** @type {any} */ panel) {
    const axes = { x: axis(panel.x), y: axis(panel.y) }, factor = panel.percent ? 100 : 1, unit = panel.percent ? ' %' : '';
    const at = numbers(panel.at), values = numbers(panel.values), width = axes.x.places.length, cells = new Map();
    at.forEach((/** @type {number} */ place, /** @type {number} */ k) => cells.set(place, values[k]));
    const [low, high] = panel.range, colour = (/** @type {number} */ value) => {
      const place = panel.log ? Math.log10(value) : value;
      const part = Number.isFinite(place) ? (place - low) / (high - low) : 0;
      return panel.colours[Math.max(0, Math.min(panel.colours.length - 1, Math.round(part * (panel.colours.length - 1))))];
    };
    const said = (/** @type {number} */ i, /** @type {number} */ j) => `${panel.xTitle} ${axes.x.labels[i]}, ${panel.yTitle} ${axes.y.labels[j]}: ${panel.title} ` +
      (Number.isFinite(cells.get(j * width + i)) ? numberText(cells.get(j * width + i) * factor) + unit : cells.has(j * width + i) ? panel.missing : 'not run');
    const end = (/** @type {number} */ place) => numberText((panel.log ? 10 ** place : place) * factor) + unit;
    return {
      state: { logX: false, logY: false }, logs: null, cells: true,
      ranges: () => ({ x: [axes.x.edges[0], axes.x.edges[axes.x.edges.length - 1]], y: [axes.y.edges[0], axes.y.edges[axes.y.edges.length - 1]] }),
      paint(u, ctx) {
        for (const [place, value] of cells) {
          const i = place % width, j = Math.floor(place / width);
          const [x0, y0] = pixel(u, axes.x.edges[i], axes.y.edges[j]), [x1, y1] = pixel(u, axes.x.edges[i + 1], axes.y.edges[j + 1]);
          ctx.fillStyle = Number.isFinite(value) ? colour(value) : '#e6e6e6';
          ctx.fillRect(x0, y1, x1 - x0 - 0.5, y0 - y1 - 0.5);
          if (Number.isFinite(value)) continue;
          ctx.strokeStyle = '#b0b0b0';
          ctx.lineWidth = devicePixelRatio;
          ctx.setLineDash([]);
          ctx.beginPath();
          ctx.moveTo(x0, y0);
          ctx.lineTo(x1, y1);
          ctx.stroke();
        }
      },
      tracks: () => Array.from(axes.y.places, (place, j) => ({ name: axes.y.labels[j], label: null, count: width, x: (/** @type {number} */ i) => axes.x.places[i],
        y: () => place, tell: (/** @type {number} */ i) => said(i, j) })),
      at(x, y) {
        const i = axes.x.cell(x), j = axes.y.cell(y);
        return i < 0 || j < 0 ? '' : said(i, j);
      },
      ticks: { x: axes.x.ticks, y: axes.y.ticks },
      legend: () => [entryOf(panel.survival ? `${panel.title}: ` : `${panel.title} (${panel.shown}): `, ...gradient(panel.colours, end(low), end(high))),
        ...([...cells.values()].every(Number.isFinite) ? [] : [entryOf(make('span', { class: 'missing', 'aria-hidden': 'true' }), ` ${panel.missing}`)])],
    };
  }

  function axis(/** @type {any} */ raw) {
    const places = doubles(raw.places), edges = doubles(raw.edges), labels = raw.labels;
    return { places, edges, labels,
      cell(/** @type {number} */ at) {
        for (let i = 0; i + 1 < edges.length; i++) if (at >= edges[i] && at <= edges[i + 1]) return i < places.length ? i : -1;
        return -1;
      },
      ticks: {
        // Where all have no room, every second or third.
        splits: (/** @type {any} */ u, /** @type {number} */ which, /** @type {number} */ min, /** @type {number} */ max) => {
          const inside = [...places.keys()].filter(i => places[i] >= min && places[i] <= max);
          const room = which === 0 ? u.bbox.width / devicePixelRatio / 44 : u.bbox.height / devicePixelRatio / 16;
          const every = Math.max(1, Math.ceil(inside.length / Math.max(2, room || 8)));
          return inside.filter((_, k) => k % every === 0).map(i => places[i]);
        },
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(at => labels[places.indexOf(at)] ?? ''),
      } };
  }

  /** @returns {Kind} Where training converges, a colour for each pair of values. */
  function image(/** @type {any} */ panel) {
    const x = doubles(panel.x), y = doubles(panel.y), cells = new Uint8Array(bytes(panel.cells)), shades = panel.converged.length;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [x.length, y.length];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')), data = context.createImageData(x.length, y.length);
    const colours = ['#e6e6e6', ...panel.converged, ...panel.other].map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
    for (let j = 0; j < y.length; j++) {
      for (let i = 0; i < x.length; i++) {
        const to = 4 * ((y.length - 1 - j) * x.length + i);
        [data.data[to], data.data[to + 1], data.data[to + 2], data.data[to + 3]] = [...colours[cells[j * x.length + i]], 255];
      }
    }
    context.putImageData(data, 0, 0);
    const placeOf = (/** @type {number} */ v, /** @type {boolean} */ log) => log ? Math.log10(v) : v;
    // A cell reaches half-way to its neighbours.
    const ends = (/** @type {Float64Array} */ values, /** @type {boolean} */ log) => {
      const first = placeOf(values[0], log), last = placeOf(values[values.length - 1], log), half = (last - first) / (values.length - 1) / 2;
      return [first - half, last + half].map(v => log ? 10 ** v : v);
    };
    const [xs, ys] = [ends(x, panel.logX), ends(y, panel.logY)];
    const index = (/** @type {number} */ at, /** @type {number[]} */ range, /** @type {boolean} */ log, /** @type {number} */ count) => {
      const [from, to, here] = [range[0], range[1], at].map(v => placeOf(v, log)), i = Math.floor((here - from) / (to - from) * count);
      return i >= 0 && i < count ? i : -1;
    };
    const word = (/** @type {number} */ cell) => cell === 0 ? 'not trained' : panel.kinds[cell <= shades ? 0 : 1].split(',')[0];
    const said = (/** @type {number} */ i, /** @type {number} */ j) => `${panel.xTitle} ${numberText(x[i])}, ${panel.yTitle} ${numberText(y[j])}: ` +
      word(cells[j * x.length + i]);
    return {
      state: { logX: panel.logX, logY: panel.logY }, logs: null, cells: true, aspect: Math.max(1 / 3, Math.min(3, x.length / y.length)),
      ranges: () => ({ x: xs, y: ys }),
      paint(u, ctx) {
        const [x0, y0] = pixel(u, xs[0], ys[0]), [x1, y1] = pixel(u, xs[1], ys[1]);
        ctx.imageSmoothingEnabled = false;
        ctx.drawImage(canvas, x0, y1, x1 - x0, y0 - y1);
      },
      tracks: () => Array.from(y, (place, j) => ({ name: numberText(place), label: null, count: x.length, x: (/** @type {number} */ i) => x[i], y: () => place,
        tell: (/** @type {number} */ i) => said(i, j) })),
      at(vx, vy) {
        const i = index(vx, xs, panel.logX, x.length), j = index(vy, ys, panel.logY, y.length);
        return i < 0 || j < 0 ? '' : said(i, j);
      },
      legend: () => [panel.converged, panel.other].map((/** @type {string[]} */ scale, i) => entryOf(...gradient(scale, '', panel.kinds[i]))),
    };
  }

  /** @returns {Kind} Shapes in a plane, on a surface where there is one. */
  function plane(/** @type {any} */ panel, /** @type {Picture} */ picture) {
    const shapes = panel.shapes.map((/** @type {any} */ shape) => ({ ...shape, x: numbers(shape.x), y: numbers(shape.y),
      toX: shape.toX && numbers(shape.toX), toY: shape.toY && numbers(shape.toY), sizes: shape.sizes && numbers(shape.sizes) }));
    const shown = () => shapes.filter((/** @type {any} */ shape) => shape.label === null || !picture.hidden.has(shape.label));
    const surface = panel.surface && surfaceOf(panel.surface), ratio = () => devicePixelRatio;
    // A surface is light by day and night.
    const colour = (/** @type {any} */ shape) => typeof shape.colour === 'number' ? (surface ? light[shape.colour % light.length] : colourOf(shape.colour))
      : inks[shape.colour] && !surface ? css(inks[shape.colour]) : shape.colour;
    const name = (/** @type {any} */ shape) => shape.label ? shape.label + ': ' : '';
    const where = (/** @type {number} */ x, /** @type {number} */ y) => `${panel.xTitle} ${numberText(x)}${panel.yTitle ? `, ${panel.yTitle} ${numberText(y)}` : `, ${numberText(y)}`}` +
      (surface ? `, ${panel.title} ${numberText(surface.at(x, y))}` : '');
    return {
      state: { logX: false, logY: false }, logs: null, equal: panel.equal,
      aspect: panel.surface ? (panel.x[1] - panel.x[0]) / (panel.y[1] - panel.y[0]) : panel.equal ? 1 : undefined,
      ranges: () => ({ x: panel.x, y: panel.y }),
      paint(u, ctx) {
        if (surface) {
          const [x0, y0] = pixel(u, panel.surface.ends[0], panel.surface.ends[2]), [x1, y1] = pixel(u, panel.surface.ends[1], panel.surface.ends[3]);
          ctx.drawImage(surface.canvas, x0, y1, x1 - x0, y0 - y1);
        }
        const none = { logX: false, logY: false };
        for (const shape of shown()) {
          ctx.strokeStyle = ctx.fillStyle = colour(shape);
          ctx.globalAlpha = shape.opacity;
          ctx.setLineDash([]);
          ctx.lineWidth = (shape.width || 1.5) * ratio();
          if (shape.kind === 'line') line(u, ctx, shape.x, shape.y, none);
          for (let k = 0; k < shape.x.length && shape.kind !== 'line'; k++) {
            const [x, y] = pixel(u, shape.x[k], shape.y[k]);
            if (shape.kind === 'texts') {
              ctx.font = `${12 * ratio()}px system-ui, sans-serif`;
              if (surface) {
                ctx.strokeStyle = '#ffffffb0';
                ctx.lineWidth = 3 * ratio();
                ctx.strokeText(shape.texts[k], x + 7 * ratio(), y - 7 * ratio());
              }
              ctx.fillText(shape.texts[k], x + 7 * ratio(), y - 7 * ratio());
            } else if (shape.kind === 'dots') {
              ctx.beginPath();
              ctx.arc(x, y, shape.sizes[k] / 2 * ratio(), 0, 2 * Math.PI);
              if (shape.hollow) ctx.stroke();
              else ctx.fill();
            } else arrow(ctx, x, y, ...bounded(pixel(u, shape.toX[k], shape.toY[k])));
          }
          ctx.globalAlpha = 1;
        }
      },
      tracks: () => shown().filter((/** @type {any} */ shape) => shape.kind !== 'texts').map((/** @type {any} */ shape) => ({
        name: shape.label || '', label: shape.label, count: shape.x.length, x: (/** @type {number} */ k) => (shape.toX || shape.x)[k],
        y: (/** @type {number} */ k) => (shape.toY || shape.y)[k], tell: (/** @type {number} */ k) => name(shape) + where((shape.toX || shape.x)[k], (shape.toY || shape.y)[k]),
      })),
      at: where, covered: !!surface,
      legend: () => [...shapes.filter((/** @type {any} */ shape) => shape.label).map((/** @type {any} */ shape) => picture.entry(shape.label, mark(shape.kind, colour(shape),
        shape.hollow))), ...(surface ? [entryOf(`${panel.title}: `, ...gradient(panel.surface.colours, numberText(2 ** panel.surface.range[0]),
        numberText(2 ** panel.surface.range[1])))] : [])],
    };
  }

  function arrow(/** @type {CanvasRenderingContext2D} */ ctx, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ toX, /** @type {number} */ toY) {
    const length = Math.hypot(toX - x, toY - y), size = Math.min(length, 3 * ctx.lineWidth + 3 * devicePixelRatio), angle = Math.atan2(toY - y, toX - x);
    if (length === 0) return;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(toX, toY);
    for (const side of [-0.4, 0.4]) {
      ctx.moveTo(toX, toY);
      ctx.lineTo(toX - size * Math.cos(angle + side), toY - size * Math.sin(angle + side));
    }
    ctx.stroke();
  }

  function mark(/** @type {string} */ kind, /** @type {string} */ colour, /** @type {boolean} */ hollow) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    for (const [name, value] of [['width', '22'], ['height', '10'], ['aria-hidden', 'true']]) svg.setAttribute(name, value);
    const shape = document.createElementNS(svg.namespaceURI, kind === 'dots' ? 'circle' : 'line');
    for (const [name, value] of Object.entries(kind === 'dots' ? { cx: 11, cy: 5, r: 4, fill: hollow ? 'none' : colour, stroke: colour }
      : { x1: 0, x2: 22, y1: 5, y2: 5, stroke: colour, 'stroke-width': 2.5 })) shape.setAttribute(name, String(value));
    svg.append(shape);
    return svg;
  }

  // Grey bands between powers of 2, as smooth as the drawing's: linear between the values of the grid.
  function surfaceOf(/** @type {any} */ raw) {
    const x = doubles(raw.x), y = doubles(raw.y), logs = numbers(raw.logs), [low, high] = raw.range, size = 480;
    raw.ends = [x[0], x[x.length - 1], y[0], y[y.length - 1]];
    const between = (/** @type {Float64Array} */ values, /** @type {number} */ at) => {
      let i = 0;
      while (i < values.length - 2 && values[i + 1] < at) i++;
      return [i, Math.max(0, Math.min(1, (at - values[i]) / (values[i + 1] - values[i])))];
    };
    const value = (/** @type {number[]} */ [i, a], /** @type {number[]} */ [j, b]) => {
      const at = (/** @type {number} */ p, /** @type {number} */ q) => logs[q * x.length + p];
      return (1 - b) * ((1 - a) * at(i, j) + a * at(i + 1, j)) + b * ((1 - a) * at(i, j + 1) + a * at(i + 1, j + 1));
    };
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = size;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')), data = context.createImageData(size, size);
    const colours = raw.colours.map((/** @type {string} */ hex) => parseInt(hex.slice(1, 3), 16));
    const columns = Array.from({ length: size }, (_, c) => between(x, x[0] + (c + 0.5) / size * (x[x.length - 1] - x[0])));
    for (let r = 0; r < size; r++) {
      const row = between(y, y[y.length - 1] - (r + 0.5) / size * (y[y.length - 1] - y[0]));
      for (let c = 0; c < size; c++) {
        const band = Math.floor((value(columns[c], row) - low) / (high - low) * colours.length), to = 4 * (r * size + c);
        data.data[to] = data.data[to + 1] = data.data[to + 2] = colours[Math.max(0, Math.min(colours.length - 1, band))];
        data.data[to + 3] = 255;
      }
    }
    context.putImageData(data, 0, 0);
    return { canvas, at: (/** @type {number} */ vx, /** @type {number} */ vy) => vx < x[0] || vy < y[0] || vx > x[x.length - 1] || vy > y[y.length - 1] ? NaN
      : 2 ** value(between(x, vx), between(y, vy)) };
  }

  const kinds = { curves, map, image, plane };

  /** A figure: a tool bar, panels, a legend. */
  class Picture {
    constructor(/** @type {HTMLElement} */ place, /** @type {any} */ data) {
      this.place = place;
      /** @type {Set<string>} */ this.hidden = new Set();
      this.seeds = true;
      /** @type {any[]} */ this.plots = [];
      /** @type {({ x: number[], y: number[] } | null)[]} */ this.views = [];
      // For scripts of one's own, and tests.
      /** @type {any} */ (place).picture = this;
      this.take(data);
      this.build();
    }

    take(/** @type {any} */ data) {
      const before = this.kinds;
      this.data = data;
      /** @type {Kind[]} */ this.kinds = data.panels.map((/** @type {any} */ panel) => kinds[panel.kind](panel, this));
      if (before?.length === this.kinds.length) this.kinds.forEach((kind, i) => Object.assign(kind.state, before[i].state));
      else this.views = this.kinds.map(() => null);
    }

    /** Other numbers, as results come in. */
    update(/** @type {any} */ data) {
      // Nothing that has changed is nothing to draw.
      const text = JSON.stringify(data);
      if (text === this.text) return;
      this.text = text;
      this.take(data);
      this.drawLegend();
      this.draw();
    }

    build() {
      this.text = JSON.stringify(this.data);
      this.bar = make('div', { class: 'bar', role: 'toolbar', 'aria-label': 'picture' });
      this.panels = make('div', { class: 'panels' });
      this.legend = make('div', { class: 'legend', role: 'group', 'aria-label': 'what is shown' });
      this.note = make('p', { class: 'lead' });
      this.place.replaceChildren(this.bar, this.panels, this.legend, this.note);
      if (this.kinds.some(kind => kind.logs?.x)) this.bar.append(toggle('log x', 'logarithmic horizontal axis', this.kinds[0].state.logX, (/** @type {boolean} */ on) => {
        for (const kind of this.kinds) kind.state.logX = on && !!kind.logs?.x;
        this.whole();
      }));
      if (this.data.panels.some((/** @type {any} */ panel) => panel.curves?.some((/** @type {any} */ curve) => curve.seeds.length > 0))) {
        this.bar.append(toggle('seeds', 'a line for each seed', this.seeds, (/** @type {boolean} */ on) => { this.seeds = on; this.draw(); }));
      }
      this.bar.append(button('+', 'zoom in', () => this.zoom(0.5)), button('−', 'zoom out', () => this.zoom(2)), button('←', 'to the left', () => this.zoom(1, -0.25)),
        button('→', 'to the right', () => this.zoom(1, 0.25)), button('↑', 'up', () => this.zoom(1, 0, 0.25)), button('↓', 'down', () => this.zoom(1, 0, -0.25)),
        button('reset', 'show all', () => this.whole()));
      this.drawLegend();
      this.draw();
      let width = this.place.clientWidth;
      new ResizeObserver(() => {
        if (Math.abs(this.place.clientWidth - width) < 2) return;
        width = this.place.clientWidth;
        this.draw();
      }).observe(this.place);
      darkly.addEventListener('change', () => { this.drawLegend(); this.draw(); });
    }

    whole() {
      this.views = this.kinds.map(() => null);
      this.draw();
    }

    /** A name in the legend that shows and hides what has it. */
    entry(/** @type {string} */ label, /** @type {Node} */ sample, /** @type {string | null} */ said = null) {
      const name = make('button', { type: 'button', class: 'run', 'aria-pressed': String(!this.hidden.has(label)), 'data-label': label, title: 'show or hide' }, sample, label,
        ...(said ? [make('small', {}, ` ${said}`)] : []));
      name.addEventListener('click', () => {
        if (!this.hidden.delete(label)) this.hidden.add(label);
        this.drawLegend();
        this.draw();
        /** @type {HTMLElement | null | undefined} */ (this.legend?.querySelector(`[data-label="${CSS.escape(label)}"]`))?.focus();
      });
      return make('div', { class: 'entry' }, name);
    }

    drawLegend() {
      /** @type {Map<string, Node>} */ const entries = new Map();
      for (const entry of this.kinds.flatMap(kind => kind.legend())) if (!entries.has(entry.textContent || '')) entries.set(entry.textContent || '', entry);
      this.legend?.replaceChildren(...entries.values());
      if (this.note) this.note.textContent = this.data.note || '';
    }

    draw() {
      const focus = this.plots.findIndex(plot => plot.root.parentElement === document.activeElement);
      for (const plot of this.plots) plot.destroy();
      this.plots = [];
      const count = Math.max(1, Math.min(this.kinds.length === 4 ? 2 : 3, this.kinds.length, this.data.columns, Math.floor(this.place.clientWidth / 330)));
      const width = Math.min(widest, Math.floor(this.place.clientWidth / count) - 12);
      this.panels?.replaceChildren(...this.kinds.map((kind, i) => this.drawPanel(kind, this.data.panels[i], i, width)));
      if (focus >= 0) this.plots[focus]?.root.parentElement?.focus();
    }

    drawPanel(/** @type {Kind} */ kind, /** @type {any} */ panel, /** @type {number} */ number, /** @type {number} */ width) {
      const { state } = kind, inside = width - left - right;
      const height = Math.round(kind.aspect ? Math.min(1.2 * widest, inside / kind.aspect) + bottom + top : Math.max(kind.cells ? 290 : 220, Math.min(340, width * 0.66)));
      const range = () => this.equal(kind, this.views[number] || kind.ranges(), inside, height - bottom - top);
      const readout = make('output', { class: 'readout', 'aria-live': 'polite' });
      const box = make('div', { class: 'plot', tabindex: 0, role: 'application', 'aria-label': `${panel.title}: left and right move the cursor, ` +
        'up and down choose a line, + and − zoom, 0 shows all' });
      const head = make('div', { class: 'head' }, make('div', { class: 'title' }, panel.title + (panel.percent ? ' (%)' : '')));
      if (kind.logs?.y) {
        const log = /** @type {HTMLInputElement} */ (make('input', { type: 'checkbox', checked: state.logY }));
        log.addEventListener('change', () => { state.logY = log.checked; this.views[number] = null; this.draw(); });
        head.append(make('label', {}, log, ' log'));
      }
      const whole = make('div', { class: 'panel' }, head, box, readout);
      whole.style.width = `${width}px`;
      const ink = css('--ink'), grid = css('--grid'), bare = kind.cells || kind.covered;
      const look = { stroke: ink, grid: { show: !bare, stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui, sans-serif', incrs: increments,
        values: tickTexts };
      const logarithmic = { splits: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ min, /** @type {number} */ max) => logSplits(min, max),
        filter: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits };
      const plot = new /** @type {any} */ (window).uPlot({
        width, height, padding: [top, right, 0, 0], legend: { show: false },
        cursor: { drag: { x: true, y: true, setScale: false }, points: { show: false } },
        scales: { x: { time: false, distr: state.logX ? 3 : 1, range: () => range().x }, y: { distr: state.logY ? 3 : 1, range: () => range().y } },
        axes: [
          { ...look, label: panel.xTitle, labelSize: 18, size: 34, ...(state.logX ? logarithmic : {}), ...kind.ticks?.x },
          { ...look, size: left, ...(panel.yTitle ? { label: panel.yTitle, labelSize: 16, size: left - 16, labelFont: '11px system-ui, sans-serif' } : {}), ...(state.logY ? logarithmic : {}), ...kind.ticks?.y },
        ],
        series: [{}, { points: { show: false }, stroke: 'transparent' }],
        hooks: {
          // Before the axes' lines: the picture lies below them.
          draw: [(/** @type {any} */ u) => {
            const { ctx, bbox } = u;
            ctx.save();
            ctx.beginPath();
            ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
            ctx.clip();
            kind.paint(u, ctx);
            ctx.restore();
          }],
          setCursor: [(/** @type {any} */ u) => { if (!u.walking) this.tell(u, kind, readout); }],
          setSelect: [(/** @type {any} */ u) => {
            const { left: from, top: above, width: wide, height: high } = u.select;
            if (wide < 3 || high < 3) return;
            this.views[number] = { x: [u.posToVal(from, 'x'), u.posToVal(from + wide, 'x')], y: [u.posToVal(above + high, 'y'), u.posToVal(above, 'y')] };
            this.draw();
          }],
        },
      }, [range().x, range().y], box);
      plot.over.addEventListener('dblclick', () => { this.views[number] = null; this.draw(); });
      box.addEventListener('keydown', event => this.key(event, plot, kind, number, readout));
      this.plots.push(plot);
      return whole;
    }

    // A unit is as long on both axes: one of them then shows more than it must.
    equal(/** @type {Kind} */ kind, /** @type {{ x: number[], y: number[] }} */ view, /** @type {number} */ width, /** @type {number} */ height) {
      if (!kind.equal) return view;
      const unit = Math.max((view.x[1] - view.x[0]) / width, (view.y[1] - view.y[0]) / height);
      const about = (/** @type {number[]} */ r, /** @type {number} */ span) => [(r[0] + r[1] - span) / 2, (r[0] + r[1] + span) / 2];
      return { x: about(view.x, unit * width), y: about(view.y, unit * height) };
    }

    zoom(/** @type {number} */ factor, right = 0, up = 0, /** @type {number | null} */ only = null) {
      this.plots.forEach((plot, number) => {
        if (only !== null && only !== number) return;
        const part = (/** @type {'x' | 'y'} */ axis, /** @type {number} */ shift) => {
          const log = axis === 'x' ? this.kinds[number].state.logX : this.kinds[number].state.logY, { min, max } = plot.scales[axis];
          const [from, to] = log ? [Math.log(min), Math.log(max)] : [min, max], middle = (from + to) / 2 + shift * (to - from), half = (to - from) / 2 * factor;
          return [middle - half, middle + half].map(v => log ? Math.exp(v) : v);
        };
        this.views[number] = { x: part('x', right), y: part('y', up) };
      });
      this.draw();
    }

    tell(/** @type {any} */ u, /** @type {Kind} */ kind, /** @type {HTMLElement} */ readout) {
      const { left: x, top: y } = u.cursor;
      u.walked = null;
      if (x === undefined || x < 0 || y < 0) {
        readout.textContent = '';
        return;
      }
      let text = '', least = near;
      // Of cells the place says which it is.
      for (const track of kind.cells ? [] : kind.tracks()) {
        for (let k = 0; k < track.count; k++) {
          const far = Math.hypot(u.valToPos(track.x(k), 'x') - x, u.valToPos(track.y(k), 'y') - y);
          if (far < least) [least, text] = [far, track.tell(k)];
        }
      }
      readout.textContent = text || kind.at?.(u.posToVal(x, 'x'), u.posToVal(y, 'y')) || '';
    }

    key(/** @type {KeyboardEvent} */ event, /** @type {any} */ u, /** @type {Kind} */ kind, /** @type {number} */ number, /** @type {HTMLElement} */ readout) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '+' || event.key === '-') {
        event.preventDefault();
        this.zoom(event.key === '+' ? 0.5 : 2, 0, 0, number);
        return;
      }
      if (event.key === '0' || event.key === 'Home') {
        event.preventDefault();
        this.views[number] = null;
        this.draw();
        return;
      }
      const [right, up] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
      if (!right && !up) return;
      event.preventDefault();
      const tracks = kind.tracks();
      if (tracks.length === 0) return;
      let [track, k] = u.walked || [0, right > 0 || up ? -1 : tracks[0].count];
      if (!u.walked && up) k = 0;
      else if (up) {
        // Lines of a legend go down, rows of a map go up.
        const next = (track + (kind.cells ? up : -up) + tracks.length) % tracks.length, here = tracks[track].x(k);
        k = Array.from({ length: tracks[next].count }, (_, i) => i).reduce((best, i) => Math.abs(tracks[next].x(i) - here) < Math.abs(tracks[next].x(best) - here) ? i : best, 0);
        track = next;
      } else {
        do k += right; while (k >= 0 && k < tracks[track].count && !Number.isFinite(tracks[track].y(k)));
      }
      if (k < 0 || k >= tracks[track].count) return;
      u.walking = true;
      u.setCursor({ left: u.valToPos(tracks[track].x(k), 'x'), top: u.valToPos(tracks[track].y(k), 'y') });
      u.walking = false;
      u.walked = [track, k];
      readout.textContent = tracks[track].tell(k);
    }
  }

  Object.assign(/** @type {any} */ (window).LargeSteps, { Picture });
})();
