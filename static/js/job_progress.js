// @ts-check
/** How many trials ended in which way, as one bar. */
import { byId, el } from "./dom.js";
import { whole } from "./format.js";
import { isFinished } from "./store.js";
import { counted, progressSentence } from "./words.js";

/**
 * @import { Job } from "./types.js"
 * @import { Store } from "./store.js"
 */

const PARTS = /** @type {const} */ (["completed", "pruned", "failed", "running"]);

/** @param {Store} store */
export function showProgress({ job }) {
  const left = Math.max(0, job.trials - job.finished - job.running);
  const segments = [...PARTS.map((part) => segment(part, job[part])), segment("left", left)];
  byId("job-segments").replaceChildren(...segments.filter((part) => part !== null));
  byId("job-segments").setAttribute("aria-label", progressSentence(job));
  byId("job-counts").replaceChildren(...counts(job), ...leftCount(job, left), ...runsCount(job));
}

/**
 * @param {string} part
 * @param {number} share
 * @returns {HTMLElement | null}
 */
function segment(part, share) {
  if (share === 0) return null;
  const element = el("span", { class: "segment", "data-state": part });
  element.style.flexGrow = String(share);
  return element;
}

/**
 * @param {Job} job
 * @returns {HTMLElement[]}
 */
function counts(job) {
  const told = PARTS.filter((part) => part === "completed" || job[part] > 0);
  return told.map((part) =>
    el("li", {}, el("span", { class: "dot", "data-state": part }), `${whole(job[part])} ${part}`),
  );
}

/**
 * Runs on other seeds are no trials of the search, so they stand apart.
 *
 * @param {Job} job
 * @returns {HTMLElement[]}
 */
function runsCount({ confirmation_runs: runs = 0 }) {
  return runs > 0 ? [el("li", {}, `${counted(runs, "run")} on other seeds`)] : [];
}

/**
 * @param {Job} job
 * @param {number} left
 * @returns {HTMLElement[]}
 */
function leftCount(job, left) {
  if (left === 0) return [];
  const word = isFinished(job) ? "not run" : "to come";
  return [el("li", {}, el("span", { class: "dot", "data-state": "left" }), `${whole(left)} ${word}`)];
}
