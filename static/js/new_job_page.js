// @ts-check
/** The new-optimization form: the running sum of the health weights, and one submission at a time. */
import { byId } from "./dom.js";
import { shareSum } from "./share_sum.js";

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

form.addEventListener("submit", () => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("disabled", "");
});
window.addEventListener("pageshow", () => {
  for (const button of form.querySelectorAll("button[type=submit]")) button.removeAttribute("disabled");
});
