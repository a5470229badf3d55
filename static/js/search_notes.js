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
    ...(pruning ? pruningSentences(pruning) : []),
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
 * What pruning saved, and how often it was wrong as far as somebody looked.
 *
 * @param {PruningReport} report
 * @returns {string[]}
 */
export function pruningSentences({ pruned, audited, wrong, wrong_share: share, ...saved }) {
  const given = pruned + audited;
  if (given === 0) return [];
  const time = `${counted(saved.epochs_saved, "epoch")}, ${duration(saved.seconds_saved)}`;
  const ran = `${audited} of the ${counted(given, "trial")} that the pruner gave up ran to ${audited === 1 ? "its" : "their"} end`;
  const verdict = isNumber(share)
    ? `pruning was wrong in ${wrong || "none"} of them.`
    : "too few to say how often pruning is wrong.";
  return [`Pruning saved ${time}.`, `${ran}: ${verdict}`];
}

/** @param {number} count @returns {string} */
function was(count) {
  return count === 1 ? "was" : "were";
}
