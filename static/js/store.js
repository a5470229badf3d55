// @ts-check
/** What the page knows of a job, and how an event changes it. Nothing here touches the DOM. */

/**
 * @import { EpochReport, HealthMeasurement, Job, JobEvent, Trial } from "./types.js"
 *
 * @typedef {object} Store
 * @property {Job} job
 * @property {ReadonlyMap<number, Trial>} trials by number
 * @property {number} seq of the last event seen
 */

/** @param {Job} job @param {Trial[]} trials @param {number} seq @returns {Store} */
export function createStore(job, trials, seq) {
  const current = trials.map((trial) => ({ ...trial, epochs: epochsOf(trial.attempt, trial.epochs) }));
  return { job, trials: new Map(current.map((trial) => [trial.number, trial])), seq };
}

/**
 * The store after an event. Events already seen and kinds not known leave it as it is; unchanged trials
 * stay the same objects, so a view can tell what to draw again.
 *
 * @param {Store} store
 * @param {JobEvent} event
 * @returns {Store}
 */
export function reduce(store, event) {
  if (event.seq <= store.seq) return store;
  const next = { ...store, seq: event.seq };
  if (event.kind === "job") return { ...next, job: { ...store.job, ...event.data } };
  if (event.kind === "trial")
    return withTrial(next, mergeTrial(store.trials.get(event.data.number), event.data));
  if (event.kind === "epoch") return withEpoch(next, event.data);
  return next;
}

/** @param {Store} store @param {Trial} trial @returns {Store} */
function withTrial(store, trial) {
  return { ...store, trials: new Map(store.trials).set(trial.number, trial) };
}

/** @param {Trial | undefined} known @param {Trial} news without epochs @returns {Trial} */
function mergeTrial(known, news) {
  return { ...known, ...news, epochs: epochsOf(news.attempt, known?.epochs ?? []) };
}

/**
 * A later attempt trains from the start, so earlier attempts' epochs are no longer the trial's.
 *
 * @param {number} attempt
 * @param {EpochReport[]} epochs
 * @returns {EpochReport[]}
 */
function epochsOf(attempt, epochs) {
  return epochs.filter((report) => report.attempt === attempt).sort((a, b) => a.epoch - b.epoch);
}

/** @param {Store} store @param {EpochReport} report @returns {Store} */
function withEpoch(store, report) {
  const trial = store.trials.get(report.number);
  if (!trial || report.attempt < trial.attempt) return store;
  const { measurements = {}, ...numbers } = report;
  const others = trial.epochs.filter((known) => known.epoch !== report.epoch);
  const epochs = epochsOf(report.attempt, [...others, numbers]);
  return withTrial(store, { ...trial, ...healthSoFar(measurements), attempt: report.attempt, epochs });
}

/**
 * @param {Record<string, HealthMeasurement>} measurements
 * @returns {Partial<Trial>} nothing where the epoch measured nothing
 */
function healthSoFar(measurements) {
  const { overfitting = null, ...health } = measurements;
  return Object.keys(measurements).length ? { health, overfitting, health_is_provisional: true } : {};
}

/** @param {Store} store @returns {Trial[]} by number */
export function trialsOf(store) {
  return [...store.trials.values()].sort((a, b) => a.number - b.number);
}

/** @param {Store} store @returns {Trial | null} */
export function bestTrial(store) {
  const number = store.job.best_trial_number;
  return number === null ? null : (store.trials.get(number) ?? null);
}

/** @param {Store} store @returns {Trial[]} */
export function runningTrials(store) {
  return trialsOf(store).filter((trial) => trial.state === "running");
}

/** @param {{state: string}} job @returns {boolean} */
export function isFinished(job) {
  return ["stopped", "completed", "failed"].includes(job.state);
}

/**
 * The job's state; stopping or pausing from the moment that its owner asked for it.
 *
 * @param {Job} job
 * @returns {string}
 */
export function shownState(job) {
  if (!job.stop_request || isFinished(job)) return job.state;
  return job.stop_request === "pause" ? "pausing" : "stopping";
}

/**
 * What its owner may do with the job now, beside cloning and deleting it.
 *
 * @param {Job} job
 * @returns {{pause: boolean, resume: boolean, stop: boolean}}
 */
export function possibleActions(job) {
  const state = shownState(job);
  return {
    pause: state === "queued" || state === "running",
    resume:
      ["pausing", "paused", "stopped"].includes(state) || (state === "failed" && job.finished < job.trials),
    stop: !isFinished(job) && state !== "stopping",
  };
}
