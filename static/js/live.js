// @ts-check
/** The WebSocket to a job: resumes after the last event seen, reconnects with back-off, and says how it stands. */
import { backoffMs } from "./backoff.js";

/**
 * @import { JobEvent } from "./types.js"
 *
 * @typedef {{kind: "connecting"} | {kind: "live"} | {kind: "waiting", seconds: number} | {kind: "gone"} | {kind: "stale"}} Status
 *
 * @typedef {object} Options
 * @property {string} url without query, ws: or wss:
 * @property {() => number} lastSeq of the last event that was taken in
 * @property {(event: JobEvent) => void} onEvent
 * @property {(status: Status) => void} onStatus
 * @property {(url: string) => WebSocket} [open]
 * @property {() => number} [chance] in [0, 1)
 */

/** Close codes from this one on are ours, and final: the job is not there, or not for this person. */
const FIRST_FINAL_CODE = 4000;
/** The server has forgotten events that we have not seen: the page must be read anew. */
const FORGOTTEN_CODE = 4410;
/** A connection that lasted this long, or brought an event, was a good one: the next wait is short again. */
const STEADY_MS = 10_000;

/**
 * @param {Options} options
 * @returns {{close: () => void, retryNow: () => void}}
 */
export function connectLive({ url, lastSeq, onEvent, onStatus, open = openSocket, chance = Math.random }) {
  let failures = 0;
  let closed = false;
  /** @type {WebSocket | null} */
  let socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function connect() {
    onStatus({ kind: "connecting" });
    const opened = open(`${url}?after=${lastSeq()}`);
    let openedAt = Infinity;
    socket = opened;
    opened.onopen = () => {
      openedAt = Date.now();
      onStatus({ kind: "live" });
    };
    opened.onmessage = (message) => {
      failures = 0;
      onEvent(JSON.parse(message.data));
    };
    opened.onclose = (event) => {
      socket = null;
      if (closed) return;
      if (Date.now() - openedAt >= STEADY_MS) failures = 0;
      if (event.code >= FIRST_FINAL_CODE) giveUp(event.code === FORGOTTEN_CODE ? "stale" : "gone");
      else wait();
    };
  }

  /** @param {"gone" | "stale"} kind */
  function giveUp(kind) {
    closed = true;
    onStatus({ kind });
  }

  function wait() {
    failures += 1;
    const delay = backoffMs(failures, chance());
    onStatus({ kind: "waiting", seconds: Math.max(1, Math.round(delay / 1000)) });
    timer = setTimeout(retryNow, delay);
  }

  function retryNow() {
    clearTimeout(timer);
    if (!socket && !closed) connect();
  }

  connect();
  return {
    retryNow,
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}

/** @param {string} url @returns {WebSocket} */
function openSocket(url) {
  return new WebSocket(url);
}
