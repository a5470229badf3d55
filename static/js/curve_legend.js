// @ts-check
/** The legend of the learning curves: a button for each trial that hides or shows its curve. */
import { lastValue, lineName } from "./curve_data.js";
import { el } from "./dom.js";
import { percent, score } from "./format.js";

/** @import { Line, Metric } from "./curve_data.js" */

export const METRICS = {
  val_accuracy: { name: "Validation accuracy", text: percent },
  val_loss: { name: "Validation loss", text: score },
};

/**
 * @param {Line} line
 * @param {Metric} metric
 * @param {Set<number>} hidden
 * @param {(number: number) => void} onToggle
 * @returns {HTMLElement}
 */
export function legendItem(line, metric, hidden, onToggle) {
  const shown = !hidden.has(line.number);
  const item = el(
    "button",
    {
      type: "button",
      id: `curve-toggle-${line.number}`,
      class: "legend-item",
      "aria-pressed": String(shown),
    },
    swatch(line),
    el("span", { class: line.isBest ? "fw-bold" : "" }, lineName(line)),
    el("span", { class: "number" }, METRICS[metric].text(lastValue(line.values))),
  );
  item.addEventListener("click", () => onToggle(line.number));
  return el("li", {}, item);
}

/**
 * A short piece of the line, with its dashes.
 *
 * @param {Line} line
 * @returns {SVGElement}
 */
function swatch(line) {
  const namespace = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(namespace, "svg");
  const stroke = document.createElementNS(namespace, "path");
  picture.setAttribute("viewBox", "0 0 24 8");
  picture.setAttribute("class", "swatch");
  picture.setAttribute("aria-hidden", "true");
  stroke.setAttribute("d", "M0 4H24");
  stroke.setAttribute("stroke-width", line.isBest ? "4" : "2");
  stroke.setAttribute("stroke-dasharray", line.dash.join(" "));
  stroke.style.stroke = `var(--chart-${line.colour})`;
  picture.append(stroke);
  return picture;
}
