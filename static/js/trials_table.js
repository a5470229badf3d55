// @ts-check
/** The trials table: rows appear and change in place, so focus, sorting and open details survive news. */
import { arrange, byId, el, stateChip } from "./dom.js";
import { trialsOf } from "./store.js";
import { OPEN_TRIAL } from "./study_plot.js";
import { COLUMNS, sortTrials } from "./trial_columns.js";
import { trialDetails } from "./trial_details.js";
import { filterTrials, mayBeChosen, trialMarks } from "./trial_marks.js";
import { noTrials } from "./words.js";

/**
 * @import { Trial } from "./types.js"
 * @import { Store } from "./store.js"
 * @import { Column, Direction } from "./trial_columns.js"
 * @import { TrialDetails } from "./trial_details.js"
 * @import { Mark } from "./trial_marks.js"
 *
 * @typedef {object} Row
 * @property {HTMLElement} row
 * @property {HTMLElement} details
 * @property {TrialDetails | null} content of the details, from when they were first opened
 * @property {HTMLElement[]} cells
 * @property {Trial | null} shown
 * @property {boolean} choosable as the best, as last shown
 */

const ROWS_AT_ONCE = 100;

/** @returns {(store: Store) => void} */
export function trialsTable() {
  /** @type {Map<number, Row>} */
  const rows = new Map();
  /** @type {{key: string, direction: Direction}} */
  let sorting = { key: "number", direction: "ascending" };
  let most = ROWS_AT_ONCE;
  /** @type {Store} */
  let shown;

  const head = byId("trials-head");
  const body = byId("trials-body");
  const more = byId("trials-more");
  const onlyFront = /** @type {HTMLInputElement} */ (byId("only-front"));
  head.replaceChildren(...COLUMNS.map((column) => heading(column, sortBy)));
  more.addEventListener("click", () => {
    most += ROWS_AT_ONCE;
    draw(shown);
  });
  onlyFront.addEventListener("change", () => draw(shown));
  document.addEventListener(OPEN_TRIAL, (event) => open(/** @type {CustomEvent} */ (event).detail));

  /** @param {Column} column */
  function sortBy(column) {
    const first = column.first ?? "descending";
    const turned = sorting.direction === "ascending" ? "descending" : "ascending";
    sorting = { key: column.key, direction: sorting.key === column.key ? turned : first };
    draw(shown);
  }

  /** @param {number} number of a trial that something else on the page points at */
  function open(number) {
    const trial = shown.trials.get(number);
    if (!trial) return;
    onlyFront.checked = false;
    const place = sortTrials(trialsOf(shown), sorting.key, sorting.direction, Date.now()).indexOf(trial);
    most = Math.max(most, place + 1);
    draw(shown);
    const { row, cells } = rowOf(trial);
    const toggle = /** @type {HTMLElement} */ (cells[0].firstElementChild);
    if (toggle.getAttribute("aria-expanded") !== "true") toggle.click();
    row.scrollIntoView({ block: "center" });
    toggle.focus({ preventScroll: true });
  }

  /** @param {Store} store */
  function draw(store) {
    shown = store;
    const now = Date.now();
    const front = store.job.pareto_front ?? [];
    byId("front-filter").hidden = front.length === 0;
    byId("front-count").textContent = `Only the Pareto front (${front.length})`;
    const trials = filterTrials(trialsOf(store), store.job, onlyFront.checked && front.length > 0);
    const wanted = sortTrials(trials, sorting.key, sorting.direction, now).slice(0, most);
    showSorting(head, sorting);
    arrange(
      body,
      wanted.flatMap((trial) => elements(rowOf(trial), trial, store, now, showDetails)),
    );
    byId("trials-empty").hidden = trials.length > 0;
    byId("trials-empty").textContent = noTrials(store.job);
    more.hidden = trials.length <= most;
    more.textContent = `Show more of ${trials.length} trials`;
  }

  /** @param {Row} row that is open */
  function showDetails(row) {
    if (!row.shown) return;
    if (!row.content) {
      row.content = trialDetails(`${shown.job.api_url}trials/${row.shown.number}/`);
      row.details.children[0].replaceChildren(row.content.element);
    }
    row.content.show(row.shown, row.choosable);
  }

  /** @param {Trial} trial */
  function rowOf(trial) {
    const row = rows.get(trial.number) ?? createRow(trial, showDetails);
    rows.set(trial.number, row);
    return row;
  }

  return draw;
}

