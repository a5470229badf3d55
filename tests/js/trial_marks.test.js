// @ts-check
import { describe, expect, it } from "vitest";
import { filterTrials, mayBeChosen, trialMarks } from "../../static/js/trial_marks.js";
import { job, trial } from "./samples.js";

/** @param {import("../../static/js/types.js").Trial} shown @param {import("../../static/js/types.js").Job} of */
const texts = (shown, of) => trialMarks(shown, of).map((mark) => mark.text);

describe("the marks of a trial", () => {
  it("are none for one like the others", () => {
    expect(texts(trial(3), job())).toEqual([]);
  });

  it("tell the default, the best and the front", () => {
    const searched = job({ best_trial_number: 0, pareto_front: [0, 2] });
    expect(texts(trial(0), searched)).toEqual(["best", "default", "front"]);
    expect(texts(trial(2), searched)).toEqual(["front"]);
  });

  it("tell a run on another seed, of trial 0 too, and a limit that is not kept", () => {
    expect(texts(trial(9, { confirms: 0 }), job())).toEqual(["again 0"]);
    expect(texts(trial(9, { violations: { max_latency_ms: "too slow" } }), job())).toEqual(["over a limit"]);
  });
});

describe("the filter", () => {
  it("leaves the trials on the front, or all", () => {
    const trials = [trial(0), trial(1), trial(2)];
    const searched = job({ pareto_front: [0, 2] });
    expect(filterTrials(trials, searched, true).map((shown) => shown.number)).toEqual([0, 2]);
    expect(filterTrials(trials, searched, false)).toEqual(trials);
  });
});

describe("who may be chosen as the best", () => {
  const ended = job({ state: "completed", best_trial_number: 1 });
  const sound = trial(2, { state: "completed" });

  it("is any other sound trial of an ended job", () => {
    expect(mayBeChosen(sound, ended)).toBe(true);
    expect(mayBeChosen(trial(1, { state: "completed" }), ended)).toBe(false);
    expect(mayBeChosen(trial(2, { state: "pruned" }), ended)).toBe(false);
    expect(mayBeChosen({ ...sound, violations: { max_latency_ms: "too slow" } }, ended)).toBe(false);
    expect(mayBeChosen({ ...sound, confirms: 1 }, ended)).toBe(false);
  });

  it("is nobody before the end", () => {
    expect(mayBeChosen(sound, { ...ended, state: "running" })).toBe(false);
  });

  it("is the front where there is one", () => {
    expect(mayBeChosen(sound, { ...ended, pareto_front: [1, 3] })).toBe(false);
    expect(mayBeChosen(trial(3, { state: "completed" }), { ...ended, pareto_front: [1, 3] })).toBe(true);
  });
});
