// @ts-check
import { describe, expect, it } from "vitest";
import { pruningSentences, searchNotes } from "../../static/js/search_notes.js";
import { job, trial } from "./samples.js";

const REPORT = { pruned: 38, audited: 2, wrong: 0, wrong_share: 0, epochs_saved: 31, seconds_saved: 252 };

describe("what pruning did", () => {
  it("is what it saved, and that it was right where it was checked", () => {
    expect(pruningSentences(REPORT)).toEqual([
      "Pruning saved 31 epochs, 4\u00a0min 12\u00a0s.",
      "2 of the 40 trials that the pruner gave up ran to their end: pruning was wrong in none of them.",
    ]);
  });

  it("says how often it was wrong", () => {
    const wrong = { ...REPORT, wrong: 1, wrong_share: 0.5 };
    expect(pruningSentences(wrong)[1]).toContain("pruning was wrong in 1 of them.");
  });

  it("claims nothing from too few", () => {
    const few = { ...REPORT, pruned: 3, audited: 1, wrong_share: null };
    expect(pruningSentences(few)[1]).toBe(
      "1 of the 4 trials that the pruner gave up ran to its end: too few to say how often pruning is wrong.",
    );
  });

  it("is nothing where nothing was pruned", () => {
    expect(pruningSentences({ ...REPORT, pruned: 0, audited: 0, wrong_share: null })).toEqual([]);
  });
});

describe("the notes on a search", () => {
  it("are none where nothing happened, or the server does not tell", () => {
    expect(searchNotes(job(), [trial(0)])).toEqual([]);
    expect(searchNotes(job({ pruning: null, repaired: 0, fallen_back: 0, rejected: 0 }), [])).toEqual([]);
  });

  it("tell of draws that were changed or not trained, and of limits not kept", () => {
    const slow = trial(4, { violations: { max_latency_ms: "12 ms, more than 5 ms" } });
    const notes = searchNotes(job({ repaired: 3, fallen_back: 1, rejected: 1 }), [trial(0), slow]);
    expect(notes).toEqual([
      "3 draws would have been too large or too slow and were made smaller.",
      "1 draw was not trained, since no smaller form of it is within the limits.",
      "In 1 draw a suggestion failed, and the default stood in for it.",
      "1 trial does not keep a limit of this job and cannot be the best.",
    ]);
  });
});
