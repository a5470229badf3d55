// @ts-check
/** What the search did beside training, one sentence each; nothing where there is nothing to say. */
import { duration, isNumber } from "./format.js";
import { counted } from "./words.js";

/** @import { Job, PruningReport, Trial } from "./types.js" */

/**
 * @param {Job} job
 * @param {Trial[]} trials
 * @returns {string[]}
 */
export function searchNotes(job, trials) {
  const beyond = trials.filter((trial) => Object.keys(trial.violations ?? {}).length > 0).length;
  const { repaired = 0, rejected = 0, fallen_back: fallenBack = 0, pruning = null } = job;
  const notes = [
    pruning ? pruningSentence(pruning) : "",
    repaired
      ? `${counted(repaired, "draw")} would have been too large or too slow and ${was(repaired)} made smaller.`
      : "",
    rejected
      ? `${counted(rejected, "draw")} ${was(rejected)} not trained, since no smaller form of ${rejected === 1 ? "it" : "them"} is within the limits.`
      : "",
    fallenBack
      ? `In ${counted(fallenBack, "draw")} a suggestion failed, and the default stood in for it.`
      : "",
    beyond
      ? `${counted(beyond, "trial")} ${beyond === 1 ? "does" : "do"} not keep a limit of this job and cannot be the best.`
      : "",
  ];
  return notes.filter(Boolean);
}

/**
 * @param {PruningReport} report
 * @returns {string}
 */
export function pruningSentence(report) {
  const { pruned, audited, wrong } = report;
  const given = pruned + audited;
  if (given === 0) return "";
  const saved = `Pruning saved ${counted(report.epochs_saved, "epoch")}, ${duration(report.seconds_saved)}`;
  if (!isNumber(report.wrong_share)) {
    return `${saved}; too few of the ${counted(given, "trial")} given up were let run to the end to say whether it was right.`;
  }
  const verdict = wrong === 0 ? "it was wrong in none of them" : `it was wrong in ${wrong} of them`;
  return `${saved}; ${audited} of the ${counted(given, "trial")} given up ${was(audited)} let run to the end, and ${verdict}.`;
}

/** @param {number} count @returns {string} */
function was(count) {
  return count === 1 ? "was" : "were";
}