/**
 * @param {Column} column
 * @param {(column: Column) => void} onSort
 * @returns {HTMLElement}
 */
function heading(column, onSort) {
  const button = el("button", { type: "button", class: "sort", title: column.hint }, column.heading);
  button.addEventListener("click", () => onSort(column));
  return el("th", { scope: "col", class: column.isNumeric && "numeric", "data-key": column.key }, button);
}

/**
 * @param {HTMLElement} head
 * @param {{key: string, direction: Direction}} sorting
 */
function showSorting(head, sorting) {
  for (const cell of head.children) {
    const key = cell.getAttribute("data-key");
    cell.setAttribute("aria-sort", key === sorting.key ? sorting.direction : "none");
  }
}

/**
 * @param {Trial} trial
 * @param {(row: Row) => void} onOpen
 * @returns {Row}
 */
function createRow(trial, onOpen) {
  const id = `trial-${trial.number}-details`;
  const toggle = el("button", {
    type: "button",
    class: "expand",
    "aria-expanded": "false",
    "aria-controls": id,
  });
  const cells = COLUMNS.map((column, index) =>
    index === 0
      ? el("th", { scope: "row" }, toggle)
      : el("td", { class: column.isNumeric && "numeric", "data-key": column.key }),
  );
  /** @type {Row} */
  const row = {
    shown: null,
    content: null,
    choosable: false,
    row: el("tr", { class: "trial" }, ...cells),
    cells,
    details: details(id),
  };
  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-expanded") !== "true";
    toggle.setAttribute("aria-expanded", String(open));
    row.details.hidden = !open;
    if (open) onOpen(row);
  });
  return row;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function details(id) {
  return el("tr", { id, class: "details-row", hidden: true }, el("td", { colspan: COLUMNS.length }));
}

/**
 * The row's elements, brought up to date. A running trial's time passes without an event.
 *
 * @param {Row} row
 * @param {Trial} trial
 * @param {Store} store
 * @param {number} now
 * @param {(row: Row) => void} showDetails
 * @returns {HTMLElement[]}
 */
function elements(row, trial, store, now, showDetails) {
  row.row.classList.toggle("is-best", store.job.best_trial_number === trial.number);
  setMarks(row.cells[0], trial, trialMarks(trial, store.job));
  if (row.shown !== trial || trial.state === "running") {
    COLUMNS.forEach((column, index) => index > 0 && fill(row.cells[index], column, trial, now));
  }
  const choosable = mayBeChosen(trial, store.job);
  const isNews = row.shown !== trial || row.choosable !== choosable;
  Object.assign(row, { shown: trial, choosable });
  if (isNews && !row.details.hidden) showDetails(row);
  return [row.row, row.details];
}

/**
 * @param {HTMLElement} cell
 * @param {Trial} trial
 * @param {Mark[]} marks
 */
function setMarks(cell, trial, marks) {
  cell.children[0].replaceChildren(
    el("span", { class: "visually-hidden" }, "Trial "),
    String(trial.number),
    ...marks.map(({ text, hint, isBest }) =>
      el("span", { class: isBest ? "mark mark-best" : "mark", title: hint }, text),
    ),
  );
}

/**
 * @param {HTMLElement} cell
 * @param {Column} column
 * @param {Trial} trial
 * @param {number} now
 */
function fill(cell, column, trial, now) {
  if (column.key === "state") {
    cell.replaceChildren(stateChip(trial.state));
    return;
  }
  const absent = column.isNumeric && column.value(trial, now) === null;
  cell.textContent = column.text(trial, now);
  cell.title = absent
    ? "not measured"
    : column.key === "parameters"
      ? `${column.value(trial, now)} weights`
      : "";
}
