// @ts-check
/** The card that tells how the search went, and the best trials' runs on other seeds. */
import { byId, el } from "./dom.js";
import { score } from "./format.js";
import { searchNotes } from "./search_notes.js";
import { trialsOf } from "./store.js";

/**
 * @import { Confirmation } from "./types.js"
 * @import { Store } from "./store.js"
 */

/** @param {Store} store */
export function showSearch(store) {
  const notes = searchNotes(store.job, trialsOf(store));
  byId("search-card").hidden = notes.length === 0;
  byId("search-notes").replaceChildren(...notes.map((note) => el("li", {}, note)));
}

/** @param {Store} store */
export function showConfirmation({ job }) {
  const confirmed = job.confirmation ?? [];
  byId("confirmation-card").hidden = confirmed.length === 0;
  byId("confirmation-rows").replaceChildren(
    ...confirmed.map((trial) => confirmationRow(trial, job.best_trial_number)),
  );
}

/**
 * @param {Confirmation} trial
 * @param {number | null} best
 * @returns {HTMLElement}
 */
function confirmationRow(trial, best) {
  const mark = trial.number === best ? el("span", { class: "mark mark-best" }, "best") : null;
  const interval = trial.low === null ? "" : ` (${score(trial.low)}\u00a0to\u00a0${score(trial.high)})`;
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, String(trial.number), " ", mark),
    el("td", { class: "numeric" }, score(trial.score)),
    el("td", { class: "numeric", title: trial.scores.map(score).join(", ") }, score(trial.mean) + interval),
    el("td", { class: "numeric" }, String(trial.scores.length)),
  );
}
