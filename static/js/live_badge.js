// @ts-check
/** Whether the page is connected, in two or three words. */
import { byId } from "./dom.js";

/** @import { Status } from "./live.js" */

const WORDS = {
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  gone: "Not available any more",
  stale: "Reading anew",
  finished: "Up to date",
};

/** @param {Status | {kind: "finished"}} status */
export function showConnection(status) {
  const badge = byId("live-badge");
  badge.hidden = false;
  badge.dataset.status = status.kind;
  badge.textContent =
    status.kind === "waiting" ? `Connection lost, trying again in ${status.seconds} s` : WORDS[status.kind];
}
