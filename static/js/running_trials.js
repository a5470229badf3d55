// @ts-check
/** One card for each trial that trains now. */
import { bar, byId, el } from "./dom.js";
import { duration, percent, secondsBetween } from "./format.js";
import { runningTrials } from "./store.js";
import { epochsAsked, keySettings, validationAccuracy } from "./trial_columns.js";

/**
 * @import { Trial } from "./types.js"
 * @import { Store } from "./store.js"
 */

/** @param {Store} store */
export function showRunning(store) {
  const running = runningTrials(store);
  byId("running-card").hidden = running.length === 0;
  byId("running").replaceChildren(...running.map(runningTrial));
}

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
function runningTrial(trial) {
  const asked = epochsAsked(trial);
  const epochs = asked ? `epoch ${trial.epochs.length} of ${asked}` : "preparing its first epoch";
  const attempt = trial.attempt > 1 ? `, attempt ${trial.attempt}` : "";
  return el(
    "li",
    { class: "running-trial" },
    el(
      "div",
      { class: "running-head" },
      el("strong", {}, `Trial ${trial.number}${trial.is_baseline ? ", the default model" : ""}`),
      el("span", { class: "text-secondary" }, epochs + attempt),
    ),
    bar(asked ? trial.epochs.length / asked : 0, "running"),
    el(
      "div",
      { class: "running-foot" },
      el("span", {}, `validation accuracy ${percent(validationAccuracy(trial))}`),
      el("span", {}, `for ${duration(secondsBetween(trial.started_at, null, Date.now()))}`),
      trial.worker ? el("span", {}, `on ${trial.worker}`) : null,
    ),
    el("div", { class: "running-settings" }, keySettings(trial.params)),
  );
}
