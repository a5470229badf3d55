// @ts-check
/** One figure of a study: its words at once, its picture when it comes into view, and when it fails, that it failed. */
import { el } from "./dom.js";
import { isNumber } from "./format.js";
import { dressed } from "./plot_look.js";
import { loadPlotly, plotConfig } from "./plotly.js";

/**
 * @import { Figure } from "./plot_look.js"
 *
 * @typedef {object} PlotEntry as the API lists it
 * @property {string} name
 * @property {string} title
 * @property {string} question
 * @property {string} caption
 * @property {string} finding
 * @property {number} trials
 * @property {string} absent why there is none; else empty
 * @property {string | null} url
 */

/** Those with several panels or many columns, which need the page's whole width. */
const WIDE = new Set([
  "health_importances",
  "health_slices",
  "slice",
  "parallel_coordinate",
  "metric_correlation",
  "contour",
  "rank",
]);
/** A press on a point opens its trial, on the same page. */
export const OPEN_TRIAL = "open-trial";

/** One figure is drawn after the other, so that the page answers in between. */
let turn = Promise.resolve();

export class StudyPlot {
  /** @type {Figure | null} */
  figure = null;
  isVisible = false;
  isOfToday = false;
  shownWidth = 0;

  /**
   * @param {PlotEntry} entry
   * @param {{plotly: string, filePrefix: string}} options plotly: where it is loaded from
   */
  constructor(entry, options) {
    this.entry = entry;
    this.options = options;
    const id = `plot-${entry.name}`;
    this.question = el("h3", { id: `${id}-title`, class: "study-plot-question" });
    this.title = el("p", { class: "study-plot-title" });
    this.finding = el("p", { class: "study-plot-finding", id: `${id}-finding` });
    this.place = el("div", { class: "study-plot-place" });
    this.scroller = el("div", { class: "study-plot-scroll" }, this.place);
    this.problem = el("p", { class: "widget-error", role: "alert", hidden: true });
    this.caption = el("figcaption", { class: "study-plot-caption" });
    this.element = el(
      "figure",
      {
        class: WIDE.has(entry.name) ? "study-plot study-plot-wide" : "study-plot",
        id,
        "aria-labelledby": `${id}-title`,
        "aria-describedby": `${id}-finding`,
        tabindex: "-1",
      },
      this.question,
      this.title,
      this.finding,
      this.scroller,
      this.problem,
      this.caption,
    );
    this.tell(entry);
  }

  /** @param {PlotEntry} entry its words, of today */
  tell(entry) {
    this.entry = entry;
    this.isOfToday = false;
    this.question.textContent = entry.question;
    this.title.textContent = entry.title;
    this.finding.textContent = entry.finding;
    this.caption.textContent = entry.caption;
  }

  /** Draw what is not of today, if somebody sees it. */
  show() {
    if (!this.isVisible || this.isOfToday) return;
    this.isOfToday = true;
    this.inTurn(async () => {
      const answer = await fetch(this.entry.url ?? "", { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      this.figure = await answer.json();
      await this.draw();
    });
  }

  /** Draw again what is drawn: another theme, another width. */
  redraw() {
    if (this.figure) this.inTurn(() => this.draw());
  }

  /** The place may have become wider or narrower. */
  fit() {
    if (this.figure && this.scroller.clientWidth !== this.shownWidth) this.redraw();
  }

  async draw() {
    if (!this.figure || this.scroller.clientWidth === 0) return;
    const plotly = await loadPlotly(this.options.plotly);
    const css = getComputedStyle(this.element);
    this.shownWidth = this.scroller.clientWidth;
    const { data, layout, scrolls } = dressed(this.figure, {
      colour: (name) => css.getPropertyValue(name).trim(),
      fontFamily: css.fontFamily,
      paper: css.getPropertyValue("--chart-paper").trim(),
      width: this.shownWidth,
    });
    this.letScroll(scrolls);
    const isFirst = !this.place.classList.contains("js-plotly-plot");
    const canZoom = data.some((trace) => trace.type === "scatter");
    const name = `${this.options.filePrefix}_${this.entry.name}`;
    await plotly.react(this.place, data, layout, plotConfig(plotly, name, canZoom));
    if (isFirst) /** @type {any} */ (this.place).on("plotly_click", openTrial);
    this.element.dataset.drawn = "true";
  }

  /** @param {boolean} scrolls sideways, by keyboard too */
  letScroll(scrolls) {
    for (const [name, value] of [
      ["tabindex", "0"],
      ["role", "region"],
      ["aria-label", `${this.entry.title}, scrolls sideways`],
    ]) {
      if (scrolls) this.scroller.setAttribute(name, value);
      else this.scroller.removeAttribute(name);
    }
  }

  /** @param {() => Promise<void>} work whose failure is this figure's alone */
  inTurn(work) {
    turn = turn.then(async () => {
      try {
        await work();
        this.problem.hidden = true;
      } catch (error) {
        console.error(error);
        const message = error instanceof Error ? error.message : String(error);
        this.problem.textContent = `This figure could not be shown (${message}). The others are not affected.`;
        this.problem.hidden = false;
        this.isOfToday = false;
      }
      await new Promise((resolve) => setTimeout(resolve));
    });
  }
}

/** @param {{points: {customdata?: unknown}[]}} event */
function openTrial({ points }) {
  const number = points[0]?.customdata;
  if (isNumber(/** @type {any} */ (number)))
    document.dispatchEvent(new CustomEvent(OPEN_TRIAL, { detail: number }));
}
