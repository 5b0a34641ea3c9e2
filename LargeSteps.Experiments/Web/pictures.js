// @ts-check
// Drawings that are not curves over the steps of runs: sweeps, maps, functions, neurons, surfaces. uPlot has the axes, the zoom and the
// cursor; what lies between the axes is painted here.
(() => {
  'use strict';
  const { tiniest, darkly, light, colourOf, dashOf, bytes, doubles, numbers, increments, seen, limited, part, leaving, numberText, make, css,
    logSplits, tickTexts, swatch, button, toggle, spread, Spread, redrawn, held, caption } = /** @type {any} */ (window).LargeSteps;

  const left = 58, bottom = 52, top = 10, right = 14, widest = 640, near = 24;
  // In the drawings these colours are those of text and frames, which a dark page has other ones for.
  const inks = { '#262626': '--ink', '#595959': '--soft', '#b0b0b0': '--soft' };
  const missing = '#e6e6e6', missingStroke = '#b0b0b0';

  /**
   * A kind of panel. Its tracks are what the keyboard walks along: of each the number of points, where they are, and what is said of them.
   * @typedef {CanvasRenderingContext2D} Canvas
   * @typedef {{ logX: boolean, logY: boolean }} Logs
   * @typedef {{ count: number, x: (k: number) => number, y: (k: number) => number, tell: (k: number) => string }} Track
   * @typedef {{
   *   state: Logs, logs: { x: boolean, y: boolean } | null, ranges: () => { x: number[], y: number[] }, paint: (u: any, ctx: Canvas) =>
   *   void,
   *   tracks: () => Track[], at?: (x: number, y: number) => string, cells?: boolean, covered?: boolean, cut?: boolean, equal?: boolean,
   *   aspect?: number, ticks?: { x?: any, y?: any }, legend: () => Node[] }} Kind
   */

  const noLogs = { logX: false, logY: false };
  const ratio = () => devicePixelRatio;
  const pixel = (/** @type {any} */ u, /** @type {number} */ x, /** @type {number} */ y) => [u.valToPos(x, 'x', true), u.valToPos(y, 'y',
    true)];
  // Far outside there is nothing to see, and a canvas counts in floats.
  const bounded = (/** @type {number[]} */ at) => /** @type {[number, number]} */ (at.map(v => Math.max(-1e5, Math.min(1e5, v))));
  const isShown = (/** @type {number} */ x, /** @type {number} */ y, /** @type {Logs} */ logs) => Number.isFinite(x) && Number.isFinite(y)
    && (!logs.logX || x > tiniest) && (!logs.logY || y > tiniest);

  /** A part of an axis with a little room. */
  function widened(/** @type {number[]} */ [least, most], /** @type {boolean} */ log, room = 0.03) {
    if (log) {
      const [from, to] = [Math.log10(least), Math.log10(most)], more = room * (to - from) || 0.3;
      return [10 ** (from - more), 10 ** (to + more)];
    }
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

  function line(/** @type {any} */ u, /** @type {Canvas} */ ctx, /** @type {ArrayLike<number>} */ x, /** @type {ArrayLike<number>} */ y,
    /** @type {Logs} */ logs) {
    ctx.beginPath();
    for (let k = 0, begun = false; k < x.length; k++) {
      const there = isShown(x[k], y[k], logs);
      if (there) ctx[begun ? 'lineTo' : 'moveTo'](...bounded(pixel(u, x[k], y[k])));
      begun = there;
    }
    ctx.stroke();
  }

  // Where a line leaves the panel first, above and below.
  function leavings(/** @type {any} */ u, /** @type {ArrayLike<number>} */ x, /** @type {ArrayLike<number>} */ y,
    /** @type {string} */ colour) {
    const { min, max } = u.scales.y;
    for (const above of [true, false]) {
      let at = 0;
      while (at < x.length && !(above ? y[at] > max : y[at] < min)) at++;
      if (at < x.length) leaving(u, x[at], above, colour);
    }
  }

  /** @returns {Kind} Curves over a swept value, or the dots of a bifurcation. */
  function curves(/** @type {any} */ panel, /** @type {Picture} */ picture) {
    const factor = panel.percent ? 100 : 1, unit = panel.percent ? ' %' : '', { categories } = panel;
    const scaled = (/** @type {string | null} */ text) => text === null ? null : numbers(text).map((/** @type {number} */ v) => v * factor);
    const all = panel.curves.map((/** @type {any} */ curve) => ({ ...curve, x: numbers(curve.x), y: scaled(curve.y),
      lower: scaled(curve.lower), upper: scaled(curve.upper),
      seeds: curve.seeds.map((/** @type {any} */ seed) => ({ seed: seed.seed, y: scaled(seed.y) })) }));
    const state = { logX: panel.logX, logY: panel.logY };
    const shown = () => all.filter((/** @type {any} */ curve) => !picture.hidden.has(curve.label)).map(middle);
    const seedsOf = (/** @type {any} */ curve) => picture.spread?.seeds ? curve.seeds : [];
    const word = (/** @type {number} */ x) => categories.length > 0 ? categories[Math.round(x)] : numberText(x);
    // What a label says of the centre is so no longer where another one is chosen.
    const named = (/** @type {any} */ curve) => curve.label === panel.spread?.shown && picture.spread
      ? `${picture.spread.mean ? 'mean' : 'median'} of the survivors` : curve.label;
    const tell = (/** @type {any} */ curve, /** @type {number} */ k) => `${whose(curve, k)}${panel.xTitle} ` +
      `${word(curve.x[k])}, ${panel.title} ${numberText(curve.y[k])}${unit}` +
      (curve.lower ? ` [${numberText(curve.lower[k])}, ${numberText(curve.upper[k])}]` : '');
    const ownLabel = (/** @type {any} */ curve) => curve.label !== panel.spread?.shown ? curve.label : '';
    const tellSeed = (/** @type {any} */ curve, /** @type {any} */ seed, /** @type {number} */ k) => `${ownLabel(curve) &&
      ownLabel(curve) + ', '}seed ${seed.seed}: ${panel.xTitle} ${word(curve.x[k])}, ${panel.title} ` +
      `${numberText(seed.y[k])}${unit}`;
    return {
      state, logs: { x: categories.length === 0, y: true }, cut: panel.joined,
      ranges() {
        const x = categories.length > 0 ? [-0.5, categories.length - 0.5]
          : widened(extent(shown().flatMap((/** @type {any} */ curve) => Array.from(curve.x)), state.logX), state.logX);
        if (panel.survival && !state.logY && !panel.limits) return { x, y: [-0.04 * factor, 1.04 * factor] };
        const lines = shown().flatMap((/** @type {any} */ curve) => [curve, ...[curve.lower, curve.upper].filter(y => y).map(y => ({ y })),
          ...seedsOf(curve)]);
        const range = panel.joined && !picture.all && seen(lines, state.logY)
          || extent(lines.flatMap((/** @type {any} */ each) => Array.from(each.y)), state.logY);
        return { x, y: limited(widened(range, state.logY, 0.05), panel.limits, factor, state.logY) };
      },
      paint(u, ctx) {
        ctx.setLineDash([]);
        for (const curve of shown()) {
          if (!curve.lower) continue;
          ctx.fillStyle = colourOf(curve.colour) + '2E';
          ctx.beginPath();
          const there = [...curve.x.keys()].filter(k => isShown(curve.x[k], curve.lower[k], state));
          there.forEach((k, i) => ctx[i ? 'lineTo' : 'moveTo'](...bounded(pixel(u, curve.x[k], curve.upper[k]))));
          there.reverse().forEach(k => ctx.lineTo(...bounded(pixel(u, curve.x[k], curve.lower[k]))));
          ctx.fill();
        }
        for (const curve of shown()) {
          ctx.strokeStyle = ctx.fillStyle = colourOf(curve.colour);
          ctx.lineWidth = 2 * ratio();
          ctx.setLineDash(dashOf(curve.colour).map((/** @type {number} */ d) => d * ratio()));
          if (panel.joined) line(u, ctx, curve.x, curve.y, state);
          if (panel.marks > 0) dots(u, ctx, curve, curve.y);
          ctx.globalAlpha = 0.45;
          for (const seed of seedsOf(curve)) dots(u, ctx, curve, seed.y);
          ctx.globalAlpha = 1;
        }
      },
      tracks: () => shown().flatMap((/** @type {any} */ curve) => [track(curve, curve.y, (/** @type {number} */ k) => tell(curve, k)),
        ...seedsOf(curve).map((/** @type {any} */ seed) => track(curve, seed.y, (/** @type {number} */ k) => tellSeed(curve, seed, k)))]),
      ticks: categories.length === 0 ? {} : { x: {
        splits: () => categories.map((/** @type {string} */ _, /** @type {number} */ i) => i),
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(i => categories[i] ?? ''),
      } },
      legend: () => all.filter((/** @type {any} */ curve) => curve.label)
        .map((/** @type {any} */ curve) => picture.entry(curve.label, swatch(curve.colour), curve.said, named(curve))),
    };

    // Of survival, which is a part of the seeds, there is no middle.
    function whose(/** @type {any} */ curve, /** @type {number} */ k) {
      const count = curve.seeds.filter((/** @type {any} */ seed) => Number.isFinite(seed.y[k])).length;
      const parts = [ownLabel(curve), count > 0 && picture.spread ? picture.spread.of(count) : ''].filter(part => part);
      return parts.length > 0 ? `${parts.join(', ')}: ` : curve.label && !panel.spread ? `${curve.label}: ` : '';
    }

    // The centre and the band of its seeds, as they are asked for.
    function middle(/** @type {any} */ curve) {
      const how = picture.spread;
      if (!how || curve.seeds.length === 0) return curve;
      const rows = Array.from(curve.x, (_, k) => {
        const alive = curve.seeds.map((/** @type {any} */ seed) => seed.y[k]).filter(Number.isFinite)
          .sort((/** @type {number} */ a, /** @type {number} */ b) => a - b);
        return alive.length === 0 ? [NaN, NaN, NaN] : spread(alive, how, state.logY);
      });
      const [y, lower, upper] = [0, 1, 2].map(i => rows.map(row => row[i]));
      return { ...curve, y, lower: how.bands ? lower : null, upper: how.bands ? upper : null };
    }

    function track(/** @type {any} */ curve, /** @type {ArrayLike<number>} */ y, /** @type {(k: number) => string} */ tell) {
      return { count: curve.x.length, x: (/** @type {number} */ k) => curve.x[k], y: (/** @type {number} */ k) => y[k], tell };
    }

    function dots(/** @type {any} */ u, /** @type {Canvas} */ ctx, /** @type {any} */ curve, /** @type {ArrayLike<number>} */ y) {
      // Of bifurcations there are many, one over the other.
      const size = Math.max(1, panel.marks * (panel.joined ? 1.6 : 1.1)) * ratio();
      for (let k = 0; k < curve.x.length; k++) {
        if (!isShown(curve.x[k], y[k], state)) continue;
        const [left, top] = pixel(u, curve.x[k], y[k]);
        if (!panel.joined) ctx.fillRect(left - size / 2, top - size / 2, size, size);
        else {
          ctx.beginPath();
          ctx.arc(left, top, size, 0, 2 * Math.PI);
          ctx.fill();
        }
      }
    }
  }

  function gradient(/** @type {string[]} */ colours, /** @type {string} */ from, /** @type {string} */ to) {
    const bar = make('span', { class: 'scale', 'aria-hidden': 'true' });
    bar.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
    return [from + ' ', bar, ' ' + to];
  }

  const entryOf = (/** @type {...(Node | string)} */ ...what) => make('div', { class: 'entry said' }, ...what);

  /** @returns {Kind} A metric over two swept values, a colour for each pair. */
  function map(/** @type {any} */ panel) {
    const [x, y] = [axis(panel.x), axis(panel.y)], factor = panel.percent ? 100 : 1, unit = panel.percent ? ' %' : '';
    const at = numbers(panel.at), values = numbers(panel.values), width = x.places.length, cells = new Map();
    at.forEach((/** @type {number} */ place, /** @type {number} */ k) => cells.set(place, values[k]));
    const [low, high] = panel.range, last = panel.colours.length - 1;
    const colour = (/** @type {number} */ value) => {
      const place = panel.log ? Math.log10(value) : value, part = Number.isFinite(place) ? (place - low) / (high - low) : 0;
      return panel.colours[Math.max(0, Math.min(last, Math.round(part * last)))];
    };
    const word = (/** @type {number} */ place) => Number.isFinite(cells.get(place)) ? numberText(cells.get(place) * factor) + unit
      : cells.has(place) ? panel.missing : 'not run';
    const said = (/** @type {number} */ i, /** @type {number} */ j) => `${panel.xTitle} ${x.labels[i]}, ${panel.yTitle} ${y.labels[j]}: ` +
      `${panel.title} ${word(j * width + i)}`;
    const end = (/** @type {number} */ place) => numberText((panel.log ? 10 ** place : place) * factor) + unit;
    return {
      state: { ...noLogs }, logs: null, cells: true,
      ranges: () => ({ x: [x.edges[0], x.edges[x.edges.length - 1]], y: [y.edges[0], y.edges[y.edges.length - 1]] }),
      paint(u, ctx) {
        ctx.setLineDash([]);
        for (const [place, value] of cells) {
          const i = place % width, j = Math.floor(place / width);
          const [x0, y0] = pixel(u, x.edges[i], y.edges[j]), [x1, y1] = pixel(u, x.edges[i + 1], y.edges[j + 1]);
          ctx.fillStyle = Number.isFinite(value) ? colour(value) : missing;
          ctx.fillRect(x0, y1, x1 - x0 - 0.5, y0 - y1 - 0.5);
          if (Number.isFinite(value)) continue;
          ctx.strokeStyle = missingStroke;
          ctx.lineWidth = ratio();
          ctx.beginPath();
          ctx.moveTo(x0, y0);
          ctx.lineTo(x1, y1);
          ctx.stroke();
        }
      },
      tracks: () => Array.from(y.places, (place, j) => ({
        count: width, x: (/** @type {number} */ i) => x.places[i], y: () => place, tell: (/** @type {number} */ i) => said(i, j),
      })),
      at(vx, vy) {
        const i = x.cell(vx), j = y.cell(vy);
        return i < 0 || j < 0 ? '' : said(i, j);
      },
      ticks: { x: x.ticks, y: y.ticks },
      legend: () => [
        entryOf(panel.survival ? `${panel.title}: ` : `${panel.title} (${panel.shown}): `, ...gradient(panel.colours, end(low), end(high))),
        ...([...cells.values()].every(Number.isFinite) ? []
          : [entryOf(make('span', { class: 'missing', 'aria-hidden': 'true' }), ` ${panel.missing}`)])],
    };
  }

  function axis(/** @type {any} */ raw) {
    const places = doubles(raw.places), edges = doubles(raw.edges), { labels } = raw;
    return {
      places, edges, labels,
      cell(/** @type {number} */ at) {
        for (let i = 0; i < places.length; i++) if (at >= edges[i] && at <= edges[i + 1]) return i;
        return -1;
      },
      ticks: {
        // Where all have no room, every second or third.
        splits: (/** @type {any} */ u, /** @type {number} */ which, /** @type {number} */ min, /** @type {number} */ max) => {
          const inside = [...places.keys()].filter(i => places[i] >= min && places[i] <= max);
          const room = which === 0 ? u.bbox.width / ratio() / 44 : u.bbox.height / ratio() / 16;
          const every = Math.max(1, Math.ceil(inside.length / Math.max(2, room || 8)));
          return inside.filter((_, k) => k % every === 0).map(i => places[i]);
        },
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(at => labels[places.indexOf(at)] ?? ''),
      },
    };
  }

  /** @returns {Kind} Where training converges, a colour for each pair of values. */
  function image(/** @type {any} */ panel) {
    const x = doubles(panel.x), y = doubles(panel.y), cells = new Uint8Array(bytes(panel.cells)), shades = panel.converged.length;
    const colours = [missing, ...panel.converged, ...panel.other].map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
    const picture = painted(x.length, y.length, (i, row) => colours[cells[(y.length - 1 - row) * x.length + i]]);
    const placeOf = (/** @type {number} */ v, /** @type {boolean} */ log) => log ? Math.log10(v) : v;
    // A cell reaches half-way to its neighbours.
    const ends = (/** @type {Float64Array} */ values, /** @type {boolean} */ log) => {
      const first = placeOf(values[0], log), last = placeOf(values[values.length - 1], log),
        half = (last - first) / (values.length - 1) / 2;
      return [first - half, last + half].map(v => log ? 10 ** v : v);
    };
    const [xs, ys] = [ends(x, panel.logX), ends(y, panel.logY)];
    const index = (/** @type {number} */ at, /** @type {number[]} */ range, /** @type {boolean} */ log, /** @type {number} */ count) => {
      const [from, to, here] = [range[0], range[1], at].map(v => placeOf(v, log)), i = Math.floor((here - from) / (to - from) * count);
      return i >= 0 && i < count ? i : -1;
    };
    // A shade says how many of its kind are faster.
    const word = (/** @type {number} */ cell) => cell === 0 ? 'not trained' : panel.kinds[cell <= shades ? 0 : 1].split(',')[0] +
      `, faster than ${Math.round(100 * (1 - ((cell - 1) % shades) / (shades - 1)))} % of those`;
    const said = (/** @type {number} */ i, /** @type {number} */ j) => `${panel.xTitle} ${numberText(x[i])}, ${panel.yTitle} ` +
      `${numberText(y[j])}: ${word(cells[j * x.length + i])}`;
    return {
      state: { logX: panel.logX, logY: panel.logY }, logs: null, cells: true, aspect: Math.max(1 / 3, Math.min(3, x.length / y.length)),
      ranges: () => ({ x: xs, y: ys }),
      paint(u, ctx) {
        const [x0, y0] = pixel(u, xs[0], ys[0]), [x1, y1] = pixel(u, xs[1], ys[1]);
        ctx.imageSmoothingEnabled = false;
        ctx.drawImage(picture, x0, y1, x1 - x0, y0 - y1);
      },
      tracks: () => Array.from(y, (place, j) => ({
        count: x.length, x: (/** @type {number} */ i) => x[i], y: () => place, tell: (/** @type {number} */ i) => said(i, j),
      })),
      at(vx, vy) {
        const i = index(vx, xs, panel.logX, x.length), j = index(vy, ys, panel.logY, y.length);
        return i < 0 || j < 0 ? '' : said(i, j);
      },
      legend: () => [panel.converged, panel.other].map((scale, i) => entryOf(...gradient(scale, '', panel.kinds[i]))),
    };
  }

  /** A picture of so many columns and rows, from above. */
  function painted(/** @type {number} */ width, /** @type {number} */ height,
    /** @type {(column: number, row: number) => number[]} */ colourAt) {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [width, height];
    const context = /** @type {Canvas} */ (canvas.getContext('2d')), { data } = context.createImageData(width, height);
    for (let row = 0, to = 0; row < height; row++) {
      for (let column = 0; column < width; column++, to += 4) data.set([...colourAt(column, row), 255], to);
    }
    context.putImageData(new ImageData(data, width, height), 0, 0);
    return canvas;
  }

  // On a dark page what is darker than it should be is mixed with white.
  function lifted(/** @type {string} */ hex) {
    const parts = [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)), seenAs = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2];
    if (!darkly.matches || seenAs > 110) return hex;
    return `#${parts.map(part => Math.round(part + 0.5 * (255 - part)).toString(16).padStart(2, '0')).join('')}`;
  }

  /** @returns {Kind} Shapes in a plane, on a surface where there is one. */
  function plane(/** @type {any} */ panel, /** @type {Picture} */ picture) {
    const shapes = panel.shapes.map((/** @type {any} */ shape) => ({ ...shape, x: numbers(shape.x), y: numbers(shape.y),
      toX: shape.toX && numbers(shape.toX), toY: shape.toY && numbers(shape.toY), sizes: shape.sizes && numbers(shape.sizes) }));
    const shown = () => shapes.filter((/** @type {any} */ shape) => shape.label === null || !picture.hidden.has(shape.label));
    const surface = panel.surface && surfaceOf(panel.surface);
    // A surface is light by day and night.
    const colour = (/** @type {any} */ shape) => typeof shape.colour === 'number'
      ? (surface ? light[shape.colour % light.length] : colourOf(shape.colour))
      : surface ? shape.colour : inks[shape.colour] ? css(inks[shape.colour]) : lifted(shape.colour);
    const where = (/** @type {number} */ x, /** @type {number} */ y) => `${panel.xTitle} ${numberText(x)}, ` +
      `${panel.yTitle ? panel.yTitle + ' ' : ''}${numberText(y)}${surface ? `, ${panel.title} ${surface.said(x, y)}` : ''}`;
    const named = (/** @type {any} */ shape) => shape.label ? shape.label + ': ' : '';
    return {
      state: { ...noLogs }, logs: null, equal: panel.equal, covered: !!surface, cut: panel.cuts,
      aspect: surface ? (panel.x[1] - panel.x[0]) / (panel.y[1] - panel.y[0]) : panel.equal ? 1 : undefined,
      ranges: () => ({ x: panel.x, y: panel.cuts && picture.all ? reached() : panel.y }),
      paint(u, ctx) {
        ctx.setLineDash([]);
        if (surface) {
          const [x0, y0] = pixel(u, surface.ends[0], surface.ends[2]), [x1, y1] = pixel(u, surface.ends[1], surface.ends[3]);
          ctx.drawImage(surface.picture, x0, y1, x1 - x0, y0 - y1);
        }
        for (const shape of shown()) {
          ctx.strokeStyle = ctx.fillStyle = colour(shape);
          ctx.globalAlpha = shape.opacity;
          ctx.lineWidth = (shape.width || 1.5) * ratio();
          if (shape.kind === 'line') line(u, ctx, shape.x, shape.y, noLogs);
          else for (let k = 0; k < shape.x.length; k++) marked(u, ctx, shape, k);
          ctx.globalAlpha = 1;
        }
      },
      tracks: () => shown().filter((/** @type {any} */ shape) => shape.kind !== 'texts').map((/** @type {any} */ shape) => {
        const [x, y] = [shape.toX || shape.x, shape.toY || shape.y];
        return { count: x.length, x: (/** @type {number} */ k) => x[k], y: (/** @type {number} */ k) => y[k],
          tell: (/** @type {number} */ k) => named(shape) + where(x[k], y[k]) };
      }),
      at: where,
      legend: () => [
        ...shapes.filter((/** @type {any} */ shape) => shape.label).map((/** @type {any} */ shape) =>
          picture.entry(shape.label, sample(shape.kind, colour(shape), shape.hollow))),
        ...(surface ? [entryOf(`${panel.title}: `, ...gradient(panel.surface.colours, numberText(2 ** panel.surface.range[0]),
          numberText(2 ** panel.surface.range[1])))] : [])],
    };

    function reached() {
      return widened(extent(shown().flatMap((/** @type {any} */ shape) => Array.from(shape.y)), false), false, 0.05);
    }

    function marked(/** @type {any} */ u, /** @type {Canvas} */ ctx, /** @type {any} */ shape, /** @type {number} */ k) {
      const [x, y] = bounded(pixel(u, shape.x[k], shape.y[k]));
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
        ctx[shape.hollow ? 'stroke' : 'fill']();
      } else arrow(ctx, x, y, ...bounded(pixel(u, shape.toX[k], shape.toY[k])));
    }
  }

  function arrow(/** @type {Canvas} */ ctx, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ toX,
    /** @type {number} */ toY) {
    const length = Math.hypot(toX - x, toY - y), angle = Math.atan2(toY - y, toX - x), size = Math.min(length,
      3 * ctx.lineWidth + 3 * ratio());
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

  function sample(/** @type {string} */ kind, /** @type {string} */ colour, /** @type {boolean} */ hollow) {
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
    const ends = [x[0], x[x.length - 1], y[0], y[y.length - 1]];
    const between = (/** @type {Float64Array} */ values, /** @type {number} */ at) => {
      let i = 0;
      while (i < values.length - 2 && values[i + 1] < at) i++;
      return [i, Math.max(0, Math.min(1, (at - values[i]) / (values[i + 1] - values[i])))];
    };
    const value = (/** @type {number[]} */ [i, a], /** @type {number[]} */ [j, b]) => {
      const at = (/** @type {number} */ p, /** @type {number} */ q) => logs[q * x.length + p];
      return (1 - b) * ((1 - a) * at(i, j) + a * at(i + 1, j)) + b * ((1 - a) * at(i, j + 1) + a * at(i + 1, j + 1));
    };
    const greys = raw.colours.map((/** @type {string} */ hex) => parseInt(hex.slice(1, 3), 16));
    const columns = Array.from({ length: size }, (_, c) => between(x, ends[0] + (c + 0.5) / size * (ends[1] - ends[0])));
    const rows = Array.from({ length: size }, (_, r) => between(y, ends[3] - (r + 0.5) / size * (ends[3] - ends[2])));
    const picture = painted(size, size, (column, row) => {
      const band = Math.floor((value(columns[column], rows[row]) - low) / (high - low) * greys.length);
      const grey = greys[Math.max(0, Math.min(greys.length - 1, band))];
      return [grey, grey, grey];
    });
    return {
      picture, ends,
      // At its ends the scale has whatever lies beyond them too.
      said(/** @type {number} */ vx, /** @type {number} */ vy) {
        if (vx < ends[0] || vx > ends[1] || vy < ends[2] || vy > ends[3]) return 'not evaluated';
        const log = value(between(x, vx), between(y, vy));
        return log > high ? `above ${numberText(2 ** high)}` : log <= low ? `at most ${numberText(2 ** low)}` : numberText(2 ** log);
      },
    };
  }

  const kinds = { curves, map, image, plane };

  /** A figure: a tool bar, panels, a legend. */
  class Picture {
    constructor(/** @type {HTMLElement} */ place, /** @type {any} */ data) {
      this.place = place;
      /** @type {Set<string>} */ this.hidden = new Set();
      this.all = false;
      /** @type {any[]} */ this.plots = [];
      /** @type {({ x: number[], y: number[] } | null)[]} */ this.views = [];
      /** @type {Kind[]} */ this.kinds = [];
      this.spread = /** @type {any} */ (null);
      // For scripts of one's own, and tests.
      /** @type {any} */ (place).picture = this;
      this.take(data);
      this.build();
      redrawn(place, this);
    }

    take(/** @type {any} */ data) {
      const before = this.kinds;
      this.text = JSON.stringify(data);
      this.data = data;
      const ofSeeds = data.panels.find((/** @type {any} */ panel) => panel.curves?.some((/** @type {any} */ c) => c.seeds.length > 0));
      if (ofSeeds) this.spread ??= new Spread(ofSeeds.spread);
      this.kinds = data.panels.map((/** @type {any} */ panel) => kinds[panel.kind](panel, this));
      if (before.length === this.kinds.length) this.kinds.forEach((kind, i) => Object.assign(kind.state, before[i].state));
      else this.views = this.kinds.map(() => null);
    }

    /** Other numbers, as results come in: what is shown of them, and how, stays. */
    update(/** @type {any} */ data) {
      if (JSON.stringify(data) === this.text) return;
      const heads = (/** @type {any} */ all) => JSON.stringify(all.panels.map((/** @type {any} */ panel) => [panel.kind, panel.title]));
      const same = heads(data) === heads(this.data), had = !!this.spread;
      this.take(data);
      if (!had && this.spread) return this.build();
      this.drawLegend();
      if (!same || this.plots.length !== this.kinds.length) return this.draw();
      // The axes ask for their ranges again, and the picture is painted with what is there now.
      for (const plot of this.plots) plot.setData(plot.data, true);
    }

    build() {
      this.bar = make('div', { class: 'bar', role: 'toolbar', 'aria-label': 'picture' });
      this.panels = make('div', { class: 'panels' });
      this.legend = make('div', { class: 'legend', role: 'group', 'aria-label': 'what is shown' });
      this.note = make('p', { class: 'lead' });
      this.caption = make('p', { class: 'lead' });
      this.place.replaceChildren(...(this.data.title ? [make('p', { class: 'title' }, this.data.title)] : []), this.bar, this.panels,
        this.legend, this.caption, this.note);
      if (this.kinds.some(kind => kind.logs?.x)) {
        this.bar.append(toggle('log x', 'logarithmic horizontal axis', this.kinds[0].state.logX, (/** @type {boolean} */ on) => {
          for (const kind of this.kinds) kind.state.logX = on && !!kind.logs?.x;
          this.whole();
        }));
      }
      if (this.spread) {
        this.bar.append(...this.spread.controls(() => {
          this.drawLegend();
          this.draw();
        }));
      }
      if (this.kinds.some(kind => kind.cut)) {
        this.bar.append(toggle('all values', 'show values too that lie far out; a triangle says where a line leaves the chart', this.all,
          (/** @type {boolean} */ on) => {
            this.all = on;
            this.whole();
          }));
      }
      this.bar.append(button('+', 'zoom in', () => this.zoom(0.5)), button('−', 'zoom out', () => this.zoom(2)),
        button('←', 'to the left', () => this.zoom(1, -0.25)), button('→', 'to the right', () => this.zoom(1, 0.25)),
        button('↑', 'up', () => this.zoom(1, 0, 0.25)), button('↓', 'down', () => this.zoom(1, 0, -0.25)),
        button('reset', 'show all', () => this.whole()));
      this.drawLegend();
      this.draw();
    }

    whole() {
      this.views = this.kinds.map(() => null);
      this.draw();
    }

    /** A name in the legend that shows and hides what has it. */
    entry(/** @type {string} */ label, /** @type {Node} */ shape, /** @type {string | null} */ said = null, text = label) {
      const name = make('button', { type: 'button', class: 'run', 'aria-pressed': String(!this.hidden.has(label)), 'data-label': label,
        title: 'show or hide' }, shape, text, ...(said ? [make('small', {}, ` ${said}`)] : []));
      name.addEventListener('click', () => {
        if (!this.hidden.delete(label)) this.hidden.add(label);
        this.drawLegend();
        this.draw();
        /** @type {HTMLElement | null | undefined} */ (this.legend?.querySelector(`[data-label="${CSS.escape(label)}"]`))?.focus();
      });
      return make('div', { class: 'entry' }, name);
    }

    drawLegend() {
      const focused = document.activeElement?.getAttribute('data-label'), within = this.legend?.contains(document.activeElement);
      /** @type {Map<string, Node>} */ const entries = new Map();
      for (const entry of this.kinds.flatMap(kind => kind.legend())) {
        if (!entries.has(entry.textContent || '')) entries.set(entry.textContent || '', entry);
      }
      this.legend?.replaceChildren(...entries.values());
      if (this.note) this.note.textContent = this.data.note || '';
      if (within && focused) /** @type {any} */ (this.legend?.querySelector(`[data-label="${CSS.escape(focused)}"]`))?.focus();
    }

    draw() {
      const focus = this.plots.findIndex(plot => plot.root.parentElement === document.activeElement);
      for (const plot of this.plots) plot.destroy();
      this.plots = [];
      if (this.caption) this.caption.textContent = this.captionText();
      const most = Math.min(this.kinds.length === 4 ? 2 : 3, this.kinds.length, this.data.columns);
      const count = Math.max(1, Math.min(most, Math.floor(this.place.clientWidth / 330)));
      const width = Math.min(widest, Math.floor(this.place.clientWidth / count) - 12);
      this.panels?.replaceChildren(...this.kinds.map((_, number) => this.drawPanel(number, width)));
      if (focus >= 0) this.plots[focus]?.root.parentElement?.focus();
    }

    captionText() {
      const { panels, file, caption: said } = this.data;
      if (!this.spread) return said;
      const over = [...new Set(panels.map((/** @type {any} */ panel) => panel.xTitle))];
      return caption(panels.map((/** @type {any} */ panel) => panel.title), over.length === 1 ? over[0] : '', this.spread) + ` (${file})`;
    }

    drawPanel(/** @type {number} */ number, /** @type {number} */ width) {
      // Other numbers come while the panel stays.
      const kind = () => this.kinds[number], panel = this.data.panels[number], { state, aspect, cells, logs, covered } = kind();
      const inside = width - left - right;
      const height = Math.round(aspect ? Math.min(1.2 * widest, inside / aspect) + bottom + top
        : Math.max(cells ? 290 : 220, Math.min(340, width * 0.66)));
      const range = () => this.equal(kind(), this.views[number] || kind().ranges(), inside, height - bottom - top);
      const readout = make('output', { class: 'readout', 'aria-live': 'polite' });
      const box = make('div', { class: 'plot', tabindex: 0, role: 'application', 'aria-label': `${panel.title}: left and right move the ` +
        'cursor, up and down choose a line, + and − zoom, 0 shows all' });
      const head = make('div', { class: 'head' }, make('div', { class: 'title' }, panel.title + (panel.percent ? ' (%)' : '')));
      if (logs?.y) {
        const log = /** @type {HTMLInputElement} */ (make('input', { type: 'checkbox', checked: state.logY }));
        log.addEventListener('change', () => {
          kind().state.logY = log.checked;
          this.views[number] = null;
          this.draw();
        });
        head.append(make('label', {}, log, ' log'));
      }
      const whole = make('div', { class: 'panel' }, head, box, readout);
      whole.style.width = `${width}px`;
      const plot = new /** @type {any} */ (window).uPlot({
        width, height, padding: [top, right, 0, 0], legend: { show: false },
        cursor: { drag: { x: true, y: true, setScale: false }, points: { show: false } },
        scales: {
          x: { time: false, distr: state.logX ? 3 : 1, range: () => range().x },
          y: { distr: state.logY ? 3 : 1, range: () => range().y },
        },
        axes: this.axes(kind, panel, !cells && !covered),
        series: [{}, { points: { show: false }, stroke: 'transparent' }],
        hooks: {
          draw: [(/** @type {any} */ u) => this.paint(u, kind())],
          setCursor: [(/** @type {any} */ u) => { if (!u.walking) this.tell(u, kind(), readout); }],
          setSelect: [(/** @type {any} */ u) => {
            const { left: from, top: above, width: wide, height: high } = u.select;
            if (wide < 3 || high < 3) return;
            this.views[number] = { x: [u.posToVal(from, 'x'), u.posToVal(from + wide, 'x')],
              y: [u.posToVal(above + high, 'y'), u.posToVal(above, 'y')] };
            // Once this event is over: what is drawn anew would get the rest of it.
            queueMicrotask(() => this.draw());
          }],
        },
      }, [range().x, range().y], box);
      plot.over.addEventListener('dblclick', () => { this.views[number] = null; this.draw(); });
      box.addEventListener('keydown', event => this.key(event, plot, kind(), number, readout));
      const seen = () => plot.setData(plot.data, true);
      held(plot.over, (/** @type {number} */ right, /** @type {number} */ up) => { this.see(number, 1, right, up); seen(); },
        (/** @type {number} */ factor, /** @type {number} */ about) => { this.see(number, factor, 0, 0, about); seen(); }, seen);
      this.plots.push(plot);
      return whole;
    }

    axes(/** @type {() => Kind} */ kind, /** @type {any} */ panel, /** @type {boolean} */ grid) {
      const { state, ticks } = kind(), lines = css('--grid');
      const look = { stroke: css('--ink'), grid: { show: grid, stroke: lines, width: 1 }, ticks: { stroke: lines, width: 1 },
        font: '12px system-ui, sans-serif', incrs: increments, values: tickTexts };
      const logarithmic = {
        splits: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ min, /** @type {number} */ max) => logSplits(min,
          max),
        filter: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits,
      };
      const own = (/** @type {'x' | 'y'} */ axis) => ticks?.[axis] ? {
        splits: (/** @type {any[]} */ ...of) => kind().ticks?.[axis].splits(...of),
        values: (/** @type {any[]} */ ...of) => kind().ticks?.[axis].values(...of),
      } : {};
      const label = panel.yTitle ? { label: panel.yTitle, labelSize: 16, size: left - 16, labelFont: '11px system-ui, sans-serif' } : {};
      return [
        { ...look, label: panel.xTitle, labelSize: 18, size: 34, ...(state.logX ? logarithmic : {}), ...own('x') },
        { ...look, size: left, ...label, ...(state.logY ? logarithmic : {}), ...own('y') },
      ];
    }

    paint(/** @type {any} */ u, /** @type {Kind} */ kind) {
      const { ctx, bbox } = u;
      ctx.save();
      ctx.beginPath();
      ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
      ctx.clip();
      kind.paint(u, ctx);
      ctx.restore();
      if (!kind.cut) return;
      for (const track of kind.tracks()) {
        const at = (/** @type {(k: number) => number} */ of) => Array.from({ length: track.count }, (_, k) => of(k));
        leavings(u, at(track.x), at(track.y), css('--soft'));
      }
    }

    // A unit is as long on both axes: one of them then shows more than it must.
    equal(/** @type {Kind} */ kind, /** @type {{ x: number[], y: number[] }} */ view, /** @type {number} */ width,
      /** @type {number} */ height) {
      if (!kind.equal) return view;
      const unit = Math.max((view.x[1] - view.x[0]) / width, (view.y[1] - view.y[0]) / height);
      const about = (/** @type {number[]} */ r, /** @type {number} */ span) => [(r[0] + r[1] - span) / 2, (r[0] + r[1] + span) / 2];
      return { x: about(view.x, unit * width), y: about(view.y, unit * height) };
    }

    zoom(/** @type {number} */ factor, across = 0, up = 0, /** @type {number | null} */ only = null) {
      this.plots.forEach((plot, number) => {
        if (only === null || only === number) this.see(number, factor, across, up);
      });
      this.draw();
    }

    // Another part of a panel: so much longer, about a place in its width, and moved by so much of its length.
    see(/** @type {number} */ number, /** @type {number} */ factor, across = 0, up = 0, about = 0.5) {
      const plot = this.plots[number], { logX, logY } = this.kinds[number].state;
      const { x, y } = plot.scales;
      this.views[number] = { x: part([x.min, x.max], logX, factor, across, about), y: part([y.min, y.max], logY, factor, up) };
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

    key(/** @type {KeyboardEvent} */ event, /** @type {any} */ u, /** @type {Kind} */ kind, /** @type {number} */ number,
      /** @type {HTMLElement} */ readout) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const [across, up] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
      if (!across && !up && !['+', '-', '0', 'Home'].includes(event.key)) return;
      event.preventDefault();
      if (event.key === '+' || event.key === '-') return this.zoom(event.key === '+' ? 0.5 : 2, 0, 0, number);
      if (!across && !up) {
        this.views[number] = null;
        return this.draw();
      }
      const shows = (/** @type {Track} */ track, /** @type {number} */ k) => isShown(track.x(k), track.y(k), kind.state);
      const points = (/** @type {Track} */ track) => Array.from({ length: track.count }, (_, k) => k).filter(k => shows(track, k));
      const tracks = kind.tracks().filter(track => points(track).length > 0);
      if (tracks.length === 0) return;
      let [track, k] = u.walked && u.walked[0] < tracks.length ? u.walked : [0, null];
      const here = points(tracks[track]);
      if (k === null) k = across < 0 ? here[here.length - 1] : here[0];
      else if (up) {
        // Lines of a legend go down, rows of a map go up.
        const x = tracks[track].x(k);
        track = (track + (kind.cells ? up : -up) + tracks.length) % tracks.length;
        const far = (/** @type {number} */ i) => Math.abs(tracks[track].x(i) - x);
        k = points(tracks[track]).reduce((best, i) => far(i) < far(best) ? i : best);
      } else k = here[here.indexOf(k) + across];
      if (k === undefined) return;
      u.walking = true;
      u.setCursor({ left: u.valToPos(tracks[track].x(k), 'x'), top: u.valToPos(tracks[track].y(k), 'y') });
      u.walking = false;
      u.walked = [track, k];
      readout.textContent = tracks[track].tell(k);
    }
  }

  Object.assign(/** @type {any} */ (window).LargeSteps, { Picture });
})();
