// @ts-check
// What all charts of a page share: colours, numbers, axes, and the pieces that they are made of.
(() => {
  'use strict';

  // Okabe and Ito's colours, as in the drawings; the black one and dark blue would not be seen on a dark page.
  const light = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'];
  const dark = ['#4AA8DD', '#F08B3E', '#2CC295', '#E2A0C6', '#F0B93A', '#8CCBF2', '#F2F2F2'];
  const dashes = [[], [6, 3], [1.5, 2.5], [8, 2.5, 1.5, 2.5]];
  const darkly = matchMedia('(prefers-color-scheme: dark)');
  // Powers of ten below this are no numbers any more, and an axis of them would have no end.
  const tiniest = 1e-300;

  const colourOf = (/** @type {number} */ i) => (darkly.matches ? dark : light)[i % light.length];
  const dashOf = (/** @type {number} */ i) => dashes[Math.floor(i / light.length) % dashes.length];

  function bytes(/** @type {string} */ text) {
    const raw = atob(text), all = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) all[i] = raw.charCodeAt(i);
    return all.buffer;
  }
  const doubles = (/** @type {string} */ text) => new Float64Array(bytes(text));
  // Where single precision would lose a number there stand doubles.
  const numbers = (/** @type {string} */ text) => text.startsWith('!') ? doubles(text.slice(1)) : new Float32Array(bytes(text));

  // As the tables compute them: linear between neighbours; the deviation with n − 1.
  function quantile(/** @type {number[]} */ sorted, /** @type {number} */ q) {
    const at = q * (sorted.length - 1), below = Math.floor(at), rest = at - below;
    return rest === 0 || sorted[below] === sorted[below + 1] ? sorted[below] : sorted[below] + rest * (sorted[below + 1] - sorted[below]);
  }

  /**
   * Centre and band of ascending values.
   * @param {number[]} values @param {{ mean: boolean, band: string, lower: number, upper: number }} how @param {boolean} log whether on a
   * logarithmic axis
   */
  function spread(values, how, log) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length, centre = how.mean ? mean : quantile(values, 0.5);
    if (how.band !== 'std') return [centre, quantile(values, how.lower), quantile(values, how.upper)];
    const deviation = values.length < 2 ? 0
      : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    // Mean less deviation can be negative: on a logarithmic axis the band then ends at the lowest seed.
    return [centre, Math.max(mean - deviation, log ? values[0] : -Infinity), mean + deviation];
  }

  // Steps between numbers of an axis, of any size that a number has.
  const increments = Array.from({ length: 600 }, (_, k) => [1, 2, 2.5, 5].map(factor => Number(`${factor}e${k - 300}`))).flat();

  /**
   * What of a vertical axis is shown: where each line begins, is most of the time and ends, and all else but for values so far out that
   * nothing else could be seen. Of lines that explode where others do not, the beginning alone. The drawings count widths on the axis, this
   * the points, so that the two differ a little.
   */
  function seen(/** @type {any[]} */ lines, /** @type {boolean} */ log) {
    const mostSpans = 20, mostDecades = 3, decadesBelowStart = 12, explosion = 6;
    const all = lines.map(line => Array.from(line.y).filter(y => Number.isFinite(y) && (!log || y > tiniest))
      .map(y => log ? Math.log10(y) : y)).filter(places => places.length > 0);
    if (all.length === 0) return null;
    const size = (/** @type {number} */ place) => log ? place : Math.log10(Math.max(Math.abs(place), tiniest));
    const explodes = (/** @type {number[]} */ places) => {
      const sizes = places.map(size), end = sizes[sizes.length - 1];
      sizes.sort((a, b) => a - b);
      return places.length > 1 && end - Math.max(size(places[0]), quantile(sizes, 0.25)) > explosion;
    };
    const calm = all.filter(places => !explodes(places)), shown = calm.length > 0 ? calm : all;
    let low = Infinity, high = -Infinity, start = Infinity;
    for (const places of all) start = Math.min(start, places[0]);
    for (const places of shown) {
      const sorted = [...places].sort((a, b) => a - b), exploding = calm.length === 0;
      const marks = exploding ? [places[0], quantile(sorted, 0.25)]
        : [places[0], places[places.length - 1], quantile(sorted, 0.05), quantile(sorted, 0.95)];
      low = Math.min(low, ...marks);
      high = Math.max(high, ...marks);
    }
    const room = log ? mostDecades : mostSpans * (high - low || Math.abs(high) || 1);
    let least = Infinity, most = -Infinity;
    for (const places of all) for (const place of places) {
      if (place >= low - room) least = Math.min(least, place);
      if (place <= high + room) most = Math.max(most, place);
    }
    if (log) least = Math.max(least, start - decadesBelowStart);
    return log ? [10 ** least, 10 ** most] : [least, most];
  }

  const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 5, useGrouping: false });
  function numberText(/** @type {number} */ x) {
    if (!Number.isFinite(x)) return '–';
    return x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e6) ? x.toExponential(3) : digits.format(x);
  }

  /** @returns {HTMLElement} */
  function make(/** @type {string} */ tag, /** @type {Object<string, any>} */ attributes, /** @type {...(Node|string)} */ ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
    }
    element.append(...children);
    return element;
  }

  const css = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // Of a part between two powers of ten, or within one: evenly spaced.
  function evenSplits(/** @type {number} */ min, /** @type {number} */ max) {
    const step = increments.find(each => each >= (max - min) / 5) ?? max - min, splits = [];
    for (let k = Math.ceil(min / step); k * step <= max; k++) splits.push(Number((k * step).toPrecision(12)));
    return splits;
  }

  // Powers of ten, of which some are left out where there are many; 2 and 5 times them where there are few.
  function logSplits(/** @type {number} */ min, /** @type {number} */ max) {
    const from = Math.floor(Math.log10(min)), to = Math.ceil(Math.log10(max)), every = Math.max(1, Math.ceil((to - from) / 8));
    const splits = [];
    for (let k = Math.ceil(from / every) * every; k <= to; k += every) {
      for (const factor of to - from <= 3 ? [1, 2, 5] : [1]) {
        const split = Number(`${factor}e${k}`);
        if (split >= min * 0.999 && split <= max * 1.001) splits.push(split);
      }
    }
    return splits.length > 1 ? splits : evenSplits(min, max);
  }

  /** A range of an axis with the limits that a figure asks for, in its unit; without those that leave nothing, or a logarithm of 0. */
  function limited(/** @type {number[]} */ range, /** @type {(number | null)[] | null} */ limits, /** @type {number} */ factor,
    /** @type {boolean} */ log) {
    const [from, to] = [0, 1].map(i => limits?.[i] === null || limits?.[i] === undefined || log && limits[i] <= 0 ? null
      : limits[i] * factor);
    const [least, most] = [from ?? range[0], to ?? range[1]];
    return least < most ? [least, most] : range;
  }

  /** Another part of an axis: so much longer about a place in it, and moved by so much of its length. */
  function part(/** @type {number[]} */ range, /** @type {boolean} */ log, /** @type {number} */ factor, shift = 0, about = 0.5) {
    const [from, to] = log ? range.map(Math.log) : range, length = to - from, at = from + (about + shift) * length;
    const next = [at - about * length * factor, at + (1 - about) * length * factor];
    return log ? next.map(Math.exp) : next;
  }

  // A triangle where a line leaves the chart.
  function leaving(/** @type {any} */ u, /** @type {number} */ at, /** @type {boolean} */ above, /** @type {string} */ colour) {
    const size = 4 * devicePixelRatio, { ctx } = u;
    const x = u.valToPos(at, 'x', true), y = above ? u.bbox.top : u.bbox.top + u.bbox.height, by = above ? size : -size;
    if (!(x >= u.bbox.left && x <= u.bbox.left + u.bbox.width)) return;
    ctx.save();
    ctx.fillStyle = colour;
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x - size, y + 1.6 * by);
    ctx.lineTo(x + size, y + 1.6 * by);
    ctx.fill();
    ctx.restore();
  }

  const short = (/** @type {number} */ v) => v === null ? '' : v !== 0 && (Math.abs(v) >= 1e5 || Math.abs(v) < 1e-3)
    ? v.toExponential(1).replace('.0e', 'e').replace('e+', 'e') : String(+v.toPrecision(6));
  const tickTexts = (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map(short);

  function swatch(/** @type {number} */ colour) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    for (const [name, value] of [['width', '22'], ['height', '8'], ['aria-hidden', 'true']]) svg.setAttribute(name, value);
    const line = document.createElementNS(svg.namespaceURI, 'line');
    for (const [name, value] of Object.entries({ x1: 0, x2: 22, y1: 4, y2: 4, stroke: colourOf(colour), 'stroke-width': 2.5,
      'stroke-dasharray': dashOf(colour).join(' ') })) line.setAttribute(name, String(value));
    svg.append(line);
    return svg;
  }

  const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ act) =>
    make('button', { type: 'button', title, 'aria-label': text.length > 1 ? null : title, onclick: act }, text);
  const toggle = (/** @type {string} */ text, /** @type {string} */ title, /** @type {boolean} */ on,
    /** @type {(on: boolean) => void} */ act) => {
    const made = make('button', { type: 'button', title, 'aria-pressed': String(on) }, text);
    made.addEventListener('click', () => {
      const now = made.getAttribute('aria-pressed') !== 'true';
      made.setAttribute('aria-pressed', String(now));
      act(now);
    });
    return made;
  };

  const choice = (/** @type {string} */ name, /** @type {[string, string][]} */ values, /** @type {string} */ value,
    /** @type {(value: string) => void} */ act) => {
    const select = /** @type {HTMLSelectElement} */ (make('select', {}, ...values.map(([v, text]) =>
      make('option', { value: v, selected: v === value }, text))));
    select.addEventListener('change', () => act(select.value));
    return make('label', {}, name + ' ', select);
  };

  /** What of a spread over seeds is shown, and the part of a tool bar that says so. */
  class Spread {
    /** @param {{ mean: boolean, band: string, lower: number, upper: number, seeds: boolean }} figure what its config says */
    constructor(figure) {
      this.mean = figure.mean;
      this.seeds = figure.seeds || figure.band === 'none';
      this.bands = figure.band !== 'none';
      this.band = figure.band === 'none' ? (figure.mean ? 'std' : 'quantiles') : figure.band;
      this.lower = figure.lower;
      this.upper = figure.upper;
    }

    words() {
      const band = this.band === 'std' ? 'deviations' : this.lower === 0.25 && this.upper === 0.75 ? 'quartiles'
        : `the ${+(100 * this.lower).toFixed(2)} to ${+(100 * this.upper).toFixed(2)} % quantiles`;
      return `${this.mean ? 'means' : 'medians'}${this.bands ? ` and ${band}` : ''} of the seeds${this.seeds ? ', and each seed' : ''}`;
    }

    /** A middle of so many seeds with its band, in words. */
    of(/** @type {number} */ count) {
      return `${this.mean ? 'mean' : 'median'} of ${count} ${count === 1 ? 'seed' : 'seeds'}`;
    }

    controls(/** @type {() => void} */ draw) {
      return [
        choice('centre', [['median', 'median'], ['mean', 'mean']], this.mean ? 'mean' : 'median', value => {
          this.mean = value === 'mean';
          // What goes with it.
          this.band = this.mean ? 'std' : 'quantiles';
          draw();
        }),
        toggle('bands', 'spread of the seeds', this.bands, on => { this.bands = on; draw(); }),
        toggle('seeds', 'each seed by itself', this.seeds, on => { this.seeds = on; draw(); }),
      ];
    }
  }

  /** Draws a chart again where its page is of another width, or becomes dark or light. */
  function redrawn(/** @type {HTMLElement} */ place, /** @type {{ drawLegend: () => void, draw: () => void }} */ chart) {
    let width = place.clientWidth;
    new ResizeObserver(() => {
      if (Math.abs(place.clientWidth - width) < 2) return;
      width = place.clientWidth;
      chart.draw();
    }).observe(place);
    darkly.addEventListener('change', () => { chart.drawLegend(); chart.draw(); });
  }

  /**
   * A drag with Shift held moves a picture, and the wheel zooms it about the cursor. One finger moves it sideways, since up and down the
   * page scrolls; two of them zoom it.
   * @param {HTMLElement} over what is held
   * @param {(right: number, up: number) => void} move by which parts of its width and height
   * @param {(factor: number, about: number) => void} zoom how much of it is seen of what was, and about which part of its width
   * @param {() => void} done what comes once it is let go
   */
  function held(over, move, zoom, done) {
    const nearest = 16;
    over.addEventListener('mousedown', event => {
      if (!event.shiftKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      let [x, y] = [event.clientX, event.clientY];
      const drag = (/** @type {MouseEvent} */ e) => {
        move((x - e.clientX) / over.clientWidth, (e.clientY - y) / over.clientHeight);
        [x, y] = [e.clientX, e.clientY];
      };
      const up = () => {
        removeEventListener('mousemove', drag);
        removeEventListener('mouseup', up);
        done();
      };
      addEventListener('mousemove', drag);
      addEventListener('mouseup', up);
    }, true);
    over.addEventListener('wheel', event => {
      if (!event.shiftKey) return;
      event.preventDefault();
      zoom((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, (event.clientX - over.getBoundingClientRect().left) / over.clientWidth);
      done();
    }, { passive: false });

    /** @type {Map<number, number>} */ const fingers = new Map();
    let moved = false;
    over.addEventListener('pointerdown', event => {
      if (event.pointerType === 'touch' && fingers.size < 2) fingers.set(event.pointerId, event.clientX);
    });
    over.addEventListener('pointermove', event => {
      const before = fingers.get(event.pointerId), at = event.clientX;
      if (before === undefined || at === before) return;
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1], box = over.getBoundingClientRect();
      fingers.set(event.pointerId, at);
      moved = true;
      if (other === undefined) move((before - at) / box.width, 0);
      else if (Math.abs(before - other) > nearest && Math.abs(at - other) > nearest) {
        zoom(Math.abs((before - other) / (at - other)), (other - box.left) / box.width);
      }
    });
    for (const end of ['pointerup', 'pointercancel']) {
      over.addEventListener(end, event => {
        if (!fingers.delete(/** @type {PointerEvent} */ (event).pointerId) || fingers.size > 0 || !moved) return;
        moved = false;
        // The plot that was held may go now, once the browser is done with this event.
        queueMicrotask(done);
      });
    }
  }

  /** What a chart shows over what and of how many what, in words, as the drawings have it. */
  function caption(/** @type {string[]} */ titles, /** @type {string} */ over, /** @type {Spread | null} */ spread) {
    const most = 6, shown = [...new Set(titles)];
    const names = shown.length <= most ? shown.join(', ') : `${shown.slice(0, most - 1).join(', ')} and ${shown.length - most + 1} more`;
    return `${names}${over ? ` over ${over}` : ''}${spread ? `: ${spread.words()}` : ''}`;
  }

  /** @type {any} */ (window).LargeSteps = {
    tiniest, darkly, light, colourOf, dashOf, bytes, doubles, numbers, spread, increments, seen, limited, part, leaving, numberText, make,
    css, logSplits, tickTexts, swatch, button, toggle, choice, Spread, redrawn, held, caption,
  };
})();
