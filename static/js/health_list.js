// @ts-check
/** The health of one trial at a glance: a bar and a value for each metric, and the verdict on overfitting. */
import { bar, el } from "./dom.js";
import { isNumber, percent, score, title } from "./format.js";

/** @import { HealthMeasurement, Trial } from "./types.js" */

/**
 * @param {Trial} trial
 * @returns {HTMLElement}
 */
export function healthList(trial) {
  const metrics = Object.entries(trial.health ?? {});
  if (metrics.length === 0) return el("p", { class: "nothing" }, "Health was not measured for this trial.");
  return el(
    "dl",
    { class: "health" },
    ...metrics.flatMap(([name, metric]) => row(name, metric)),
    ...overfitting(trial),
  );
}

/**
 * @param {string} name
 * @param {HealthMeasurement} metric
 * @returns {HTMLElement[]}
 */
function row(name, metric) {
  const value = isNumber(metric.value)
    ? [bar(metric.value), el("span", { class: "number" }, score(metric.value))]
    : [el("span", { class: "absent", title: metric.reason }, "not measured")];
  return [el("dt", {}, title(name)), el("dd", {}, ...value)];
}

/** @param {Trial} trial @returns {HTMLElement[]} */
function overfitting({ overfitting: found }) {
  if (!found || !isNumber(found.value)) return [];
  const text = `${found.verdict}, gap ${percent(found.value)}`;
  return [
    el("dt", {}, "Overfitting"),
    el("dd", {}, el("span", { class: "whole", title: found.advice }, text)),
  ];
}
