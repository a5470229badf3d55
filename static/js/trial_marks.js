// @ts-check
/** The words beside a trial's number, and which trials a filter leaves. */

import { isFinished } from "./store.js";

/**
 * @import { Job, Trial } from "./types.js"
 *
 * @typedef {object} Mark
 * @property {string} text
 * @property {string} [hint]
 * @property {boolean} [isBest]
 */

/**
 * @param {Trial} trial
 * @param {Job} job
 * @returns {Mark[]}
 */
export function trialMarks(trial, job) {
  const beyond = Object.values(trial.violations ?? {});
  /** @type {(Mark | false)[]} */
  const marks = [
    job.best_trial_number === trial.number && { text: "best", isBest: true },
    trial.is_baseline && { text: "default" },
    isOnFront(trial, job) && {
      text: "front",
      hint: "No other trial is as good or better in every objective",
    },
    isConfirmation(trial) && {
      text: `again ${trial.confirms}`,
      hint: `Trains trial ${trial.confirms} again on another seed`,
    },
    beyond.length > 0 && { text: "over a limit", hint: beyond.join("; ") },
  ];
  return /** @type {Mark[]} */ (marks.filter(Boolean));
}

/**
 * @param {Trial} trial
 * @param {Job} job
 * @returns {boolean}
 */
export function isOnFront(trial, job) {
  return (job.pareto_front ?? []).includes(trial.number);
}

/** @param {Trial} trial @returns {boolean} */
export function isConfirmation(trial) {
  return (trial.confirms ?? null) !== null;
}

/**
 * Whether its owner may make it the best: the job has ended, and the trial is one of its best. Any that
 * completed within the limits may be, where there is no front.
 *
 * @param {Trial} trial
 * @param {Job} job
 * @returns {boolean}
 */
export function mayBeChosen(trial, job) {
  if (!isFinished(job) || trial.number === job.best_trial_number || isConfirmation(trial)) return false;
  const isSound = trial.state === "completed" && Object.keys(trial.violations ?? {}).length === 0;
  return job.pareto_front?.length ? isOnFront(trial, job) : isSound;
}

/**
 * @param {Trial[]} trials
 * @param {Job} job
 * @param {boolean} onlyFront
 * @returns {Trial[]}
 */
export function filterTrials(trials, job, onlyFront) {
  return onlyFront ? trials.filter((trial) => isOnFront(trial, job)) : trials;
}
