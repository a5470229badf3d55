// @ts-check
/** Everything about one trial. What the page does not have, evidence and plots, is read when it is opened. */
import { el, pageData } from "./dom.js";
import { extraFigures } from "./extra_figures.js";
import { score, setting, title } from "./format.js";
import { plotGallery } from "./plot_gallery.js";
import { trialHealth } from "./trial_health.js";

/**
 * @import { HealthMeasurement, Trial } from "./types.js"
 *
 * @typedef {object} TrialDetails
 * @property {HTMLElement} element
 * @property {(trial: Trial, mayBeChosen: boolean) => void} show the trial as it is now
 */

const LEARN = "/learn/hyperparameters/";

/**
 * @param {string} address of the trial in the API, with a slash at its end
 * @returns {TrialDetails}
 */
export function trialDetails(address) {
  const facts = el("div", { class: "trial-facts" });
  const health = el("div", {});
  const plots = el("div", {});
  const figures = el("div", {});
  /** @type {Trial | null} */
  let shown = null;
  /** @type {Trial | null} */
  let withEvidence = null;
  let plotsOf = "";

  function drawHealth() {
    if (!shown) return;
    const open = new Set([...health.querySelectorAll("details[open]")].map(metricOf));
    const focused = health.contains(document.activeElement) ? metricOf(document.activeElement) : null;
    health.replaceChildren(trialHealth(joined(shown, withEvidence)));
    for (const details of health.querySelectorAll("details")) {
      details.open = open.has(metricOf(details));
      if (focused && metricOf(details) === focused) details.querySelector("summary")?.focus();
    }
    figures.replaceChildren(
      extraFigures(shown) ?? el("p", { class: "nothing" }, "Measured when the trial ends."),
    );
  }

  async function readEvidence() {
    try {
      withEvidence = await read(address);
      drawHealth();
    } catch (error) {
      console.warn(error); // the values are there all the same
    }
  }

  async function readPlots() {
    try {
      const found = await read(`${address}plots/`);
      if (plotsOf === JSON.stringify(found)) return;
      plotsOf = JSON.stringify(found);
      plots.replaceChildren(plotGallery(found));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      plots.replaceChildren(el("p", { class: "nothing" }, `The plots could not be read: ${message}.`));
    }
  }

  const element = el(
    "div",
    { class: "trial-details" },
    facts,
    section("Health", health),
    section("Beside health, not scored", figures),
    section("Plots", plots),
  );
  return {
    element,
    show(trial, mayBeChosen) {
      const isNews = trial !== shown;
      shown = trial;
      facts.replaceChildren(...factSections(trial, mayBeChosen));
      drawHealth();
      if (!isNews) return;
      void readEvidence();
      void readPlots();
    },
  };
}

/**
 * @param {string} address
 * @returns {Promise<any>}
 */
async function read(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

/** @param {Element | null} element @returns {string | null} */
function metricOf(element) {
  return element?.closest("[data-metric]")?.getAttribute("data-metric") ?? null;
}

/**
 * The trial as it is now, with the evidence that was read last where it is about the same values.
 *
 * @param {Trial} trial
 * @param {Trial | null} known
 * @returns {Trial}
 */
export function joined(trial, known) {
  /** @param {HealthMeasurement} now @param {HealthMeasurement | null | undefined} then */
  const both = (now, then) => (then && then.value === now.value ? { ...now, evidence: then.evidence } : now);
  const health = Object.entries(trial.health ?? {}).map(([name, now]) => [
    name,
    both(now, known?.health[name]),
  ]);
  return {
    ...trial,
    health: Object.fromEntries(health),
    overfitting: trial.overfitting ? both(trial.overfitting, known?.overfitting) : trial.overfitting,
  };
}

/**
 * @param {Trial} trial
 * @param {boolean} mayBeChosen as the best, by a form that the page has
 * @returns {HTMLElement[]}
 */
function factSections(trial, mayBeChosen) {
  const parts = [
    trial.reason
      ? section(trial.state === "pruned" ? "Why it was pruned" : "Why it ended", el("p", {}, trial.reason))
      : null,
    audit(trial),
    alarms(trial),
    section("Hyperparameters", hyperparameters(trial)),
    objectiveValues(trial),
    notes("Limits it does not keep", trial.violations),
    notes("Made smaller to keep the limits", trial.repairs),
    notes("Fell back to the default", trial.fallbacks),
    trial.traceback
      ? section("Traceback", el("pre", { class: "traceback", tabindex: "0" }, trial.traceback))
      : null,
    mayBeChosen ? chooseButton(trial) : null,
  ];
  return parts.filter((part) => part !== null);
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
 * Why the health pruner would end it, as long as the reason of its end does not say so itself.
 *
 * @param {Trial} trial
 * @returns {HTMLElement | null}
 */
function alarms({ epochs, reason }) {
  const alarmed = epochs.filter(({ alarm }) => alarm);
  if (alarmed.length === 0 || alarmed.some(({ alarm }) => reason.includes(alarm ?? ""))) return null;
  const items = alarmed.map(({ epoch, alarm }) => el("li", {}, `After epoch ${epoch}: ${alarm}.`));
  return section("Alarms", el("ul", {}, ...items));
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
