// @ts-check
/**
 * The new-optimization form: the running sum of the health weights, how much of the search space is changed,
 * and one submission at a time.
 */
import { byId } from "./dom.js";
import { shareSum } from "./share_sum.js";
import { changedWords } from "./space_summary.js";

const form = byId("job-form");

for (const shares of form.querySelectorAll("[data-shares]")) {
  const inputs = [...shares.querySelectorAll("input")];
  const output = /** @type {HTMLElement} */ (shares.querySelector("[data-shares-sum]"));
  const show = () => {
    const sum = shareSum(inputs.map((input) => input.value));
    output.textContent = sum.text;
    output.parentElement?.toggleAttribute("data-wrong", !sum.isWhole);
  };
  shares.addEventListener("input", show);
  show();
}

const space = /** @type {HTMLElement} */ (form.querySelector(".search-space"));

function showChanges() {
  const shown = [...space.querySelectorAll("select[data-usual]")].filter((select) =>
    isForThisDataset(select.closest(".space-row")),
  );
  const rows = shown.map((select) => {
    const { value, dataset } = /** @type {HTMLSelectElement} */ (select);
    return { use: value, usual: dataset.usual ?? "" };
  });
  byId("space-summary").textContent = changedWords(rows);
}

/** @param {Element | null} row @returns {boolean} */
function isForThisDataset(row) {
  const chosen = /** @type {HTMLElement | null} */ (form.querySelector("[data-modality]:checked"));
  const modalities = row?.getAttribute("data-modalities")?.split(" ") ?? [];
  return !chosen || modalities.includes(chosen.dataset.modality ?? "");
}

form.addEventListener("change", showChanges);
window.addEventListener("pageshow", showChanges); // the browser may bring back what was chosen before

form.addEventListener("submit", () => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("disabled", "");
});
window.addEventListener("pageshow", () => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.removeAttribute("disabled");
});
