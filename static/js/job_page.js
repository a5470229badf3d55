// @ts-check
/** The job page: what the server sent first, then every event as it comes. */
import { showBest, showBestHealth } from "./best_trial.js";
import { learningCurves } from "./curves.js";
import { byId, guarded, pageData } from "./dom.js";
import { jobHeader, showElapsed } from "./job_header.js";
import { showProgress } from "./job_progress.js";
import { connectLive } from "./live.js";
import { showConnection } from "./live_badge.js";
import { showRunning } from "./running_trials.js";
import { createStore, isFinished, reduce } from "./store.js";
import { trialsTable } from "./trials_table.js";
import { announcement } from "./words.js";

/**
 * @import { JobEvent } from "./types.js"
 * @import { Store } from "./store.js"
 */

const TICK_MS = 1000;
/** The last trial's events may follow the job's own end. */
const LAST_EVENTS_MS = 5000;

const data = pageData("job-data");
let store = createStore(data.job, data.trials, data.seq);
let drawn = store;
let frame = 0;

/** @type {[HTMLElement, (store: Store) => void][]} */
const widgets = [
  ["job-header", jobHeader],
  ["job-progress", () => showProgress],
  ["curves-card-body", learningCurves],
  ["best", () => showBest],
  ["best-health", () => showBestHealth],
  ["running", () => showRunning],
  ["trials", trialsTable],
].map(([id, create]) => widget(String(id), /** @type {() => (store: Store) => void} */ (create)));

/**
 * @param {string} id
 * @param {() => (store: Store) => void} create
 * @returns {[HTMLElement, (store: Store) => void]}
 */
function widget(id, create) {
  const place = byId(id);
  /** @type {(store: Store) => void} */
  let draw = () => {};
  guarded(place, () => (draw = create()));
  return [place, (current) => draw(current)];
}

function draw() {
  frame = 0;
  for (const [place, drawWidget] of widgets) guarded(place, () => drawWidget(store));
  const news = announcement(drawn, store);
  if (news) byId("announcer").textContent = news;
  drawn = store;
  showElapsed(store);
}

/** @param {JobEvent} event */
function take(event) {
  store = reduce(store, event);
  if (isFinished(store.job) && !isFinished(drawn.job)) finish();
  if (!frame) frame = requestAnimationFrame(draw);
}

function tick() {
  if (isFinished(store.job)) return;
  showElapsed(store);
  guarded(byId("running"), () => showRunning(store));
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
    onStatus: showConnection,
  });
}

draw();
const live = connect();
setInterval(tick, TICK_MS);
window.addEventListener("online", () => live?.retryNow());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") live?.retryNow();
});
