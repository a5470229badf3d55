// @ts-check
/**
 * The jobs list, kept fresh while a job on it goes on and somebody looks: the same page is fetched again
 * and the rows that changed are taken from it, so the server's template stays the only one.
 */
import { arrange, byId } from "./dom.js";

const EVERY_MS = 3000;
const rows = byId("jobs-rows");

async function refresh() {
  if (document.visibilityState !== "visible" || !rows.querySelector("[data-unfinished]")) return;
  const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("jobs-rows");
  if (fresh) take(fresh);
}

/** @param {HTMLElement} fresh */
function take(fresh) {
  const wanted = [...fresh.children].map((row) => {
    const known = document.getElementById(row.id);
    return known?.isEqualNode(row) ? known : /** @type {HTMLElement} */ (row);
  });
  const focusedRow = document.activeElement?.closest("tr")?.id;
  arrange(rows, wanted);
  if (focusedRow) document.getElementById(focusedRow)?.querySelector("a")?.focus();
}

function refreshLater() {
  setTimeout(() => refresh().catch(console.warn).finally(refreshLater), EVERY_MS);
}

refreshLater();
document.addEventListener("visibilitychange", () => refresh().catch(console.warn));
