// @ts-check
/** Plotly, loaded when the first figure is wanted: it is larger than all else on the page together. */
import { el } from "./dom.js";

/** Without these Plotly and the map library in it write style elements, which the Content-Security-Policy refuses. */
const STYLES_OF_OURS = [
  "plotly.js-style-global",
  "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53",
];

/** @type {Promise<any> | null} */
let loading = null;

/**
 * @param {string} url
 * @returns {Promise<any>} Plotly; fails when it cannot be loaded, and may then be asked for again
 */
export function loadPlotly(url) {
  loading ??= new Promise((resolve, reject) => {
    for (const id of STYLES_OF_OURS) document.head.append(el("meta", { id, class: "no-inline-styles" }));
    const script = el("script", { src: url, async: true });
    script.addEventListener("load", () => resolve(/** @type {any} */ (window).Plotly));
    script.addEventListener("error", () => {
      loading = null;
      reject(new Error("the library that draws could not be loaded"));
    });
    document.head.append(script);
  });
  return loading;
}

/**
 * The buttons above a figure: two ways to keep it, and those for looking closer where there is something to see.
 *
 * @param {any} plotly
 * @param {string} name of the file, without ending
 * @param {boolean} canZoom
 */
export function plotConfig(plotly, name, canZoom) {
  const icon = plotly.Icons.camera;
  const png = {
    name: "png",
    title: "Download as PNG",
    icon,
    click: (/** @type {any} */ plot) => savePng(plotly, plot, name),
  };
  const svg = {
    name: "svg",
    title: "Download as SVG",
    icon: plotly.Icons.disk,
    click: (/** @type {any} */ plot) => saveSvg(plotly, plot, name),
  };
  const closer = canZoom ? [["zoom2d", "pan2d", "resetScale2d"]] : [];
  return {
    displaylogo: false,
    displayModeBar: true,
    showTips: false,
    modeBarButtons: [[png, svg], ...closer],
  };
}

/** Pixels of a PNG for one of the page's: sharp in print too. */
const SHARPNESS = 3;

/**
 * @param {any} plotly
 * @param {any} plot
 * @param {string} name
 */
async function saveSvg(plotly, plot, name) {
  save(await plotly.toImage(plot, { format: "svg" }), `${name}.svg`);
}

/**
 * By hand: Plotly's own way needs pictures from blob: addresses, which the Content-Security-Policy refuses.
 *
 * @param {any} plotly
 * @param {any} plot
 * @param {string} name
 */
async function savePng(plotly, plot, name) {
  const picture = new Image();
  picture.src = await plotly.toImage(plot, { format: "svg" });
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * SHARPNESS;
  canvas.height = picture.height * SHARPNESS;
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  save(canvas.toDataURL("image/png"), `${name}.png`);
}

/**
 * @param {string} address
 * @param {string} name
 */
function save(address, name) {
  const link = /** @type {HTMLAnchorElement} */ (el("a", { href: address, download: name }));
  document.body.append(link);
  link.click();
  link.remove();
}
