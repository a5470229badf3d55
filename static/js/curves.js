// @ts-check
/** Learning curves of the trials, drawn by uPlot, with a legend of our own. */
import { curveData, drawnTrials, lineName } from "./curve_data.js";
import { METRICS, legendItem } from "./curve_legend.js";
import { byId } from "./dom.js";
import { percent } from "./format.js";
import { bestTrial, trialsOf } from "./store.js";
import { noCurves } from "./words.js";

/**
 * @import { Store } from "./store.js"
 * @import { Line, Metric } from "./curve_data.js"
 *
 * @typedef {{epochs: number[], lines: Line[]}} Curves
 */

const HEIGHT_PX = 300;
/** @returns {(store: Store) => void} */
export function learningCurves() {
  const place = byId("curves-plot");
  /** @type {Metric} */
  let metric = "val_accuracy";
  /** @type {Set<number>} */
  const hidden = new Set();
  /** @type {Store} */
  let shown;
  /** @type {uPlot | null} */
  let plot = null;
  let look = "";

  for (const input of document.querySelectorAll("input[name=curve-metric]")) {
    input.addEventListener("change", () => {
      metric = /** @type {Metric} */ (/** @type {HTMLInputElement} */ (input).value);
      draw(shown);
    });
  }
  new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: HEIGHT_PX })).observe(place);
  new MutationObserver(() => draw(shown)).observe(document.documentElement, {
    attributeFilter: ["data-bs-theme"],
  });

  /** @param {Store} store */
  function draw(store) {
    shown = store;
    const best = store.job.best_trial_number;
    const trials = drawnTrials(trialsOf(store), best);
    const curves = curveData(trials, best, metric);
    byId("curves-empty").hidden = trials.length > 0;
    byId("curves-empty").textContent = noCurves(store.job);
    byId("curves").hidden = trials.length === 0;
    if (trials.length === 0) return;
    place.setAttribute("aria-label", summary(curves, store));
    drawPlot(curves);
    byId("curves-note").textContent = note(
      trials.length,
      trialsOf(store).filter((trial) => trial.epochs.length > 0).length,
    );
    byId("curves-legend").replaceChildren(
      ...curves.lines.map((line) => legendItem(line, metric, hidden, toggle)),
    );
  }

  /** @param {Curves} curves */
  function drawPlot(curves) {
    const theme = document.documentElement.getAttribute("data-bs-theme");
    const styles = curves.lines.map(({ number, isBest }) => [number, isBest, hidden.has(number)]);
    const wantedLook = JSON.stringify([metric, theme, styles, curves.epochs.length]);
    const data = /** @type {uPlot.AlignedData} */ ([
      curves.epochs,
      ...curves.lines.map((line) => line.values),
    ]);
    if (plot && look === wantedLook) {
      plot.setData(data);
      return;
    }
    plot?.destroy();
    plot = new uPlot(plotOptions(curves, metric, place, hidden), data, place);
    look = wantedLook;
  }

  /** @param {number} number */
  function toggle(number) {
    if (!hidden.delete(number)) hidden.add(number);
    draw(shown);
    byId(`curve-toggle-${number}`).focus();
  }

  return draw;
}

/**
 * @param {Curves} curves
 * @param {Store} store
 * @returns {string}
 */
function summary(curves, store) {
  const best = bestTrial(store);
  const reached = best
    ? ` The best, trial ${best.number}, reaches ${percent(best.val_accuracy)} validation accuracy.`
    : "";
  return `Learning curves of ${curves.lines.length} trials over ${curves.epochs.length} epochs.${reached}`;
}

/**
 * @param {number} drawn
 * @param {number} all
 * @returns {string}
 */
function note(drawn, all) {
  return drawn < all ? `${drawn} of ${all} trials: the default, the best, those running and the latest.` : "";
}

/**
 * @param {Curves} curves
 * @param {Metric} metric
 * @param {HTMLElement} place
 * @param {Set<number>} hidden
 * @returns {uPlot.Options}
 */
function plotOptions(curves, metric, place, hidden) {
  const css = getComputedStyle(place);
  const colour = (/** @type {string} */ name) => css.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--chart-text"),
    grid: { stroke: colour("--chart-grid"), width: 1 },
    ticks: { show: false },
  };
  const font = `12px ${css.fontFamily}`;
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    padding: [12, 12, 0, 0],
    legend: { show: false },
    cursor: { focus: { prox: 24 }, drag: { x: false, y: false } },
    focus: { alpha: 0.25 },
    scales: { x: { time: false, range: [1, Math.max(2, curves.epochs.length)] }, y: { range: valueRange } },
    axes: [
      {
        ...axis,
        font,
        incrs: [1, 2, 5, 10, 20, 50, 100, 200],
        label: "Epoch",
        labelFont: font,
        labelSize: 20,
        size: 28,
      },
      { ...axis, font, size: 58, values: (_, ticks) => ticks.map((tick) => axisText(metric, tick)) },
    ],
    series: [{ label: "Epoch" }, ...curves.lines.map((line) => series(line, colour, hidden))],
    hooks: {
      setCursor: [(self) => showReading(self, curves, metric)],
      setSeries: [(self) => showReading(self, curves, metric)],
    },
  };
}

/**
 * Room above and below the lines, without leaving what the metric can be.
 *
 * @param {uPlot} _plot
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
function valueRange(_plot, low, high) {
  if (low === null || high === null) return [0, 1];
  const room = Math.max((high - low) * 0.08, 0.005);
  return [Math.max(0, low - room), high <= 1 ? Math.min(1.005, high + room) : high + room];
}

/**
 * @param {Metric} metric
 * @param {number} tick
 * @returns {string}
 */
function axisText(metric, tick) {
  return metric === "val_accuracy" ? `${Number((tick * 100).toFixed(1))} %` : String(Number(tick.toFixed(3)));
}

/**
 * @param {Line} line
 * @param {(name: string) => string} colour
 * @param {Set<number>} hidden
 * @returns {uPlot.Series}
 */
function series(line, colour, hidden) {
  const stroke = colour(`--chart-${line.colour}`);
  return {
    label: lineName(line),
    show: !hidden.has(line.number),
    stroke,
    width: line.isBest ? 3.5 : 1.75,
    dash: line.dash,
    points: { show: line.isBest || undefined, size: line.isBest ? 9 : 6, fill: stroke },
  };
}

/**
 * @param {uPlot} plot
 * @param {Curves} curves
 * @param {Metric} metric
 */
function showReading(plot, curves, metric) {
  const index = plot.cursor.idx;
  const focused = plot.series.findIndex((item, at) => at > 0 && /** @type {any} */ (item)._focus);
  const reading = byId("curves-reading");
  if (index === null || index === undefined || focused < 1) {
    reading.textContent = METRICS[metric].name + " by epoch";
    return;
  }
  const line = curves.lines[focused - 1];
  reading.textContent = `${lineName(line)}, epoch ${curves.epochs[index]}: ${METRICS[metric].text(line.values[index])}`;
}
