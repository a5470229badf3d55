// @ts-check
/** Figures of a trial that are shown beside its health and not scored, with their units. */
import { el, pageData } from "./dom.js";
import { compact, isNumber, percent, setting, title, whole } from "./format.js";

/**
 * @import { ExtraFigure, Trial } from "./types.js"
 *
 * @typedef {{title: string, about: string}} Explanation
 */

const SPACE = "\u00a0";

/**
 * A figure with its unit, as a person reads it.
 *
 * @param {ExtraFigure} figure
 * @returns {string}
 */
export function figureText({ value, unit }) {
  if (!isNumber(value)) return "not measured";
  if (unit === "share") return percent(value);
  if (unit === "s") return seconds(value);
  if (unit === "bytes") return bytes(value);
  if (unit === "nats") return `${value.toFixed(3)}${SPACE}nats`;
  if (unit === "count") return value < 10_000 ? whole(value) : compact(value);
  return setting(value);
}

/** @param {number} value @returns {string} */
function seconds(value) {
  if (value < 1e-3) return `${setting(value * 1e6)}${SPACE}µs`;
  return value < 1 ? `${setting(value * 1e3)}${SPACE}ms` : `${setting(value)}${SPACE}s`;
}

/** @param {number} value @returns {string} */
function bytes(value) {
  if (value < 1e3) return `${whole(value)}${SPACE}bytes`;
  return value < 1e6 ? `${setting(value / 1e3)}${SPACE}kB` : `${setting(value / 1e6)}${SPACE}MB`;
}

/**
 * @param {Trial} trial
 * @returns {HTMLElement | null} null before there are any
 */
export function extraFigures(trial) {
  const figures = Object.entries(trial.extras ?? {});
  if (figures.length === 0) return null;
  /** @type {Record<string, Explanation>} */
  const explanations = pageData("extra-figures");
  return el(
    "dl",
    { class: "extra-figures" },
    ...figures.map(([name, figure]) =>
      el(
        "div",
        { title: explanations[name]?.about },
        el("dt", {}, explanations[name]?.title ?? title(name)),
        el("dd", { class: isNumber(figure.value) ? "number" : "absent" }, figureText(figure)),
      ),
    ),
  );
}
