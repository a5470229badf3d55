// @ts-check
/** Everything about one trial, opened under its row. */
import { el } from "./dom.js";
import { setting, title } from "./format.js";
import { healthList } from "./health_list.js";

/** @import { Trial } from "./types.js" */

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
export function trialDetails(trial) {
  const parts = [
    trial.reason ? section("Why it ended", el("p", {}, trial.reason)) : null,
    section("Hyperparameters", hyperparameters(trial)),
    section("Health", healthList(trial, { withAdvice: true })),
    notes("Made smaller to stay affordable", trial.repairs),
    notes("Fell back to the default", trial.fallbacks),
    trial.traceback
      ? section("Traceback", el("pre", { class: "traceback", tabindex: "0" }, trial.traceback))
      : null,
  ];
  return el("div", { class: "trial-details" }, ...parts);
}

/**
 * @param {string} heading
 * @param {Node} content
 * @returns {HTMLElement}
 */
function section(heading, content) {
  return el("section", {}, el("h3", {}, heading), content);
}

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
function hyperparameters(trial) {
  const entries = Object.entries(trial.params);
  if (entries.length === 0) return el("p", { class: "nothing" }, "The default model's own values.");
  return el(
    "dl",
    { class: "facts" },
    ...entries.flatMap(([name, value]) => [el("dt", {}, title(name)), el("dd", {}, setting(value))]),
  );
}

/**
 * @param {string} heading
 * @param {Record<string, string>} sentences by hyperparameter
 * @returns {HTMLElement | null}
 */
function notes(heading, sentences) {
  const entries = Object.entries(sentences ?? {});
  if (entries.length === 0) return null;
  return section(
    heading,
    el("ul", {}, ...entries.map(([name, sentence]) => el("li", {}, `${title(name)}: ${sentence}`))),
  );
}
