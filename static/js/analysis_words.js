// @ts-check
/** What the analysis says of itself: of how many trials it is, and whether newer ones are on their way. */

/**
 * @import { PlotEntry } from "./study_plot.js"
 *
 * @typedef {object} Plots as the API lists them
 * @property {string | null} drawn_at
 * @property {number} trials that had ended when they were drawn
 * @property {number} ended trials now
 * @property {boolean} is_stale
 * @property {boolean} is_being_drawn
 * @property {string} problem
 * @property {PlotEntry[]} plots
 */

/**
 * @param {Plots} plots
 * @returns {string}
 */
export function status(plots) {
  if (plots.problem)
    return `The last drawing failed (${plots.problem}). ${plots.plots.length ? "Older figures are shown." : ""}`.trim();
  if (plots.drawn_at === null && plots.ended === 0)
    return "There is nothing to compare before the first trial has ended.";
  if (plots.drawn_at === null) return "The figures are being drawn. This takes a few seconds.";
  const missing = plots.ended - plots.trials;
  const of = `Of ${counted(plots.trials)} that ended.`;
  if (missing > 0) return `${of} ${counted(missing)} since then: drawn anew shortly.`;
  return plots.is_stale ? `${of} Drawn anew shortly.` : of;
}

/** @param {number} count */
function counted(count) {
  return count === 1 ? "1 trial" : `${count.toLocaleString("en-US")} trials`;
}

/**
 * When to ask again, in milliseconds; null when nothing will change.
 *
 * @param {Plots} plots
 * @param {boolean} isFinished the job
 * @returns {number | null}
 */
export function askAgainMs(plots, isFinished) {
  if (plots.is_being_drawn) return 1500;
  if (plots.is_stale) return 10_000;
  return isFinished ? null : 60_000;
}
