// @ts-check
/** Building elements without HTML strings, and keeping a widget's failure to itself. */

/**
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes] false and null: left out
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * What the server put on the page with json_script.
 *
 * @param {string} id
 * @returns {any}
 */
export function pageData(id) {
  return JSON.parse(byId(id).textContent ?? "");
}

/**
 * @param {string} state
 * @returns {HTMLElement}
 */
export function stateChip(state) {
  return el("span", { class: "chip", "data-state": state }, state);
}

/**
 * A bar of a share in [0, 1]; nothing to see for null. Its number stands beside it, so readers skip it.
 *
 * @param {number | null} share
 * @param {string} [tone]
 * @returns {HTMLElement}
 */
export function bar(share, tone = "") {
  const fill = el("span", { class: "bar-fill" });
  fill.style.inlineSize = `${Math.max(0, Math.min(1, share ?? 0)) * 100}%`;
  return el("span", { class: `bar ${tone}`.trim(), "aria-hidden": "true" }, fill);
}

/**
 * Bring the children into this order, moving only what is out of place, so that focus stays.
 *
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
export function arrange(parent, wanted) {
  const focused = document.activeElement;
  wanted.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
  });
  while (parent.children.length > wanted.length) parent.lastElementChild?.remove();
  if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused))
    focused.focus();
}

/**
 * Draw, or say that this part cannot be drawn; the rest of the page goes on.
 *
 * @param {HTMLElement} place
 * @param {() => void} draw
 */
export function guarded(place, draw) {
  try {
    draw();
  } catch (error) {
    console.error(error);
    const message = error instanceof Error ? error.message : String(error);
    place.replaceChildren(
      el(
        "p",
        { class: "widget-error", role: "alert" },
        `This part could not be shown (${message}). Reload the page.`,
      ),
    );
  }
}
