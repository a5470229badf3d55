// @ts-check
/** The best trial in numbers, and its health. */
import { bar, byId, el } from "./dom.js";
import { compact, percent, score } from "./format.js";
import { healthList } from "./health_list.js";
import { bestTrial, isFinished } from "./store.js";
import { improvementSentence } from "./words.js";

/**
 * @import { Job, Trial } from "./types.js"
 * @import { Store } from "./store.js"
 */

/** @param {Store} store */
export function showBest(store) {
  const trial = bestTrial(store);
  byId("best-title").textContent = isFinished(store.job) ? "Best model" : "Best model so far";
  byId("best").replaceChildren(...(trial ? bestContent(store.job, trial) : [emptyBest(store.job)]));
}

/** @param {Store} store */
export function showBestHealth(store) {
  const trial = bestTrial(store);
  const empty = el("p", { class: "nothing" }, "&");
  byId("best-health-title").textContent = trial ? `Health of trial ${trial.number}` : "Health";
  byId("best-health").replaceChildren(trial ? healthList(trial) : empty);
}

/**
 * @param {Job} job
 * @returns {HTMLElement}
 */
function emptyBest(job) {
  const next = isFinished(job)
    ? ""
    : " The first result appears here as soon as a trial has trained its epochs.";
  return el("p", { class: "nothing" }, improvementSentence(job) + next);
}

/**
 * @param {Job} job
 * @param {Trial} trial
 * @returns {Node[]}
 */
function bestContent(job, trial) {
  const again = new Map((job.confirmation ?? []).map(({ number, mean }) => [number, mean]));
  const mean = again.get(trial.number) ?? null;
  const baseline = mean === null ? job.baseline_total_score : (again.get(0) ?? job.baseline_total_score);
  return [
    el(
      "p",
      { class: "big-number" },
      el("span", { class: "big-number-value" }, percent(trial.test_accuracy)),
      el("span", { class: "big-number-unit" }, `test accuracy of trial ${trial.number}`),
    ),
    el(
      "dl",
      { class: "score-rows" },
      ...scoreRow(
        mean === null ? `Trial ${trial.number}` : `Trial ${trial.number}, other seeds`,
        mean ?? job.best_total_score,
      ),
      ...(trial.is_baseline ? [] : scoreRow("Trial 0, the default", baseline, "quiet")),
    ),
    el("p", { class: "improvement" }, improvementSentence(job)),
    el(
      "dl",
      { class: "facts" },
      ...fact("Validation accuracy", percent(trial.val_accuracy)),
      ...fact("Overall health", score(trial.overall_health)),
      ...fact("Size", `${compact(trial.parameters)} weights`),
    ),
  ];
}

/**
 * @param {string} name
 * @param {number | null} value
 * @param {string} [tone]
 * @returns {HTMLElement[]}
 */
function scoreRow(name, value, tone) {
  return [el("dt", {}, name), el("dd", {}, bar(value, tone), el("span", { class: "number" }, score(value)))];
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {HTMLElement[]}
 */
function fact(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}
