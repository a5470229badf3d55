// @ts-check
/** The health of one trial: a bar, a value and a verdict for each metric. */
import { bar, el } from "./dom.js";
import { isNumber, score, title } from "./format.js";

/** @import { HealthMeasurement, Trial } from "./types.js" */

/**
 * @param {Trial} trial
 * @param {{withAdvice?: boolean}} [options]
 * @returns {HTMLElement}
 */
export function healthList(trial, { withAdvice = false } = {}) {
  const metrics = Object.entries(trial.health ?? {});
  if (metrics.length === 0) return el("p", { class: "nothing" }, "Health was not measured for this trial.");
  return el(
    "dl",
    { class: "health" },
    ...metrics.flatMap(([name, metric]) => rows(name, metric, withAdvice)),
  );
}

/**
 * @param {string} name
 * @param {HealthMeasurement} metric
 * @param {boolean} withAdvice
 * @returns {HTMLElement[]}
 */
function rows(name, metric, withAdvice) {
  const measured = isNumber(metric.value);
  const value = measured
    ? [bar(metric.value), el("span", { class: "number" }, score(metric.value))]
    : [el("span", { class: "absent", title: metric.reason }, "not measured")];
  const words = measured ? [metric.verdict, metric.advice] : [metric.reason];
  const text = words.filter(Boolean).map(sentence).join(" ");
  return [
    el("dt", {}, title(name)),
    el("dd", {}, ...value),
    ...(withAdvice && text ? [el("dd", { class: "health-advice" }, text)] : []),
  ];
}

/**
 * @param {string} words
 * @returns {string}
 */
function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1) + (words.endsWith(".") ? "" : ".");
}
