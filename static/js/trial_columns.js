// @ts-check
/** The columns of the trials table: what each shows and how it sorts. */
import { compact, duration, isNumber, percent, score, secondsBetween, setting } from "./format.js";

/**
 * @import { Trial } from "./types.js"
 *
 * @typedef {"ascending" | "descending"} Direction
 *
 * @typedef {object} Column
 * @property {string} key
 * @property {string} heading
 * @property {string} [hint] unit or meaning, shown on hover and read out
 * @property {boolean} [isNumeric]
 * @property {Direction} [first] the direction of the first click
 * @property {(trial: Trial, nowMs: number) => number | string | null} value to sort by
 * @property {(trial: Trial, nowMs: number) => string} text
 */

/** @param {Trial} trial @returns {number | null} */
export function validationAccuracy(trial) {
  return trial.val_accuracy ?? trial.epochs.at(-1)?.val_accuracy ?? null;
}

/** @param {Trial} trial @returns {number} */
export function epochsAsked(trial) {
  return trial.epochs.at(-1)?.epochs ?? 0;
}

/**
 * Seconds the trial took, or takes so far.
 *
 * @param {Trial} trial
 * @param {number} nowMs
 * @returns {number | null}
 */
export function trialSeconds(trial, nowMs) {
  if (isNumber(trial.duration_s)) return trial.duration_s;
  return trial.state === "running" ? secondsBetween(trial.started_at, null, nowMs) : null;
}

/**
 * The choices that tell models apart at a glance.
 *
 * @param {Record<string, unknown>} params
 * @returns {string}
 */
export function keySettings(params) {
  const { num_layers_conv: layers, filters_per_conv_layer: filters, learning_rate: rate } = params;
  const { num_layers_lstm: readers, lstm_units: units } = params;
  const convolution = isNumber(/** @type {any} */ (layers)) ? `${layers} conv × ${setting(filters)}` : null;
  const reading = isNumber(/** @type {any} */ (readers)) ? `${readers} LSTM × ${setting(units)}` : null;
  const optimizer = [params.optimizer, isNumber(/** @type {any} */ (rate)) ? setting(rate) : null];
  const parts = [convolution, reading, params.activation, optimizer.filter(Boolean).join(" ")];
  return parts.filter(Boolean).join(", ") || "defaults";
}

/** @type {Column[]} */
export const COLUMNS = [
  {
    key: "number",
    heading: "Trial",
    first: "ascending",
    value: (trial) => trial.number,
    text: (trial) => String(trial.number),
  },
  { key: "state", heading: "State", value: (trial) => trial.state, text: (trial) => trial.state },
  {
    key: "epochs",
    heading: "Epochs",
    isNumeric: true,
    value: (trial) => trial.epochs.length,
    text: (trial) => (epochsAsked(trial) ? `${trial.epochs.length} of ${epochsAsked(trial)}` : "0"),
  },
  {
    key: "val_accuracy",
    heading: "Validation",
    hint: "Accuracy on the validation split, which decides the search",
    isNumeric: true,
    value: validationAccuracy,
    text: (trial) => percent(validationAccuracy(trial)),
  },
  {
    key: "test_accuracy",
    heading: "Test",
    hint: "Accuracy on the test split, for reporting only",
    isNumeric: true,
    value: (trial) => trial.test_accuracy,
    text: (trial) => percent(trial.test_accuracy),
  },
  {
    key: "total_score",
    heading: "Score",
    hint: "Total score from 0 to 1; the highest wins",
    isNumeric: true,
    value: (trial) => trial.total_score,
    text: (trial) => score(trial.total_score),
  },
  {
    key: "overall_health",
    heading: "Health",
    hint: "Overall health from 0 to 1",
    isNumeric: true,
    value: (trial) => trial.overall_health,
    text: (trial) => score(trial.overall_health),
  },
  {
    key: "parameters",
    heading: "Parameters",
    hint: "Weights that the model learns",
    isNumeric: true,
    value: (trial) => trial.parameters,
    text: (trial) => compact(trial.parameters),
  },
  {
    key: "duration_s",
    heading: "Duration",
    isNumeric: true,
    first: "ascending",
    value: trialSeconds,
    text: (trial, nowMs) => duration(trialSeconds(trial, nowMs)),
  },
  {
    key: "settings",
    heading: "Key settings",
    first: "ascending",
    value: (trial) => keySettings(trial.params),
    text: (trial) => keySettings(trial.params),
  },
];

/**
 * Sorted copy; trials without a value come last in both directions, equal ones by number.
 *
 * @param {Trial[]} trials
 * @param {string} key
 * @param {Direction} direction
 * @param {number} nowMs
 * @returns {Trial[]}
 */
export function sortTrials(trials, key, direction, nowMs) {
  const column = COLUMNS.find((candidate) => candidate.key === key) ?? COLUMNS[0];
  const sign = direction === "ascending" ? 1 : -1;
  return [...trials].sort((a, b) => {
    const [left, right] = [column.value(a, nowMs), column.value(b, nowMs)];
    if (left === right) return a.number - b.number;
    if (left === null) return 1;
    if (right === null) return -1;
    return sign * (left < right ? -1 : 1);
  });
}
