// @ts-check
/** Everything about one trial, opened under its row. */
import { el } from "./dom.js";
import { score, setting, title } from "./format.js";
import { healthList } from "./health_list.js";

/** @import { Trial } from "./types.js" */

const LEARN = "/learn/hyperparameters/";

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
export function trialDetails(trial) {
  const parts = [
    trial.reason ? section("Why it ended", el("p", {}, trial.reason)) : null,
    section("Hyperparameters", hyperparameters(trial)),
    section("Health", healthList(trial, { withAdvice: true })),
    objectiveValues(trial),
    notes("Limits it does not keep", trial.violations),
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
    ...entries.flatMap(([name, value]) => [
      el("dt", {}, el("a", { href: `${LEARN}#${name}` }, title(name))),
      el("dd", {}, setting(value)),
    ]),
  );
}

/**
 * @param {Trial} trial
 * @returns {HTMLElement | null}
 */
function objectiveValues(trial) {
  const values = Object.entries(trial.objective_values ?? {});
  if (values.length === 0) return null;
  const rows = values.flatMap(([name, value]) => [el("dt", {}, title(name)), el("dd", {}, score(value))]);
  return section("Objectives", el("dl", { class: "facts" }, ...rows));
}

/**
 * @param {string} heading
 * @param {Record<string, string> | undefined} sentences by hyperparameter
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
