// @ts-check
/** The job page's analysis: figures over all trials, fetched when the section is opened. */
import { askAgainMs, status } from "./analysis_words.js";
import { byId, el, guarded } from "./dom.js";
import { isFinished } from "./store.js";
import { StudyPlot } from "./study_plot.js";

/**
 * @import { Plots } from "./analysis_words.js"
 * @import { Store } from "./store.js"
 */

const ADDRESS = "#analysis";
/** Figures are drawn a little before they come into view. */
const AHEAD = "300px";

/** The figures of a job that has ended are drawn without anybody's asking. */
const AFTER_END_MS = 2000;

/** @returns {(store: Store) => void} */
export function analysis() {
  const section = /** @type {HTMLDetailsElement} */ (byId("analysis"));
  /** @type {Map<string, StudyPlot>} */
  const shown = new Map();
  /** @type {string | null} */
  let drawnAt = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Store} */
  let store;

  const comesIntoView = new IntersectionObserver(seen, { rootMargin: AHEAD });
  const changesSize = new ResizeObserver(() => shown.forEach((plot) => plot.fit()));

  section.addEventListener("toggle", () => {
    clearTimeout(timer);
    if (section.open) void ask();
  });
  new MutationObserver(() => shown.forEach((plot) => plot.redraw())).observe(document.documentElement, {
    attributeFilter: ["data-bs-theme"],
  });

  async function ask() {
    try {
      const answer = await fetch(section.dataset.plots ?? "", { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
      take(await answer.json());
    } catch (error) {
      console.error(error);
      byId("analysis-status").textContent = "The figures could not be fetched. Trying again in a minute.";
      again(60_000);
    }
  }

  /** @param {Plots} plots */
  function take(plots) {
    byId("analysis-status").textContent = status(plots);
    if (plots.drawn_at !== null && plots.drawn_at !== drawnAt) {
      drawnAt = plots.drawn_at;
      guarded(byId("analysis-plots"), () => arrangePlots(plots));
    }
    again(askAgainMs(plots, isFinished(store.job)));
  }

  /** @param {number | null} afterMs */
  function again(afterMs) {
    clearTimeout(timer);
    if (afterMs !== null) timer = setTimeout(() => section.open && ask(), afterMs);
  }

  /** @param {Plots} plots */
  function arrangePlots({ plots }) {
    const options = { plotly: section.dataset.plotly ?? "", filePrefix: store.job.run_name };
    for (const entry of plots) {
      const known = shown.get(entry.name);
      if (entry.absent) remove(entry.name);
      else if (known) known.tell(entry);
      else add(new StudyPlot(entry, options));
    }
    const there = plots.flatMap(({ name }) => shown.get(name) ?? []);
    byId("analysis-plots").append(
      ...there.filter(({ element }) => !element.isConnected).map(({ element }) => element),
    );
    byId("analysis-index").replaceChildren(
      ...there.map(({ entry }) => indexLink(entry.name, entry.question)),
    );
    showAbsent(plots.filter((entry) => entry.absent));
    for (const plot of there) plot.show();
  }

  /** @param {StudyPlot} plot */
  function add(plot) {
    shown.set(plot.entry.name, plot);
    comesIntoView.observe(plot.element);
    changesSize.observe(plot.scroller);
  }

  /** @param {string} name */
  function remove(name) {
    shown.get(name)?.element.remove();
    shown.delete(name);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  function seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const plot = shown.get(target.id.replace("plot-", ""));
      if (!plot) continue;
      plot.isVisible = isIntersecting;
      plot.show();
    }
  }

  return (newer) => {
    const isFirst = store === undefined;
    const ends = !isFirst && isFinished(newer.job) && !isFinished(store.job);
    store = newer;
    if (ends && section.open) again(AFTER_END_MS);
    if (isFirst && window.location.hash === ADDRESS) section.open = true;
  };
}

/**
 * @param {string} name
 * @param {string} question
 * @returns {HTMLElement}
 */
function indexLink(name, question) {
  return el("a", { href: `#plot-${name}` }, question);
}

/** @param {{title: string, absent: string}[]} entries */
function showAbsent(entries) {
  byId("analysis-absent").hidden = entries.length === 0;
  byId("analysis-absent-list").replaceChildren(
    ...entries.flatMap(({ title, absent }) => [el("dt", {}, title), el("dd", {}, absent)]),
  );
}
