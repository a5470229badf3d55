// @ts-check
/** A trial's plots: small ones by group, each opening in full; where one is missing, why. */
import { el } from "./dom.js";
import { openPlot } from "./plot_dialog.js";

/** @import { Plot, Plots } from "./types.js" */

/**
 * The groups that have plots, in their order.
 *
 * @param {Plots} plots
 * @returns {{heading: string, drawn: Plot[], missing: Plot[]}[]}
 */
export function groupsOf({ groups, plots }) {
  const names = [...new Set([...Object.keys(groups), ...plots.map((plot) => plot.group)])];
  return names
    .map((name) => {
      const inside = plots.filter((plot) => plot.group === name);
      const drawn = inside.filter((plot) => plot.urls.png);
      return { heading: groups[name] ?? name, drawn, missing: inside.filter((plot) => !plot.urls.png) };
    })
    .filter(({ drawn, missing }) => drawn.length + missing.length > 0);
}

/**
 * @param {Plots} plots
 * @returns {HTMLElement}
 */
export function plotGallery(plots) {
  if (plots.why_none) return el("p", { class: "nothing" }, plots.why_none);
  const groups = groupsOf(plots);
  const shown = groups.flatMap(({ drawn }) => drawn);
  return el(
    "div",
    { class: "plot-gallery" },
    ...groups.map(({ heading, drawn, missing }) =>
      el(
        "section",
        {},
        el("h4", {}, heading),
        drawn.length
          ? el("ul", { class: "plot-thumbs" }, ...drawn.map((plot) => el("li", {}, thumbnail(plot, shown))))
          : null,
        missing.length ? el("ul", { class: "plots-missing" }, ...missing.map(reason)) : null,
      ),
    ),
    plots.archive
      ? el("p", {}, el("a", { href: plots.archive }, "Download all plots and their data (ZIP)"))
      : null,
  );
}

/**
 * @param {Plot} plot
 * @param {Plot[]} shown all that the dialog leads through
 * @returns {HTMLElement}
 */
function thumbnail(plot, shown) {
  const button = el(
    "button",
    { type: "button", class: "plot-thumb", title: plot.caption },
    el("img", {
      src: plot.urls.png,
      alt: "",
      loading: "lazy",
      decoding: "async",
      width: plot.width,
      height: plot.height,
    }),
    el("span", {}, plot.title),
  );
  button.addEventListener("click", () => openPlot(shown, shown.indexOf(plot)));
  return button;
}

/** @param {Plot} plot @returns {HTMLElement} */
function reason({ title, absent, error }) {
  return el("li", {}, `${title}: ${absent ?? (error ? `could not be drawn (${error})` : "not drawn")}.`);
}
