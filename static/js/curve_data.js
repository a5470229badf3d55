// @ts-check
/** Trials' epochs as the columns and styles of a line chart. */
import { isNumber } from "./format.js";

/**
 * @import { Trial } from "./types.js"
 *
 * @typedef {"val_accuracy" | "val_loss"} Metric
 *
 * @typedef {object} Line
 * @property {number} number of the trial
 * @property {(number | null)[]} values one for each epoch
 * @property {string} colour best, baseline or a number of the palette
 * @property {number[]} dash
 * @property {boolean} isBest
 * @property {boolean} isBaseline
 */

export const PALETTE_SIZE = 5;
export const MOST_LINES = 20;
const DASHES = [[], [8, 4], [2, 4], [10, 4, 2, 4]];
const BASELINE_DASH = [3, 3];

/**
 * The trials to draw: all while they are few, else the baseline, the best, those running and the latest.
 *
 * @param {Trial[]} trials by number
 * @param {number | null} best
 * @param {number} [most]
 * @returns {Trial[]} by number
 */
export function drawnTrials(trials, best, most = MOST_LINES) {
  const started = trials.filter((trial) => trial.epochs.length > 0);
  const isKept = (/** @type {Trial} */ trial) =>
    trial.is_baseline || trial.number === best || trial.state === "running";
  const kept = started.filter(isKept);
  const others = started.filter((trial) => !isKept(trial));
  const latest = others.slice(Math.max(0, others.length - Math.max(0, most - kept.length)));
  return [...kept, ...latest].sort((a, b) => a.number - b.number);
}

/**
 * @param {Trial[]} trials
 * @param {number | null} best
 * @param {Metric} metric
 * @returns {{epochs: number[], lines: Line[]}}
 */
export function curveData(trials, best, metric) {
  const longest = Math.max(0, ...trials.flatMap((trial) => trial.epochs.map((report) => report.epoch)));
  const epochs = Array.from({ length: longest }, (_, index) => index + 1);
  const lines = trials.map((trial) => {
    const byEpoch = new Map(trial.epochs.map((report) => [report.epoch, report[metric]]));
    return { ...lineStyle(trial, best), values: epochs.map((epoch) => byEpoch.get(epoch) ?? null) };
  });
  return { epochs, lines };
}

/**
 * Colour and dashes follow the trial's number, so a line keeps its look while others come and go; the best
 * has a colour of its own.
 *
 * @param {Trial} trial
 * @param {number | null} best
 */
function lineStyle(trial, best) {
  const [isBest, isBaseline] = [trial.number === best, trial.is_baseline];
  const turn = Math.floor((trial.number - 1) / PALETTE_SIZE);
  const own = { colour: String((trial.number - 1) % PALETTE_SIZE), dash: DASHES[turn % DASHES.length] };
  const baseline = { colour: "baseline", dash: BASELINE_DASH };
  const look = isBest ? { colour: "best", dash: [] } : isBaseline ? baseline : own;
  return { number: trial.number, ...look, isBest, isBaseline };
}

/** @param {(number | null)[]} values @returns {number | null} */
export function lastValue(values) {
  return values.findLast(isNumber) ?? null;
}

/** @param {Line} line @returns {string} */
export function lineName(line) {
  if (line.isBaseline) return line.isBest ? "Trial 0 (default, best)" : "Trial 0 (default)";
  return line.isBest ? `Trial ${line.number} (best)` : `Trial ${line.number}`;
}
