// @ts-check
/** One plot in full, over the page; arrow keys lead to the others. */
import { el } from "./dom.js";

/** @import { Plot } from "./types.js" */

/** @type {Record<string, string>} */
const FILES = { png: "PNG", svg: "SVG", gif: "GIF", json: "Data (JSON)" };

/**
 * @param {Plot[]} plots
 * @param {number} first
 */
export function openPlot(plots, first) {
  const opener = document.activeElement;
  const content = el("div", { class: "plot-dialog-content" });
  const dialog = /** @type {HTMLDialogElement} */ (
    el("dialog", { class: "plot-dialog", "aria-labelledby": "plot-dialog-title" }, content)
  );
  let at = first;

  /** @param {number} step */
  function move(step) {
    at = (at + step + plots.length) % plots.length;
    show();
  }

  function show() {
    const focused = document.activeElement?.getAttribute("data-does");
    content.replaceChildren(...parts(plots[at], at, plots.length, move, () => dialog.close()));
    const again = focused ? content.querySelector(`[data-does="${focused}"]`) : null;
    if (again instanceof HTMLElement) again.focus();
  }

  dialog.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") move(-1);
    if (key === "ArrowRight") move(1);
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close(); // beside it
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener instanceof HTMLElement) opener.focus();
  });
  document.body.append(dialog);
  show();
  dialog.showModal();
}

/**
 * @param {Plot} plot
 * @param {number} at
 * @param {number} count
 * @param {(step: number) => void} move
 * @param {() => void} close
 * @returns {HTMLElement[]}
 */
function parts(plot, at, count, move, close) {
  const files = Object.entries(plot.urls).map(([kind, url]) =>
    el("a", { href: url, download: `${plot.name}.${kind}` }, FILES[kind] ?? kind),
  );
  return [
    el(
      "header",
      {},
      el("h2", { id: "plot-dialog-title" }, plot.title),
      el("span", { class: "plot-place number", "aria-live": "polite" }, `${at + 1} of ${count}`),
      button("close", "Close", close),
    ),
    el(
      "div",
      {
        class: "plot-full",
        tabindex: "0",
        role: "region",
        "aria-label": "The plot, scrolls where it is larger",
      },
      el("img", {
        src: plot.urls.gif ?? plot.urls.png,
        alt: plot.title,
        width: plot.width,
        height: plot.height,
      }),
    ),
    el("p", { class: "plot-caption" }, plot.caption),
    el(
      "footer",
      {},
      button("previous", "← Previous", () => move(-1)),
      button("next", "Next →", () => move(1)),
      el("span", { class: "plot-files" }, ...files),
    ),
  ];
}

/**
 * @param {string} does
 * @param {string} text
 * @param {() => void} act
 * @returns {HTMLElement}
 */
function button(does, text, act) {
  const made = el("button", { type: "button", class: "btn", "data-does": does }, text);
  made.addEventListener("click", act);
  return made;
}
