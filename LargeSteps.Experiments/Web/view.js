// @ts-check
// What the pages of the view do besides being read: tables are sorted and filtered, notes edited where they stand, charts drawn, and all of
// it follows the programs that are at work.
(() => {
  'use strict';
  const { Chart, Picture, decode, figureOf, make } = /** @type {any} */ (window).LargeSteps;
  const token = document.body.dataset.token || '';

  /** @type {(selector: string, root?: ParentNode) => HTMLElement | null} */
  const one = (selector, root = document) => root.querySelector(selector);
  /** @type {(selector: string, root?: ParentNode) => HTMLElement[]} */
  const all = (selector, root = document) => [...root.querySelectorAll(selector)].map(element => /** @type {HTMLElement} */ (element));

  // A browser keeps six connections to a host: a page that nobody sees has none.
  function follow(/** @type {() => string} */ address, /** @type {() => void} */ act) {
    /** @type {EventSource | null} */ let source = null;
    const close = () => {
      source?.close();
      source = null;
    };
    const open = () => {
      if (document.hidden || source) return;
      source = new EventSource(address());
      source.addEventListener('message', act);
    };
    document.addEventListener('visibilitychange', () => document.hidden ? close() : open());
    addEventListener('pagehide', close);
    addEventListener('pageshow', open);
    open();
  }

  // ---- tables ----

  function sort(/** @type {HTMLElement} */ table) {
    const head = all('thead th', table).find(th => th.getAttribute('aria-sort'));
    const body = one('tbody', table);
    if (!head || !body || !head.parentElement) return;
    const column = [...head.parentElement.children].indexOf(head), sign = head.getAttribute('aria-sort') === 'ascending' ? 1 : -1;
    const byMean = !!table.closest('.by-mean');
    const value = (/** @type {HTMLElement} */ row) => {
      const cell = /** @type {HTMLElement} */ (row.children[column]);
      const text = byMean && cell.dataset.mean || cell.dataset.value || cell.textContent || '';
      return cell.dataset.value !== undefined && text !== '' && !Number.isNaN(+text) ? +text : text === '–' ? NaN : text;
    };
    const rows = all(':scope > tr', body).map(row => ({ row, value: value(row) }));
    const isNothing = (/** @type {any} */ x) => typeof x === 'number' && Number.isNaN(x);
    rows.sort((a, b) => {
      // What has no value comes last, either way.
      if (isNothing(a.value) || isNothing(b.value)) return +isNothing(a.value) - +isNothing(b.value);
      return sign * (typeof a.value === 'number' && typeof b.value === 'number' ? a.value - b.value
        : String(a.value).localeCompare(String(b.value), 'en', { numeric: true }));
    });
    body.append(...rows.map(each => each.row));
  }

  function sortable(/** @type {HTMLElement} */ table) {
    for (const th of all('thead th', table)) {
      const button = make('button', { type: 'button' }, th.textContent || '');
      button.addEventListener('click', () => {
        const next = th.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
        for (const other of all('thead th', table)) other.removeAttribute('aria-sort');
        th.setAttribute('aria-sort', next);
        sort(table);
      });
      th.replaceChildren(button);
    }
  }
  all('table.sortable').forEach(sortable);

  const centre = /** @type {HTMLSelectElement | null} */ (one('select.centre'));
  centre?.addEventListener('change', () => {
    one('#ends')?.classList.toggle('by-mean', centre.value === 'mean');
    all('#ends table').forEach(sort);
  });

  const different = /** @type {HTMLInputElement | null} */ (one('#only-different'));
  different?.addEventListener('change', () => one('table.differences')?.classList.toggle('only-different', different.checked));

  // ---- the list ----

  const rows = one('#rows'), filter = /** @type {HTMLFormElement | null} */ (one('#filter'));
  function applyFilter() {
    if (!rows || !filter) return;
    const data = new FormData(filter), words = String(data.get('q') || '').toLowerCase().split(/\s+/).filter(Boolean),
      state = data.get('state');
    let count = 0;
    for (const row of all(':scope > tr', rows)) {
      const notes = one('td.notes', row);
      const text = `${row.textContent} ${notes?.dataset.notes} ${notes?.dataset.tags}`.toLowerCase();
      row.hidden = !(words.every(word => text.includes(word)) && (!state || row.dataset.state === state));
      if (!row.hidden) count++;
    }
    const [counter, whole, none] = [one('#count'), one('#all'), one('#none')];
    if (counter) counter.textContent = String(count);
    if (whole) whole.textContent = String(rows.children.length);
    if (none) none.hidden = rows.children.length > 0;
  }
  filter?.addEventListener('input', applyFilter);
  filter?.addEventListener('submit', event => event.preventDefault());

  function editable() {
    for (const cell of all('#rows td.notes:not([data-problem])')) {
      const button = make('button', { type: 'button',
        'aria-label': `edit the notes of ${one('th', cell.parentElement || document)?.textContent}` }, '✎');
      button.addEventListener('click', () => edit(cell));
      cell.append(' ', button);
    }
  }

  function edit(/** @type {HTMLElement} */ cell) {
    const path = cell.parentElement?.dataset.path || '', before = [...cell.childNodes];
    const tags = /** @type {HTMLInputElement} */ (make('input', { value: cell.dataset.tags,
      'aria-label': 'tags, with commas between them', placeholder: 'tags' }));
    const notes = /** @type {HTMLTextAreaElement} */ (make('textarea', { rows: 3, 'aria-label': 'notes', placeholder: 'notes' }));
    notes.value = cell.dataset.notes || '';
    const said = make('output', {});
    const keep = make('button', { type: 'button' }, 'keep'), leave = make('button', { type: 'button' }, 'leave');
    const form = make('div', { class: 'edit' }, tags, notes, make('span', {}, keep, ' ', leave), said);
    form.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'Escape') left();
      // This row stands in a form of its own.
      if (event.key === 'Enter' && event.target === tags) {
        event.preventDefault();
        keep.click();
      }
    });
    // What came while somebody typed is shown now.
    const left = () => {
      const path = cell.parentElement?.dataset.path || '';
      cell.replaceChildren(...before);
      one('button', cell)?.focus();
      refreshRows().then(() => one(`tr[data-path="${CSS.escape(path)}"] td.notes button`, rows || document)?.focus());
    };
    leave.addEventListener('click', left);
    keep.addEventListener('click', async () => {
      const body = new URLSearchParams({ token, path, tags: tags.value, notes: notes.value });
      try {
        const answer = await fetch('/notes', { method: 'POST', body, headers: { accept: 'text/plain' } });
        if (!answer.ok) {
          said.textContent = await answer.text();
          return;
        }
      } catch {
        said.textContent = 'The view does not answer: it may have been ended.';
        return;
      }
      cell.replaceChildren();
      await refreshRows();
      one(`tr[data-path="${CSS.escape(path)}"] td.notes button`, rows || document)?.focus();
    });
    cell.replaceChildren(form);
    tags.focus();
  }

  async function refreshRows() {
    // Not while somebody types, or ticks.
    if (!rows || one('.edit', rows)) return;
    const answer = await fetch('/rows');
    if (!answer.ok) return;
    const text = await answer.text();
    // What somebody began meanwhile is looked at again once it is done.
    if (one('.edit', rows)) return;
    const ticked = new Set(all('input:checked', rows).map(box => /** @type {HTMLInputElement} */ (box).value));
    const focused = document.activeElement && rows.contains(document.activeElement)
      ? document.activeElement.closest('tr')?.getAttribute('data-path') : null;
    rows.dataset.stamp = answer.headers.get('x-stamp') || '';
    // As the server wrote it: whatever names and notes have in them is escaped there.
    rows.innerHTML = text;
    for (const box of all('input[type=checkbox]', rows)) {
      const input = /** @type {HTMLInputElement} */ (box);
      input.checked = ticked.has(input.value);
    }
    editable();
    all('table.experiments').forEach(sort);
    applyFilter();
    if (focused) one(`tr[data-path="${CSS.escape(focused)}"] a`, rows)?.focus();
  }

  if (rows) {
    editable();
    follow(() => `/events?since=${rows.dataset.stamp || ''}`, refreshRows);
  }

  // ---- charts ----

  const place = one('#charts');
  if (place) {
    /** @type {Map<string, any>} */ const charts = new Map();
    /** @type {Set<string>} */ const places = new Set();
    /** @type {Map<string, any>} */ let latest = new Map();
    let busy = false, again = false, stamp = '', began = 0, following = false;

    // Null where there are none, which is said; or where the view was ended or the machine slept: then the connection that is opened again
    // says whether something is new.
    const numbersOf = async (/** @type {HTMLElement} */ place) => {
      one('.problem', place)?.remove();
      try {
        const answer = await fetch(place.dataset.source || '');
        if (answer.ok) return await answer.json();
        place.prepend(make('p', { class: 'problem failed' }, await answer.text()));
      } catch {
        return null;
      }
      return null;
    };

    const draw = async () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      began = performance.now();
      try {
        const raw = await numbersOf(place);
        if (raw) {
          stamp = raw.stamp || '';
          show(raw);
        }
      } finally {
        busy = false;
        // Looking on must not take more of the machine than what is looked at.
        if (again) {
          again = false;
          setTimeout(draw, Math.max(300, 3 * (performance.now() - began)));
        }
        if (!following && place.dataset.live) {
          following = true;
          follow(() => `${place.dataset.live}&since=${stamp}`, draw);
        }
      }
    };

    // A place for a figure, in place of its drawing, drawn when it is to be seen: what is folded up has no width.
    const frameOf = (/** @type {any} */ { file, caption }, /** @type {boolean} */ folded,
      /** @type {(frame: HTMLElement) => void} */ fill) => {
      if (places.has(file)) return;
      places.add(file);
      const frame = make('div', { class: 'interactive' });
      const whole = make('figure', { 'data-figure': file, 'aria-label': file }, frame, make('figcaption', {}, caption));
      const drawn = one(`[data-drawn="${CSS.escape(file)}"]`);
      if (folded) {
        const more = make('details', {}, make('summary', {}, file), whole);
        place.append(more);
        more.addEventListener('toggle', () => fill(frame), { once: true });
        return;
      }
      if (drawn) drawn.replaceWith(whole);
      else place.append(whole);
      fill(frame);
    };

    // The texts and files below, as they are now; those that are open stay open.
    const renewMore = async () => {
      const answer = await fetch(location.href), more = one('#more');
      if (!answer.ok || !more) return;
      const open = new Set(all('details[open] > summary', more).map(summary => summary.textContent));
      const now = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('#more');
      if (now) more.replaceChildren(...now.childNodes);
      for (const summary of all('details > summary', more)) {
        if (open.has(summary.textContent)) summary.parentElement?.setAttribute('open', '');
      }
    };

    const show = (/** @type {any} */ raw) => {
      const state = one('#state');
      if (state && raw.state) {
        // A run that has ended has left files.
        if (/running/.test(state.textContent || '') && !/running/.test(raw.state)) renewMore();
        state.textContent = raw.state;
      }
      const ends = one('#ends');
      if (ends && raw.ends) {
        const focused = ends.contains(document.activeElement) ? all('thead th button',
          ends).findIndex(each => each === document.activeElement) : null;
        const sorted = all('thead th', ends).findIndex(th => th.getAttribute('aria-sort'));
        const way = sorted < 0 ? null : all('thead th', ends)[sorted].getAttribute('aria-sort');
        ends.innerHTML = raw.ends;
        all('table.sortable', ends).forEach(sortable);
        if (way) all('thead th', ends)[sorted]?.setAttribute('aria-sort', way);
        all('table', ends).forEach(sort);
        if (focused !== null) (all('thead th button', ends)[focused] || one('.scroll', ends))?.focus();
      }
      const blocks = raw.blocks.map((/** @type {any} */ block) => ({ data: decode(block), figures: block.figures }));
      latest = new Map(blocks.flatMap((/** @type {any} */ { data, figures }) => figures.map((/** @type {any} */ figure) => [figure.file,
        { data, figure }])));
      for (const [file, { data, figure }] of latest) {
        const known = charts.get(file);
        if (known) known.update(data, figureOf(figure));
        else frameOf(figure, file === raw.others, frame => {
          const now = latest.get(file);
          charts.set(file, new Chart(frame, now.data, figureOf(now.figure)));
        });
      }
      for (const picture of raw.pictures) {
        const known = charts.get(picture.file);
        if (known) known.update(picture);
        else frameOf(picture, false, frame => charts.set(picture.file, new Picture(frame, picture)));
      }
      if (raw.leftOut && !one('.left-out', place)) {
        place.prepend(make('p', { class: 'lead left-out' },
          'There are too many numbers for all of the charts: those that do not zoom are drawings.'));
      }
      place.dataset.drawn = String((+(place.dataset.drawn || 0)) + 1);
    };

    draw();
  }
})();
