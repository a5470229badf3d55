// @ts-check
/** Everything about one trial, opened under its row. */
import { el, pageData } from "./dom.js";
import { score, setting, title } from "./format.js";
import { healthList } from "./health_list.js";

/** @import { Trial } from "./types.js" */

const LEARN = "/learn/hyperparameters/";

/**
 * @param {Trial} trial
 * @param {boolean} mayBeChosen as the best, by a form that the page has
 * @returns {HTMLElement}
 */
export function trialDetails(trial, mayBeChosen) {
  const parts = [
    trial.reason ? section("Why it ended", el("p", {}, trial.reason)) : null,
    audit(trial),
    section("Hyperparameters", hyperparameters(trial)),
    section("Health", healthList(trial, { withAdvice: true })),
    objectiveValues(trial),
    notes("Limits it does not keep", trial.violations),
    notes("Made smaller to keep the limits", trial.repairs),
    notes("Fell back to the default", trial.fallbacks),
    trial.traceback
      ? section("Traceback", el("pre", { class: "traceback", tabindex: "0" }, trial.traceback))
      : null,
    mayBeChosen ? chooseButton(trial) : null,
  ];
  return el("div", { class: "trial-details" }, ...parts);
}

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
function chooseButton(trial) {
  return el(
    "button",
    { type: "submit", class: "btn choose-best", form: "choose-best", name: "number", value: trial.number },
    "Make it the best model",
  );
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
 * @returns {HTMLElement | null}
 */
function audit({ would_be_pruned_at: epoch }) {
  if (!epoch) return null;
  const text = `The pruner gave it up after epoch ${epoch}; it ran to its end to see whether that was right.`;
  return section("Audit of the pruning", el("p", {}, text));
}

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
function hyperparameters(trial) {
  const entries = Object.entries(trial.params);
  if (entries.length === 0) return el("p", { class: "nothing" }, "The default model's own values.");
  const titles = pageData("hyperparameter-titles");
  return el(
    "dl",
    { class: "facts" },
    ...entries.flatMap(([name, value]) => [
      el("dt", {}, el("a", { href: `${LEARN}#${name}` }, titles[name] ?? title(name))),
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
