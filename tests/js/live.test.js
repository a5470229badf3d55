// @ts-check
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connectLive } from "../../static/js/live.js";

/** A socket whose server is the test. */
class FakeSocket {
  /** @param {string} url */
  constructor(url) {
    this.url = url;
    this.isClosed = false;
    /** @type {() => void} */
    this.onopen = () => {};
    /** @type {(message: {data: string}) => void} */
    this.onmessage = () => {};
    /** @type {(event: {code: number}) => void} */
    this.onclose = () => {};
  }

  close() {
    this.isClosed = true;
    this.onclose({ code: 1000 });
  }
}

/** A page that keeps the last seq, as the store does. */
function page() {
  let seq = 5;
  /** @type {FakeSocket[]} */
  const sockets = [];
  /** @type {import("../../static/js/live.js").Status[]} */
  const statuses = [];
  /** @type {number[]} */
  const seen = [];
  const live = connectLive({
    url: "ws://host/ws/jobs/1/",
    lastSeq: () => seq,
    onEvent: (event) => seen.push((seq = event.seq)),
    onStatus: (status) => statuses.push(status),
    open: (url) => {
      const socket = new FakeSocket(url);
      sockets.push(socket);
      return /** @type {any} */ (socket);
    },
    chance: () => 1,
  });
  const send = (/** @type {number} */ number) =>
    sockets.at(-1)?.onmessage({ data: JSON.stringify({ seq: number, kind: "job", data: {} }) });
  return { live, sockets, statuses, seen, send, kinds: () => statuses.map(({ kind }) => kind) };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the live connection", () => {
  it("starts after the last event that the page holds", () => {
    expect(page().sockets[0].url).toBe("ws://host/ws/jobs/1/?after=5");
  });

  it("hands on events and says that it is live", () => {
    const { sockets, send, seen, kinds } = page();
    sockets[0].onopen();
    send(6);
    send(7);
    expect(seen).toEqual([6, 7]);
    expect(kinds()).toEqual(["connecting", "live"]);
  });

  it("comes back after a break where it was", () => {
    const { sockets, send } = page();
    sockets[0].onopen();
    send(9);
    sockets[0].onclose({ code: 1006 });
    vi.advanceTimersByTime(500);
    expect(sockets.map(({ url }) => url.split("=")[1])).toEqual(["5", "9"]);
  });

  it("says how long it waits, longer each time", () => {
    const { sockets, statuses } = page();
    for (const wait of [500, 1000, 2000, 4000]) {
      sockets.at(-1)?.onclose({ code: 1006 });
      vi.advanceTimersByTime(wait);
    }
    const seconds = statuses.flatMap((status) => (status.kind === "waiting" ? [status.seconds] : []));
    expect(seconds).toEqual([1, 1, 2, 4]);
  });

  describe("after a row of failures", () => {
    function failing() {
      const broken = page();
      for (const wait of [500, 1000, 2000, 4000]) {
        broken.sockets.at(-1)?.onclose({ code: 1006 });
        vi.advanceTimersByTime(wait);
      }
      broken.sockets.at(-1)?.onopen();
      return broken;
    }

    it("waits short again once an event came", () => {
      const { sockets, send, statuses } = failing();
      send(6);
      sockets.at(-1)?.onclose({ code: 1006 });
      expect(statuses.at(-1)).toEqual({ kind: "waiting", seconds: 1 });
    });

    it("waits short again once a connection lasted", () => {
      const { sockets, statuses } = failing();
      vi.advanceTimersByTime(10_000);
      sockets.at(-1)?.onclose({ code: 1006 });
      expect(statuses.at(-1)).toEqual({ kind: "waiting", seconds: 1 });
    });

    it("does not hammer a server that accepts and breaks off", () => {
      const { sockets, statuses } = failing();
      sockets.at(-1)?.onclose({ code: 1011 });
      expect(statuses.at(-1)).toEqual({ kind: "waiting", seconds: 8 });
    });
  });

  it("gives up when the server says that the job is not there", () => {
    const { live, sockets, kinds } = page();
    sockets[0].onclose({ code: 4404 });
    live.retryNow();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(kinds().at(-1)).toBe("gone");
  });

  it("says so when the server has forgotten events that the page has not seen", () => {
    const { sockets, kinds } = page();
    sockets[0].onclose({ code: 4410 });
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(kinds().at(-1)).toBe("stale");
  });

  it("does not wait when the network is back", () => {
    const { live, sockets } = page();
    sockets[0].onclose({ code: 1006 });
    live.retryNow();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(2);
  });

  it("keeps to one socket when told to retry while it has one", () => {
    const { live, sockets } = page();
    live.retryNow();
    expect(sockets).toHaveLength(1);
  });

  it("stays closed once closed", () => {
    const { live, sockets } = page();
    live.close();
    vi.advanceTimersByTime(60_000);
    expect(sockets.map(({ isClosed }) => isClosed)).toEqual([true]);
  });
});
