// @ts-check
/** State, elapsed time and actions at the top of the job page. */
import { byId, stateChip } from "./dom.js";
import { duration, secondsBetween } from "./format.js";
import { isFinished, possibleActions, shownState } from "./store.js";
import { progressSentence } from "./words.js";

/** @import { Store } from "./store.js" */

/** @returns {(store: Store) => void} */
export function jobHeader() {
  const pageTitle = document.title;
  closeWhenLeft(byId("more-actions"));
  return ({ job }) => {
    const finished = isFinished(job);
    byId("job-state").replaceChildren(stateChip(shownState(job)));
    byId("job-reason").hidden = !job.reason || job.reason === job.state;
    byId("job-reason").textContent = job.reason;
    for (const [action, possible] of Object.entries(possibleActions(job)))
      byId(`${action}-action`).hidden = !possible;
    document.title = finished ? pageTitle : `${job.finished}/${job.trials} ${pageTitle}`;
    byId("job-progress-text").textContent = progressSentence(job);
    showDownload(job.model_available);
  };
}

/**
 * A menu goes when something else is pressed, or Escape.
 *
 * @param {HTMLElement} menu
 */
function closeWhenLeft(menu) {
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && !target.closest("summary, .menu-items a")) menu.removeAttribute("open");
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.removeAttribute("open");
    menu.querySelector("summary")?.focus();
  });
}

/** @param {boolean} available */
function showDownload(available) {
  const link = byId("download-model");
  link.classList.toggle("disabled", !available);
  if (available) {
    link.setAttribute("href", link.dataset.href ?? "");
    link.removeAttribute("aria-disabled");
    link.removeAttribute("title");
  }
}

/**
 * The elapsed time; called every second while the job goes on.
 *
 * @param {Store} store
 */
export function showElapsed({ job }) {
  const seconds = secondsBetween(job.started_at, job.finished_at, Date.now());
  byId("job-elapsed").textContent = seconds === null ? "not started yet" : duration(seconds);
}
