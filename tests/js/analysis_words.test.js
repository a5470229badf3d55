// @ts-check
import { describe, expect, it } from "vitest";
import { askAgainMs, status } from "../../static/js/analysis_words.js";

/** @param {Partial<import("../../static/js/analysis_words.js").Plots>} [changes] */
function plots(changes = {}) {
  return {
    drawn_at: "2026-01-01T10:00:00Z",
    trials: 20,
    ended: 20,
    is_stale: false,
    is_being_drawn: false,
    problem: "",
    plots: [],
    ...changes,
  };
}

describe("what the analysis says of itself", () => {
  it("says of how many trials it is", () => {
    expect(status(plots())).toBe("Of 20 trials that ended.");
    expect(status(plots({ trials: 1, ended: 1 }))).toBe("Of 1 trial that ended.");
  });

  it("says that it is drawn for the first time", () => {
    expect(status(plots({ drawn_at: null }))).toContain("being drawn");
    expect(status(plots({ drawn_at: null, trials: 0, ended: 0 }))).toContain(
      "before the first trial has ended",
    );
  });

  it("says that newer trials are on their way", () => {
    expect(status(plots({ ended: 1022, is_stale: true }))).toBe(
      "Of 20 trials that ended. 1,002 trials since then: drawn anew shortly.",
    );
    expect(status(plots({ is_stale: true }))).toContain("Drawn anew shortly");
  });

  it("says why the last drawing failed", () => {
    expect(status(plots({ problem: "no memory" }))).toBe("The last drawing failed (no memory).");
  });
});

describe("when it asks again", () => {
  it("is soon while they are drawn, never when nothing will change, and in between each minute", () => {
    expect(askAgainMs(plots({ drawn_at: null, is_stale: true }), false)).toBe(10_000);
    expect(askAgainMs(plots({ is_being_drawn: true, is_stale: true }), false)).toBe(1500);
    expect(askAgainMs(plots({ is_stale: true }), true)).toBe(10_000);
    expect(askAgainMs(plots(), false)).toBe(60_000);
    expect(askAgainMs(plots(), true)).toBeNull();
  });
});
