// @ts-check
import { describe, expect, it } from "vitest";
import { createStore } from "../../static/js/store.js";
import {
  announcement,
  counted,
  improvementSentence,
  noCurves,
  noTrials,
  progressSentence,
} from "../../static/js/words.js";
import { job, trial } from "./samples.js";

it("counts with the right noun", () => {
  expect([counted(0, "trial"), counted(1, "trial"), counted(1200, "trial")]).toEqual([
    "0 trials",
    "1 trial",
    "1,200 trials",
  ]);
});

it("says how far the job is", () => {
  expect(progressSentence(job({ finished: 3 }))).toBe("3 of 8 trials finished");
});

describe("the improvement in words", () => {
  const scored = { best_trial_number: 5, baseline_total_score: 0.892, improvement: 0.031 };

  it("names the trial and by how much it beats the default", () => {
    expect(improvementSentence(job(scored))).toBe("Trial 5 beats the default model (trial\u00a00) by 0.031.");
  });

  it("says so when nothing has beaten the default yet", () => {
    const sentence = improvementSentence(job({ ...scored, best_trial_number: 0, improvement: 0 }));
    expect(sentence).toBe("No trial has beaten the default model (trial\u00a00) yet.");
  });

  it("says so when the search ended without beating it", () => {
    const ended = job({ ...scored, state: "completed", best_trial_number: 0, improvement: 0 });
    expect(improvementSentence(ended)).toBe("The search did not beat the default model (trial\u00a00).");
  });

  it("does not hide that a trial its owner chose is below the default", () => {
    const chosen = job({ ...scored, state: "completed", improvement: -0.012 });
    expect(improvementSentence(chosen)).toBe(
      "Trial 5 scores 0.012 less than the default model (trial\u00a00).",
    );
  });

  describe("of a trial that was trained again on other seeds", () => {
    /** @param {number} number @param {number} mean */
    const again = (number, mean) => ({
      number,
      score: 0.9,
      scores: [],
      mean,
      low: mean - 0.01,
      high: mean + 0.01,
    });

    it("goes by the means", () => {
      const confirmation = [again(5, 0.9), again(0, 0.87)];
      expect(improvementSentence(job({ ...scored, improvement: 0.03, confirmation }))).toBe(
        "On other seeds trial 5 scores 0.030 more in the mean than the default model (trial\u00a00).",
      );
    });

    it("says that a small difference may be luck", () => {
      const confirmation = [again(5, 0.88), again(0, 0.87)];
      expect(improvementSentence(job({ ...scored, improvement: 0.01, confirmation }))).toContain(
        "may be luck",
      );
    });

    it("says what it compares with where the default was not trained again", () => {
      const sentence = improvementSentence(
        job({ ...scored, improvement: -0.02, confirmation: [again(5, 0.87)] }),
      );
      expect(sentence).toBe(
        "On other seeds trial 5 scores 0.020 less in the mean than the default model (trial\u00a00) did in the search.",
      );
    });
  });

  it("does not compare with a default that has no score", () => {
    const sentence = improvementSentence(job({ ...scored, baseline_total_score: null, improvement: null }));
    expect(sentence).toBe("The default model (trial\u00a00) has no score to compare with.");
  });

  it("tells nothing yet from nothing at all", () => {
    expect(improvementSentence(job())).toBe("No trial is completed yet.");
    expect(improvementSentence(job({ state: "failed" }))).toContain("no best model");
  });
});

describe("an empty place", () => {
  it("says what will come while the job goes on", () => {
    expect(noCurves(job())).toContain("first finished epoch");
    expect(noTrials(job())).toContain("trial, number 0");
    expect(noTrials(job({ state: "queued" }))).toContain("Waiting for a free worker");
  });

  it("promises nothing once the job has ended", () => {
    const ended = job({ state: "failed" });
    expect([noCurves(ended), noTrials(ended)]).toEqual([
      "No epoch was trained, so there is no curve.",
      "No trial was started.",
    ]);
  });
});

describe("what a screen reader hears", () => {
  it("is silent while epochs pass", () => {
    expect(announcement(createStore(job(), [trial(0)], 0), createStore(job(), [trial(0)], 1))).toBe("");
  });

  it("is a trial's end with its figures", () => {
    const ended = trial(0, { state: "completed", val_accuracy: 0.972, total_score: 0.91 });
    const heard = announcement(createStore(job(), [trial(0)], 0), createStore(job(), [ended], 1));
    expect(heard).toBe("Trial 0 completed: validation accuracy 97.2\u00a0%, score 0.910.");
  });

  it("is a pruned trial without figures", () => {
    const heard = announcement(
      createStore(job(), [trial(3)], 0),
      createStore(job(), [trial(3, { state: "pruned" })], 1),
    );
    expect(heard).toBe("Trial 3 pruned.");
  });

  it("is the job's end with the best trial", () => {
    const trials = [trial(2, { state: "completed", total_score: 0.923 })];
    const heard = announcement(
      createStore(job(), trials, 0),
      createStore(job({ state: "completed", best_trial_number: 2 }), trials, 1),
    );
    expect(heard).toBe("The optimization is completed. Best is trial 2, score 0.923.");
  });
});
