// @ts-check
// The charts of a page: curves over the iterations of runs and their seeds, drawn by uPlot from the numbers that stand in the page.
// Without this script the page shows the drawings that it has instead.
(() => {
  'use strict';
  const { tiniest, colourOf, dashOf, doubles, numbers, spread, increments, seen, limited, part, leaving, numberText, make, css,
    logSplits, tickTexts, swatch, button, toggle, choice, Spread, redrawn, held, caption, Picture } = /** @type {any} */ (window).LargeSteps;

  /**
   * @typedef {{ seed: number, end: string, rows: number, values: Object<string, Float32Array | Float64Array> }} Seed
   * @typedef {{ label: string, colour: number, x: Object<string, Float64Array>, rate: Float32Array | Float64Array, seeds: Seed[] }} Run
   * @typedef {{ metric: string, title: string, logY: boolean, percent: boolean, limits: (number | null)[] | null }} Panel
   * @typedef {{ metric: string, label: string, run: number, x: Float64Array, y: Float64Array }} Reference
   * @typedef {{ run: number, at: number }} Decay
   * @typedef {{ file: string, title: string | null, xTitle: string | null, yTitle: string | null, panels: Panel[], axis: string,
   *   logX: boolean,
   *   spread: { mean: boolean, band: string, lower: number, upper: number, seeds: boolean },
   *   marks: boolean, runs: number[], references: Reference[], decays: Decay[] }} Figure
   */

  const axisNames = { iteration: 'iteration', epoch: 'epoch', time: 'time Ση' };

  /** The numbers of a page, as they are drawn. @returns {{ runs: Run[], note: string }} */
  function decode(/** @type {any} */ data) {
    const map = (/** @type {any} */ o, /** @type {any} */ f) => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, f(v)]));
    return {
      note: data.note || '',
      runs: data.runs.map((/** @type {any} */ run) => ({
        label: run.label, colour: run.colour, x: map(run.x, doubles), rate: numbers(run.rate),
        seeds: run.seeds.map((/** @type {any} */ s) => ({ seed: s.seed, end: s.end, rows: s.rows, values: map(s.values, numbers) })),
      })),
    };
  }

  /** The value of a seed in a row; NaN where there is none. */
  function valueOf(/** @type {Run} */ run, /** @type {Seed} */ seed, /** @type {string} */ metric, /** @type {number} */ row) {
    if (metric === 'survival') return row < seed.rows ? 1 : seed.end === 'diverged' ? 0 : NaN;
    if (row >= seed.rows) return NaN;
    if (metric === 'learning_rate') return run.rate[row];
    const values = seed.values[metric];
    return values ? values[row] : NaN;
  }

  /** Centre and band of the shown seeds of a run, a value for each row. */
  function ensemble(/** @type {Run} */ run, /** @type {Seed[]} */ seeds, /** @type {string} */ metric, /** @type {Chart} */ chart) {
    const n = run.x.iteration.length, centre = new Array(n), lower = new Array(n), upper = new Array(n), counts = new Array(n);
    const survival = metric === 'survival';
    for (let row = 0; row < n; row++) {
      const alive = [];
      for (const seed of seeds) {
        const value = valueOf(run, seed, metric, row);
        if (Number.isFinite(value)) alive.push(value);
      }
      centre[row] = lower[row] = upper[row] = NaN;
      counts[row] = alive.length;
      if (alive.length === 0) continue;
      alive.sort((a, b) => a - b);
      [centre[row], lower[row], upper[row]] = spread(alive, survival ? { ...chart.spread, mean: true } : chart.spread,
        !!chart.logs.get(metric));
    }
    return { centre, lower, upper, counts };
  }

  /** Where an iteration lies on another axis: between the rows of a run linearly, as epochs and times go at a constant step size. */
  function placeOf(/** @type {Run} */ run, /** @type {string} */ axis, /** @type {number} */ iteration) {
    const from = run.x.iteration, to = run.x[axis];
    if (!to || axis === 'iteration' || from.length === 0) return iteration;
    if (from.length === 1) return to[0];
    let i = 1, last = from.length - 1;
    while (i < last) {
      const half = (i + last) >> 1;
      if (from[half] < iteration) i = half + 1; else last = half;
    }
    return to[i - 1] + (iteration - from[i - 1]) / (from[i] - from[i - 1]) * (to[i] - to[i - 1]);
  }

  /** A figure: a tool bar, a legend, and a panel for each metric. */
  class Chart {
    /** @param {HTMLElement} place @param {{ runs: Run[], note: string }} data @param {Figure} figure */
    constructor(place, data, figure) {
      this.place = place;
      this.data = data;
      this.figure = figure;
      this.axis = figure.axis;
      this.logX = figure.logX;
      this.spread = new Spread(figure.spread);
      /** @type {Set<number>} */ this.hiddenRuns = new Set();
      /** @type {Set<string>} */ this.hiddenSeeds = new Set();
      /** @type {[number, number] | null} */ this.range = null;
      /** @type {[number, number] | null} */ this.selected = null;
      /** @type {any[]} */ this.plots = [];
      /** @type {{ lines: any[], plot: any, seen: number[] | null }[]} */ this.drawn = [];
      this.whole = false;
      // For scripts of one's own, and tests.
      /** @type {any} */ (place).chart = this;
      this.logs = new Map(figure.panels.map(panel => [panel.metric, panel.logY]));
      this.build();
    }

    get runs() { return this.figure.runs.length > 0 ? this.figure.runs : this.data.runs.map((_, i) => i); }

    build() {
      this.panels = make('div', { class: 'panels' });
      this.legend = make('div', { class: 'legend', role: 'group', 'aria-label': 'runs' });
      this.bar = make('div', { class: 'bar', role: 'toolbar', 'aria-label': 'chart' });
      this.note = make('p', { class: 'lead' }, this.data.note);
      this.caption = make('p', { class: 'lead' });
      this.place.replaceChildren(...(this.figure.title ? [make('p', { class: 'title' }, this.figure.title)] : []), this.bar, this.panels,
        this.legend, this.caption, this.note);
      this.drawBar();
      this.drawLegend();
      this.draw();
      redrawn(this.place, this);
    }

    /** Other numbers, as a run grows: what is shown of them, and how, stays. */
    update(/** @type {{ runs: Run[], note: string }} */ data, /** @type {Figure} */ figure) {
      const fates = (/** @type {Run[]} */ runs) => JSON.stringify(runs.map(run => [run.label, run.seeds.map(seed => seed.end)]));
      const same = fates(data.runs) === fates(this.data.runs);
      this.data = data;
      this.figure = figure;
      if (this.note) this.note.textContent = data.note;
      for (const panel of figure.panels) if (!this.logs.has(panel.metric)) this.logs.set(panel.metric, panel.logY);
      if (!same) this.drawLegend();
      // The same curves, longer: a cursor, a zoom by hand and the keyboard's focus stay where they are.
      const next = figure.panels.map(panel => this.series(panel));
      const names = (/** @type {any[]} */ lines) => JSON.stringify(lines.map(line => [line.name, line.stroke]));
      if (this.drawn.length !== next.length || next.some((series, i) => !this.drawn[i].plot || series.data[0].length === 0
        || names(series.lines) !== names(this.drawn[i].lines))) return this.draw();
      next.forEach((series, i) => {
        this.drawn[i].lines.splice(0, Infinity, ...series.lines);
        this.drawn[i].seen = this.seenOf(figure.panels[i], series.lines);
        this.drawn[i].plot.setData(series.data, true);
      });
    }

    drawBar() {
      const chart = this;
      const axes = Object.keys(axisNames).filter(axis => chart.runs.every(i => chart.data.runs[i].x[axis]));
      const many = chart.runs.some(i => chart.data.runs[i].seeds.length > 1);
      this.bar?.append(
        choice('x', axes.map(axis => [axis, axisNames[axis]]), this.axis, (/** @type {string} */ value) => {
          chart.axis = value; chart.range = null; chart.draw();
        }),
        toggle('log x', 'logarithmic horizontal axis', this.logX, (/** @type {boolean} */ on) => {
          chart.logX = on; chart.range = null; chart.draw();
        }),
        ...(many ? this.spread.controls(() => chart.draw()) : []),
        toggle('all values', 'show values too that lie far out; a triangle says where a line leaves the chart', this.whole,
          (/** @type {boolean} */ on) => { chart.whole = on; chart.draw(); }),
        button('+', 'zoom in', () => chart.zoom(0.5, 0)), button('−', 'zoom out', () => chart.zoom(2, 0)),
        button('←', 'to the left', () => chart.zoom(1, -0.25)), button('→', 'to the right', () => chart.zoom(1, 0.25)),
        button('reset', 'show all', () => { chart.range = null; chart.draw(); }));
    }

    drawLegend() {
      const entries = this.runs.map(i => {
        const run = this.data.runs[i];
        const name = make('button', { type: 'button', class: 'run', 'aria-pressed': String(!this.hiddenRuns.has(i)),
          title: 'show or hide; with Shift this one alone' },
        swatch(run.colour), run.label, ...this.fate(run));
        name.addEventListener('click', event => {
          if (/** @type {MouseEvent} */ (event).shiftKey) {
            const alone = this.runs.every(other => (other === i) !== this.hiddenRuns.has(other));
            this.hiddenRuns = new Set(alone ? [] : this.runs.filter(other => other !== i));
          } else if (!this.hiddenRuns.delete(i)) this.hiddenRuns.add(i);
          this.drawLegend();
          this.draw();
          /** @type {HTMLElement} */ (this.legend?.querySelectorAll('button.run')[this.runs.indexOf(i)])?.focus();
        });
        if (run.seeds.length < 2 || run.seeds.length > 200) return make('div', { class: 'entry' }, name);
        const seeds = make('details', {}, make('summary', {}, 'seeds'));
        // Made when they are looked at: there may be thousands.
        seeds.addEventListener('toggle', () => {
          if (seeds.children.length > 1) return;
          seeds.append(make('div', { class: 'seeds' }, ...run.seeds.map(seed => {
            const key = `${i}/${seed.seed}`;
            const box = /** @type {HTMLInputElement} */ (make('input', { type: 'checkbox', checked: !this.hiddenSeeds.has(key) }));
            box.addEventListener('change', () => {
              if (box.checked) this.hiddenSeeds.delete(key); else this.hiddenSeeds.add(key);
              this.draw();
            });
            return make('label', {}, box, ` ${seed.seed}${seed.end === 'completed' ? '' : ` (${seed.end})`}`);
          })));
        });
        return make('div', { class: 'entry' }, name, seeds);
      });
      this.legend?.replaceChildren(...entries);
    }

    fate(/** @type {Run} */ run) {
      const count = (/** @type {string} */ end) => run.seeds.filter(seed => seed.end === end).length;
      const alive = count('completed'), ended = alive + count('dead') + count('diverged'), words = [];
      if (run.seeds.length > 1 && ended > 0 || alive < ended) words.push(`${alive}/${ended} alive`);
      for (const state of ['running', 'waiting', 'stopped', 'missing', 'failed']) {
        if (count(state) > 0) words.push(`${count(state)} ${state}`);
      }
      return words.length > 0 ? [make('small', {}, ` ${words.join(', ')}`)] : [];
    }

    shownSeeds(/** @type {number} */ i) {
      return this.data.runs[i].seeds.filter(seed => !this.hiddenSeeds.has(`${i}/${seed.seed}`));
    }

    draw() {
      const focus = this.plots.findIndex(plot => plot.root.parentElement === document.activeElement);
      for (const plot of this.plots) plot.destroy();
      this.plots = [];
      this.drawn = [];
      const columns = Math.max(1, Math.min(this.figure.panels.length === 4 ? 2 : 3, this.figure.panels.length,
        Math.floor(this.place.clientWidth / 330)));
      const width = Math.floor(this.place.clientWidth / columns) - 12;
      const many = this.runs.some(i => this.data.runs[i].seeds.length > 1);
      if (this.caption) {
        this.caption.textContent = caption(this.figure.panels.map(panel => panel.title), this.figure.xTitle || axisNames[this.axis],
          many ? this.spread : null) + ` (${this.figure.file})`;
      }
      const key = this.sync ??= `chart-${Math.random()}`;
      this.panels?.replaceChildren(...this.figure.panels.map(panel => this.drawPanel(panel, Math.min(width, 640), key)));
      if (focus >= 0) /** @type {HTMLElement} */ (this.plots[focus]?.root.parentElement)?.focus();
    }

    /** What uPlot draws: a horizontal axis for all, and the series. */
    series(/** @type {Panel} */ panel) {
      const log = this.logs.get(panel.metric), plain = panel.metric === 'survival' || panel.metric === 'learning_rate';
      const lines = [], bands = [];
      const shown = this.runs.filter(i => !this.hiddenRuns.has(i));
      for (const i of shown) {
        const run = this.data.runs[i], seeds = this.shownSeeds(i), colour = colourOf(run.colour), dash = dashOf(run.colour);
        const x = run.x[this.axis] || run.x.iteration;
        if (seeds.length === 0) continue;
        const several = run.seeds.length > 1;
        if (!several || plain || this.spread.bands || !this.spread.seeds) {
          const { centre, lower, upper, counts } = ensemble(run, seeds, panel.metric, this);
          if (several && this.spread.bands && !plain) {
            bands.push({ series: [lines.length + 2, lines.length + 1], fill: colour + '2E' });
            lines.push({ x, y: lower, stroke: 'transparent', run: i, edge: true }, { x, y: upper, stroke: 'transparent', run: i,
              edge: true });
          }
          lines.push({ x, y: centre, stroke: colour, dash, width: 2, run: i,
            name: run.label, counts: several ? counts : null, plain });
        }
        if (several && this.spread.seeds && !plain) {
          for (const seed of seeds) {
            const y = Array.from(x, (_, row) => valueOf(run, seed, panel.metric, row));
            lines.push({ x, y, stroke: colour + (this.spread.bands ? '66' : 'B0'), width: 1, run: i,
              name: `${run.label}, seed ${seed.seed}` });
          }
        }
      }
      for (const reference of this.figure.references) {
        if (reference.metric !== panel.metric || !shown.includes(reference.run)) continue;
        const run = this.data.runs[reference.run];
        lines.push({ x: Array.from(reference.x, at => placeOf(run, this.axis, at)), y: reference.y, stroke: colourOf(run.colour),
          dash: [5, 3], width: 1, run: reference.run, name: `${run.label}: ${reference.label}`, joined: true });
      }
      // All on one horizontal axis; what a line does not have there stays undefined, which is no gap in it.
      const good = (/** @type {number} */ x) => Number.isFinite(x) && (!this.logX || x > tiniest);
      const places = [...new Set(lines.flatMap(line => Array.from(line.x).filter(good)))].sort((a, b) => a - b);
      const at = new Map(places.map((x, i) => [x, i]));
      const columns = lines.map(line => {
        const column = new Array(places.length);
        line.rowAt = (/** @type {number} */ index) => Array.prototype.indexOf.call(line.x, places[index]);
        for (let row = 0; row < line.x.length; row++) {
          const place = at.get(line.x[row]), y = line.y[row];
          if (place !== undefined) column[place] = Number.isFinite(y) && (!log || y > tiniest) ? y * (panel.percent ? 100 : 1) : null;
        }
        return column;
      });
      return { lines, bands, data: [places, ...columns] };
    }

    /** What of the vertical axis is shown where nobody zooms; null: all values. */
    seenOf(/** @type {Panel} */ panel, /** @type {any[]} */ lines) {
      if (this.whole || panel.metric === 'survival') return null;
      const range = seen(lines.filter(line => !line.joined), !!this.logs.get(panel.metric));
      return range && panel.percent ? range.map(y => 100 * y) : range;
    }

    drawPanel(/** @type {Panel} */ panel, /** @type {number} */ width, /** @type {string} */ key) {
      const chart = this, { lines, bands, data } = this.series(panel), log = this.logs.get(panel.metric);
      const readout = make('output', { class: 'readout', 'aria-live': 'polite' });
      const box = make('div', { class: 'plot', tabindex: 0, role: 'application',
        'aria-label': `${panel.title}, ${lines.filter(line => !line.edge).length} curves over ${axisNames[this.axis]}: left and right ` +
          'move the cursor, up and down choose a curve, + and − zoom, 0 shows all' });
      const id = `logy-${key}-${panel.metric}`;
      const switchLog = /** @type {HTMLInputElement} */ (make('input', { type: 'checkbox', id, checked: log }));
      switchLog.addEventListener('change', () => { chart.logs.set(panel.metric, switchLog.checked); chart.draw(); });
      const head = make('div', { class: 'head' }, make('div', { class: 'title' }, panel.title + (panel.percent ? ' (%)' : '')),
        make('label', { for: id }, switchLog, ' log'));
      const whole = make('div', { class: 'panel', 'data-metric': panel.metric }, head, box, readout);
      // What is said below a chart must not make it wider.
      whole.style.width = `${width}px`;
      if (data[0].length === 0 || lines.length === 0) {
        box.append(make('p', { class: 'lead' }, 'nothing to show'));
        this.drawn.push({ lines, plot: null, seen: null });
        return whole;
      }
      let chosen = -1;
      const place = { lines, plot: /** @type {any} */ (null), seen: this.seenOf(panel, lines) };
      this.drawn.push(place);
      const ink = css('--ink'), grid = css('--grid');
      const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui, sans-serif' };
      const logarithmic = {
        splits: (/** @type {any} */ u, /** @type {number} */ _, /** @type {number} */ min, /** @type {number} */ max) => logSplits(min,
          max),
        filter: (/** @type {any} */ u, /** @type {number[]} */ splits) => splits,
      };
      const range = (/** @type {any} */ u, /** @type {number} */ least, /** @type {number} */ most) => {
        if (place.seen && !chart.range) [least, most] = place.seen;
        // Of single values too something is to be seen.
        const own = log ? [(least ?? 0.1) / (least === most ? 10 : 1.25), (most ?? 1) * (least === most ? 10 : 1.25)]
          : /** @type {any} */ (window).uPlot.rangeNum(least ?? 0, most ?? 1, 0.1, true);
        return limited(own, panel.limits, panel.percent ? 100 : 1, log);
      };
      const options = {
        width, height: Math.round(Math.max(200, Math.min(300, width * 0.62))),
        legend: { show: false },
        bands,
        focus: { alpha: 0.35 },
        cursor: {
          sync: { key, setSeries: false, scales: ['x', null] }, focus: { prox: 24 }, drag: { x: true, y: false, setScale: false },
          points: { size: 7 },
        },
        scales: {
          x: { time: false, distr: this.logX ? 3 : 1, range: (/** @type {any} */ u, /** @type {number} */ least,
            /** @type {number} */ most) => this.range || (least < most ? [least, most]
              : this.logX ? [least / 2, most * 2] : [least - 1, most + 1]) },
          y: { distr: log ? 3 : 1, range: panel.metric === 'survival' && !log && !panel.limits
            ? () => [-0.03, 1.03].map(end => end * (panel.percent ? 100 : 1)) : range },
        },
        axes: [
          { ...axis, label: this.figure.xTitle || axisNames[this.axis], labelSize: 18, size: 34, values: tickTexts, ...(this.logX
            ? logarithmic : {}) },
          { ...axis, size: 58, values: tickTexts, incrs: increments, ...(log ? logarithmic : {}),
            ...(this.figure.yTitle ? { label: this.figure.yTitle, labelSize: 16, size: 46 } : {}) },
        ],
        series: [{}, ...lines.map(line => ({
          stroke: line.stroke, width: line.width || 0, dash: line.dash, spanGaps: false,
          // A single value is no line.
          points: {
            show: !line.joined && !line.edge && (chart.figure.marks || Array.from(line.y).filter(Number.isFinite).length === 1),
            size: 4, fill: line.stroke, stroke: line.stroke,
          },
          paths: chart.figure.marks && !line.joined && !line.edge ? () => null : undefined,
        }))],
        hooks: {
          setCursor: [(/** @type {any} */ u) => { chosen = chart.tell(u, lines, panel, readout, chosen); }],
          setSelect: [(/** @type {any} */ u) => {
            // Others on the same axis select it as well; and drawn at once, the new ones would get what is left of this event.
            if (u.select.width < 3 || chart.selected) return;
            chart.selected = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
            queueMicrotask(() => {
              [chart.range, chart.selected] = [chart.selected, null];
              chart.draw();
            });
          }],
          draw: [(/** @type {any} */ u) => chart.drawLeavings(u, lines)],
          drawClear: [(/** @type {any} */ u) => chart.drawDecays(u)],
        },
      };
      const plot = new /** @type {any} */ (window).uPlot(options, data, box);
      plot.over.addEventListener('dblclick', () => { chart.range = null; chart.draw(); });
      this.pan(plot);
      box.addEventListener('keydown', event => this.key(event, plot, lines, (/** @type {number} */ at) => {
        chosen = at;
        chart.tell(plot, lines, panel, readout, at, true);
      }, () => chosen));
      this.plots.push(plot);
      place.plot = plot;
      return whole;
    }

    pan(/** @type {any} */ plot) {
      // As long as something is moved, the plots stay.
      const see = (/** @type {number} */ factor, /** @type {number} */ shift, /** @type {number} */ about = 0.5) => {
        const range = part(this.limits(plot), this.logX, factor, shift, about);
        this.range = [range[0], range[1]];
        for (const each of this.plots) each.setScale('x', { min: range[0], max: range[1] });
      };
      held(plot.over, (/** @type {number} */ right) => see(1, right),
        (/** @type {number} */ factor, /** @type {number} */ about) => see(factor, 0, about), () => {
          if (this.range && this.isAll(this.range)) this.range = null;
          this.draw();
        });
    }

    limits(/** @type {any} */ plot) { return this.range || [plot.scales.x.min, plot.scales.x.max]; }

    // Beyond all there is nothing.
    isAll(/** @type {number[]} */ range) {
      return this.drawn.every(({ plot }) => !plot || range[0] <= plot.data[0][0] && range[1] >= plot.data[0][plot.data[0].length - 1]);
    }

    zoom(/** @type {number} */ factor, /** @type {number} */ shift, /** @type {number} */ about = 0.5) {
      if (this.plots.length === 0) return;
      const range = part(this.limits(this.plots[0]), this.logX, factor, shift, about);
      this.range = this.isAll(range) ? null : [range[0], range[1]];
      this.draw();
    }

    key(/** @type {KeyboardEvent} */ event, /** @type {any} */ plot, /** @type {any[]} */ lines, /** @type {(at: number) => void} */ tell,
      /** @type {() => number} */ chosen) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const places = plot.data[0];
      const has = (/** @type {number} */ line, /** @type {number} */ i) => plot.data[line + 1][i] !== undefined
        && plot.data[line + 1][i] !== null;
      let line = chosen() >= 0 && !lines[chosen()].edge ? chosen() : lines.findIndex(each => !each.edge);
      let index = plot.cursor.idx;
      if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
        const by = event.key === 'ArrowLeft' ? -1 : 1;
        let next = index === null || index === undefined ? (by > 0 ? 0 : places.length - 1) : index + by;
        while (next >= 0 && next < places.length && !has(line, next)) next += by;
        if (next < 0 || next >= places.length) return;
        index = next;
      } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
        const own = lines.map((each, i) => each.edge ? -1 : i).filter(i => i >= 0);
        line = own[(own.indexOf(line) + (event.key === 'ArrowDown' ? 1 : own.length - 1)) % own.length];
      } else if (event.key === '+' || event.key === '-') {
        event.preventDefault();
        return this.zoom(event.key === '+' ? 0.5 : 2, 0);
      } else if (event.key === '0' || event.key === 'Home') {
        event.preventDefault();
        this.range = null;
        return this.draw();
      } else return;
      event.preventDefault();
      if (index === null || index === undefined) index = 0;
      const value = plot.data[line + 1][index];
      plot.setCursor({ left: plot.valToPos(places[index], 'x'), top: value === null || value === undefined ? 10 : plot.valToPos(value,
        'y') });
      tell(line);
    }

    /** Says which curve is under the cursor, and its value there; returns its place. */
    tell(/** @type {any} */ u, /** @type {any[]} */ lines, /** @type {Panel} */ panel, /** @type {HTMLElement} */ readout,
      /** @type {number} */ before, keep = false) {
      const index = u.cursor.idx;
      if (index === null || index === undefined || u.cursor.left < 0) {
        readout.textContent = '';
        return -1;
      }
      let best = keep ? before : -1, least = Infinity;
      for (let i = 0; i < lines.length && !keep; i++) {
        const value = u.data[i + 1][index];
        if (lines[i].edge || value === null || value === undefined) continue;
        const far = Math.abs(u.valToPos(value, 'y') - u.cursor.top);
        if (far < least) [best, least] = [i, far];
      }
      if (best < 0) {
        readout.textContent = '';
        return -1;
      }
      readout.textContent = `${this.named(lines[best], index)}: ${axisNames[this.axis]} ${numberText(u.data[0][index])}, ` +
        `${panel.title} ${numberText(u.data[best + 1][index])}${panel.percent ? ' %' : ''}`;
      return best;
    }

    // Of how many seeds there is a value at a place, which are not all of them everywhere.
    named(/** @type {any} */ line, /** @type {number} */ index) {
      const count = line.counts?.[line.rowAt(index)];
      return count === undefined ? line.name : `${line.name}, ${line.plain ? `of ${count} seeds` : this.spread.of(count)}`;
    }

    drawLeavings(/** @type {any} */ u, /** @type {any[]} */ lines) {
      const { min, max } = u.scales.y;
      for (let i = 0; i < lines.length; i++) {
        if (lines[i].edge) continue;
        for (const above of [true, false]) {
          const at = u.data[i + 1].findIndex((/** @type {any} */ y) => y !== null && y !== undefined && (above ? y > max : y < min));
          if (at >= 0) leaving(u, u.data[0][at], above, lines[i].stroke);
        }
      }
    }

    drawDecays(/** @type {any} */ u) {
      const { ctx } = u;
      for (const decay of this.figure.decays) {
        if (this.hiddenRuns.has(decay.run)) continue;
        const run = this.data.runs[decay.run], x = u.valToPos(placeOf(run, this.axis, decay.at), 'x', true);
        if (!(x >= u.bbox.left && x <= u.bbox.left + u.bbox.width)) continue;
        ctx.save();
        ctx.strokeStyle = colourOf(run.colour);
        ctx.globalAlpha = 0.6;
        ctx.lineWidth = devicePixelRatio;
        ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
        ctx.beginPath();
        ctx.moveTo(x, u.bbox.top);
        ctx.lineTo(x, u.bbox.top + u.bbox.height);
        ctx.stroke();
        ctx.restore();
      }
    }
  }

  /** @returns {Figure} */
  function figureOf(/** @type {any} */ figure) {
    return { ...figure, references: figure.references.map((/** @type {any} */ r) => ({ ...r, x: doubles(r.x), y: doubles(r.y) })) };
  }

  /** Draws each figure that has a place in the page, in place of its drawing. */
  function mount(/** @type {any} */ raw) {
    const draw = (/** @type {any} */ figure, /** @type {(place: HTMLElement) => void} */ fill) => {
      const place = /** @type {HTMLElement | null} */ (document.querySelector(`[data-figure="${CSS.escape(figure.file)}"] .interactive`));
      place?.closest('figure')?.classList.add('live');
      if (place) fill(place);
    };
    for (const block of raw.blocks) {
      const data = decode(block);
      for (const figure of block.figures) draw(figure, place => new Chart(place, data, figureOf(figure)));
    }
    for (const picture of raw.pictures) draw(picture, place => new Picture(place, picture));
    if (raw.leftOut) {
      document.querySelector('figure')?.before(make('p', { class: 'lead' },
        'There are too many numbers for all of the charts: those that do not zoom are drawings.'));
    }
  }

  const raw = document.getElementById('chart-data');
  if (raw && raw.textContent) mount(JSON.parse(raw.textContent));
  Object.assign(/** @type {any} */ (window).LargeSteps, { Chart, decode, figureOf });
})();
