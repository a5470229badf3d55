// @ts-check
/** A study's figure in the page's own look: colours of the theme, numbers for people, panels in as many columns as fit. */

/**
 * @typedef {{data: any[], layout: Record<string, any>}} Figure as Plotly has it
 *
 * @typedef {object} Look
 * @property {(name: string) => string} colour of a name in the style sheet, such as --chart-best
 * @property {string} fontFamily
 * @property {string} paper the card's colour
 * @property {number} width that there is for the figure, in pixels
 */

const PANEL_WIDTH = 300;
const PANEL_HEIGHT = 270;
const MOST_COLUMNS = 3;
/** Below this a colour bar stands under its plot, and long names take two lines. */
const NARROW = 460;
const WRAP_AT = 18;
const THREE_DIGITS = ".3~g";

/**
 * A copy that is ready to be drawn.
 *
 * @param {Figure} figure
 * @param {Look} look
 * @returns {Figure & {scrolls: boolean}} scrolls: it is wider than the room for it
 */
export function dressed(figure, look) {
  const { data, layout } = /** @type {Figure} */ (coloured(figure, look.colour));
  const isNarrow = look.width < NARROW;
  const width = Math.max(look.width, layout.meta?.min_width ?? 0);
  const panels = layout.meta?.panels ?? 0;
  const axes = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key));
  for (const key of new Set([...axes, "xaxis", "yaxis"])) layout[key] = axis(layout[key] ?? {}, look);
  Object.assign(layout, base(look, layout), { width });
  if (panels > 0) Object.assign(layout, arranged(layout, panels, width));
  if (layout.scene) layout.scene = scene(layout.scene, look);
  for (const bar of colourBars({ data, layout })) Object.assign(bar, barLook(bar, look, isNarrow));
  if (isNarrow) Object.assign(layout, narrowed({ data, layout }));
  return { data: isNarrow ? data.map(withShortNames) : data, layout, scrolls: width > look.width };
}

/**
 * var(--name) as the colour that it has now.
 *
 * @param {any} value
 * @param {(name: string) => string} colour
 * @returns {any}
 */
export function coloured(value, colour) {
  if (typeof value === "string") return value.startsWith("var(") ? colour(value.slice(4, -1)) : value;
  if (Array.isArray(value)) return value.map((item) => coloured(item, colour));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, colour)]));
}

/**
 * In how many columns small plots stand, and how high the figure is then.
 *
 * @param {Record<string, any>} layout
 * @param {number} panels
 * @param {number} width
 */
export function arranged(layout, panels, width) {
  const columns = Math.max(1, Math.min(MOST_COLUMNS, panels, Math.floor(width / PANEL_WIDTH)));
  const rows = Math.ceil(panels / columns);
  const hasNamesBeside = Object.entries(layout).some(
    ([key, axis]) => /^yaxis/.test(key) && axis.type === "category",
  );
  const gaps = { xgap: columns > 1 ? (hasNamesBeside ? 0.36 : 0.24) : 0, ygap: rows > 1 ? 0.34 : 0 };
  return { grid: { ...layout.grid, rows, columns, ...gaps }, height: rows * PANEL_HEIGHT + 60 };
}

/**
 * Legends and colour bars under the plot, where the buttons leave no room above, and rows of names on two lines.
 *
 * @param {Figure} figure
 */
function narrowed({ data, layout }) {
  const hasLegend = layout.showlegend !== false && data.length > 1;
  const hasBar = colourBars({ data, layout }).length > 0;
  const rows = data.find((trace) => trace.type === "bar" && typeof trace.y[0] === "string")?.y.length ?? 0;
  const under = hasLegend ? 84 : hasBar ? 60 : 0;
  return {
    height: layout.height + under + rows * 8,
    margin: { ...layout.margin, t: 48, b: layout.margin.b + (hasLegend ? under : 0) },
    legend: { ...layout.legend, y: 0, yref: "container", yanchor: "bottom" },
  };
}

/**
 * A name on several lines.
 *
 * @param {string} text
 * @param {number} [at]
 * @returns {string}
 */
export function wrapped(text, at = WRAP_AT) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= at) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`.trim();
  }
  return lines.join("<br>");
}

/** @param {any} trace @returns {any} */
function withShortNames(trace) {
  if (trace.type === "scatter" || !Array.isArray(trace.y)) return trace;
  return {
    ...trace,
    y: trace.y.map((/** @type {any} */ name) => (typeof name === "string" ? wrapped(name) : name)),
  };
}

/**
 * @param {Look} look
 * @param {Record<string, any>} layout
 */
function base(look, layout) {
  const text = look.colour("--chart-text");
  const hasLegend = layout.showlegend !== false;
  return {
    font: { family: look.fontFamily, size: 12, color: text },
    paper_bgcolor: look.paper,
    plot_bgcolor: look.paper,
    margin: { l: 56, r: 20, t: hasLegend ? 64 : 48, b: 48, ...layout.margin },
    height: layout.height ?? 360,
    hoverlabel: { font: { family: look.fontFamily, size: 12 }, align: "left" },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", ...layout.legend },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: look.colour("--chart-best") },
    dragmode: false,
    uirevision: "kept",
  };
}

/**
 * @param {Record<string, any>} given
 * @param {Look} look
 */
function axis(given, look) {
  const grid = look.colour("--chart-grid");
  const numbers = given.type === "category" ? {} : { hoverformat: THREE_DIGITS };
  return {
    gridcolor: grid,
    linecolor: grid,
    zeroline: false,
    ticks: "",
    automargin: true,
    ...numbers,
    ...given,
    ...(given.tickformat ? { hoverformat: ".1%" } : {}),
    title: { standoff: 10, ...given.title },
  };
}

/**
 * @param {Record<string, any>} given
 * @param {Look} look
 */
function scene(given, look) {
  const axes = ["xaxis", "yaxis", "zaxis"].map((name) => [
    name,
    { gridcolor: look.colour("--chart-grid"), backgroundcolor: look.paper, ...given[name] },
  ]);
  return { ...given, ...Object.fromEntries(axes) };
}

/** @param {Figure} figure @returns {any[]} */
function colourBars({ data, layout }) {
  const holders = [layout.coloraxis, ...data, ...data.map((trace) => trace.marker)];
  return holders.flatMap((holder) => (holder?.colorbar ? [holder.colorbar] : []));
}

/**
 * @param {any} bar
 * @param {Look} look
 * @param {boolean} isNarrow
 */
function barLook(bar, look, isNarrow) {
  const plain = { outlinewidth: 0, tickfont: { color: look.colour("--chart-text") } };
  if (!isNarrow) return { ...plain, title: { ...bar.title, side: "right" } };
  const under = { orientation: "h", thickness: 10, len: 0.75, y: 0, yanchor: "bottom", yref: "container" };
  const ends = bar.tickvals
    ? { tickvals: [bar.tickvals[0], bar.tickvals.at(-1)], ticktext: endsOf(bar.ticktext) }
    : {};
  return { ...plain, ...under, ...ends, title: { ...bar.title, side: "top" }, nticks: 4 };
}

/** @param {string[] | undefined} texts */
function endsOf(texts) {
  return texts && [texts[0], texts[texts.length - 1]];
}
