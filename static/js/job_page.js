// @ts-check
/** The job page: what the server sent first, then every event as it comes. */
import { analysis } from "./analysis.js";
import { showBest, showBestHealth } from "./best_trial.js";
import { learningCurves } from "./curves.js";
import { byId, guarded, pageData } from "./dom.js";
import { jobHeader, showElapsed } from "./job_header.js";
import { showProgress } from "./job_progress.js";
import { connectLive } from "./live.js";
import { showConnection } from "./live_badge.js";
import { showConfirmation, showSearch } from "./search_card.js";
import { showRunning } from "./running_trials.js";
import { createStore, isFinished, reduce } from "./store.js";
import { trialsTable } from "./trials_table.js";
import { announcement } from "./words.js";

/**
 * @import { JobEvent } from "./types.js"
 * @import { Store } from "./store.js"
 */

const TICK_MS = 1000;
/** Events that come together are drawn together. Not by animation frames, which a hidden tab does not get. */
const DRAW_AFTER_MS = 30;
/** The last trial's events may follow the job's own end. */
const LAST_EVENTS_MS = 5000;

const data = pageData("job-data");
let store = createStore(data.job, data.trials, data.seq);
let drawn = store;
/** @type {ReturnType<typeof setTimeout> | null} */
let drawing = null;

/** What shows passing time is drawn each second too, not only when something happens. */
const timed = [widget("running", () => showRunning), widget("trials", trialsTable)];
const widgets = [
  widget("job-header", jobHeader),
  widget("job-progress", () => showProgress),
  widget("curves-card-body", learningCurves),
  widget("best", () => showBest),
  widget("best-health", () => showBestHealth),
  widget("confirmation-card", () => showConfirmation),
  widget("search-card", () => showSearch),
  widget("analysis-body", analysis),
  ...timed,
];

/**
 * A part of the page that, when it fails, says so in its own place.
 *
 * @param {string} id
 * @param {() => (store: Store) => void} create
 * @returns {() => void}
 */
function widget(id, create) {
  const place = byId(id);
  /** @type {(store: Store) => void} */
  let show = () => {};
  guarded(place, () => (show = create()));
  return () => guarded(place, () => show(store));
}

function draw() {
  drawing = null;
  for (const drawWidget of widgets) drawWidget();
  const news = announcement(drawn, store);
  if (news) byId("announcer").textContent = news;
  drawn = store;
  showElapsed(store);
}

/** @param {JobEvent} event */
function take(event) {
  store = reduce(store, event);
  if (isFinished(store.job) && !isFinished(drawn.job)) finish();
  drawing ??= setTimeout(draw, DRAW_AFTER_MS);
}

function tick() {
  if (isFinished(store.job)) return;
  showElapsed(store);
  for (const drawWidget of timed) drawWidget();
}

function finish() {
  setTimeout(() => live?.close(), LAST_EVENTS_MS);
  showConnection({ kind: "finished" });
}

/** @returns {ReturnType<typeof connectLive> | null} */
function connect() {
  if (isFinished(store.job)) return null;
  const address = new URL(store.job.websocket_url, window.location.href);
  address.protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
  return connectLive({
    url: address.href,
    lastSeq: () => store.seq,
    onEvent: take,
    onStatus(status) {
      showConnection(isFinished(store.job) ? { kind: "finished" } : status);
      if (status.kind === "stale") window.location.reload();
    },
  });
}

draw();
const live = connect();
setInterval(tick, TICK_MS);
window.addEventListener("online", () => live?.retryNow());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") live?.retryNow();
});
