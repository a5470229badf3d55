// @ts-check
/** What the numbers say, as sentences. */
import { isNumber, percent, score, whole } from "./format.js";
import { bestTrial, isFinished, shownState } from "./store.js";

/**
 * @import { Confirmation, Job, Trial } from "./types.js"
 * @import { Store } from "./store.js"
 */

/** @param {number} count @param {string} noun @returns {string} */
export function counted(count, noun) {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {Job} job @returns {string} */
export function progressSentence(job) {
  return `${whole(job.finished)} of ${counted(job.trials, "trial")} finished`;
}

/**
 * Whether, and by how much, the search beat the default model.
 *
 * @param {Job} job
 * @returns {string}
 */
export function improvementSentence(job) {
  const { best_trial_number: best, baseline_total_score: baseline, improvement } = job;
  if (best === null) {
    return isFinished(job)
      ? "No trial was completed, so there is no best model."
      : "No trial is completed yet.";
  }
  if (!isNumber(baseline) || !isNumber(improvement)) {
    return "The default model (trial\u00a00) has no score to compare with.";
  }
  const again = new Map((job.confirmation ?? []).map((row) => [row.number, row]));
  const confirmed = best === 0 ? undefined : again.get(best);
  if (isNumber(confirmed?.mean)) return confirmedSentence(best, improvement, confirmed, again.get(0));
  if (best !== 0 && improvement < 0) {
    return `Trial ${best} scores ${score(-improvement)} less than the default model (trial\u00a00).`;
  }
  if (best === 0 || improvement <= 0) {
    return isFinished(job)
      ? "The search did not beat the default model (trial\u00a00)."
      : "No trial has beaten the default model (trial\u00a00) yet.";
  }
  return `Trial ${best} beats the default model (trial\u00a00) by ${score(improvement)}.`;
}

/**
 * The best trial was chosen for a score that is high partly by luck: its mean on other seeds is not.
 *
 * @param {number} best
 * @param {number} improvement
 * @param {Confirmation} confirmed
 * @param {Confirmation | undefined} baseline
 * @returns {string}
 */
function confirmedSentence(best, improvement, confirmed, baseline) {
  const more = `${score(Math.abs(improvement))} ${improvement > 0 ? "more" : "less"}`;
  const start = `On other seeds trial ${best} scores ${more} in the mean than the default model (trial\u00a00)`;
  if (!isNumber(baseline?.mean)) return `${start} did in the search.`;
  return `${start}.${overlap(confirmed, baseline) ? " Their intervals overlap: it may be luck." : ""}`;
}

/** @param {Confirmation} one @param {Confirmation} other @returns {boolean} */
function overlap(one, other) {
  if (!isNumber(one.low) || !isNumber(one.high) || !isNumber(other.low) || !isNumber(other.high)) return true;
  return one.low <= other.high && other.low <= one.high;
}

/**
 * What stands where the curves will be.
 *
 * @param {Job} job
 * @returns {string}
 */
export function noCurves(job) {
  return isFinished(job)
    ? "No epoch was trained, so there is no curve."
    : "The first finished epoch draws the first curve.";
}

/**
 * What stands where the trials will be.
 *
 * @param {Job} job
 * @returns {string}
 */
export function noTrials(job) {
  if (isFinished(job)) return "No trial was started.";
  const waiting = job.state === "queued" ? "Waiting for a free worker. " : "";
  return `${waiting}The first trial, number 0, trains the default model, so that the others have something to beat.`;
}

/**
 * What a screen reader hears when a trial or the job ends; "" when nothing worth saying happened.
 *
 * @param {Store} before
 * @param {Store} after
 * @returns {string}
 */
export function announcement(before, after) {
  const ended = [...after.trials.values()].filter(
    (trial) => hasEnded(trial) && before.trials.get(trial.number)?.state !== trial.state,
  );
  const sentences = ended.map(trialSentence);
  if (shownState(before.job) !== shownState(after.job)) sentences.push(jobSentence(after));
  return sentences.join(" ");
}

/** @param {Trial} trial @returns {boolean} */
function hasEnded(trial) {
  return trial.state !== "queued" && trial.state !== "running";
}

/** @param {Trial} trial @returns {string} */
function trialSentence(trial) {
  if (trial.state !== "completed") return `Trial ${trial.number} ${trial.state}.`;
  return `Trial ${trial.number} completed: validation accuracy ${percent(trial.val_accuracy)}, score ${score(trial.total_score)}.`;
}

/** @param {Store} store @returns {string} */
function jobSentence(store) {
  const best = bestTrial(store);
  const found = best ? ` Best is trial ${best.number}, score ${score(best.total_score)}.` : "";
  return `The optimization is ${shownState(store.job)}.${isFinished(store.job) ? found : ""}`;
}
