// @ts-check
import { describe, expect, it } from "vitest";
import {
  bestTrial,
  createStore,
  isFinished,
  possibleActions,
  reduce,
  runningTrials,
  shownState,
  trialsOf,
} from "../../static/js/store.js";
import { epoch, job, measurement, trial, trialNews } from "./samples.js";

const start = () => createStore(job(), [trial(0), trial(1, { state: "queued" })], 10);

/**
 * @param {import("../../static/js/store.js").Store} store
 * @param {number} number
 */
const epochsOf = (store, number) => store.trials.get(number)?.epochs.map((report) => report.epoch);

describe("an event", () => {
  it("is dropped when it was seen already", () => {
    const store = start();
    expect(reduce(store, { seq: 10, kind: "job", data: job({ state: "completed" }) })).toBe(store);
  });

  it("of a job changes what it names and keeps the rest", () => {
    const after = reduce(start(), { seq: 11, kind: "job", data: { state: "completed" } });
    expect([after.job.state, after.job.trials, after.seq]).toEqual(["completed", 8, 11]);
  });

  it("of a new trial adds it", () => {
    const news = trialNews(2);
    const after = reduce(start(), { seq: 11, kind: "trial", data: news });
    expect(trialsOf(after).map(({ number }) => number)).toEqual([0, 1, 2]);
    expect(epochsOf(after, 2)).toEqual([]);
  });

  it("of a trial keeps its epochs, which it does not carry", () => {
    const store = reduce(start(), { seq: 11, kind: "epoch", data: epoch(0, 1) });
    const news = trialNews(0, { state: "completed" });
    const after = reduce(store, { seq: 12, kind: "trial", data: news });
    expect(after.trials.get(0)?.state).toBe("completed");
    expect(epochsOf(after, 0)).toEqual([1]);
  });

  it("of an epoch brings health as it stands, and keeps its history light", () => {
    const measurements = {
      training_stability: measurement(0.8),
      overfitting: measurement(0.1, { verdict: "some" }),
    };
    const after = reduce(start(), { seq: 11, kind: "epoch", data: epoch(0, 1, { measurements }) }).trials.get(
      0,
    );
    expect(Object.keys(after?.health ?? {})).toEqual(["training_stability"]);
    expect([after?.overfitting?.verdict, after?.health_is_provisional]).toEqual(["some", true]);
    expect(after?.epochs[0]).not.toHaveProperty("measurements");
  });

  it("of an epoch that measured nothing leaves health as it was", () => {
    const before = reduce(start(), {
      seq: 11,
      kind: "epoch",
      data: epoch(0, 1, { measurements: { training_stability: measurement(0.8) } }),
    });
    const after = reduce(before, { seq: 12, kind: "epoch", data: epoch(0, 2) });
    expect(after.trials.get(0)?.health.training_stability.value).toBe(0.8);
  });

  it("leaves the trials that it does not name the same objects", () => {
    const store = start();
    const after = reduce(store, { seq: 11, kind: "epoch", data: epoch(0, 1) });
    expect(after.trials.get(1)).toBe(store.trials.get(1));
    expect(after.trials.get(0)).not.toBe(store.trials.get(0));
  });

  it("of a kind not known only moves the place in the stream", () => {
    const store = start();
    expect(reduce(store, { seq: 11, kind: "weather", data: {} })).toEqual({ ...store, seq: 11 });
  });
});

describe("epochs", () => {
  it("stand in order, each once, however they come", () => {
    const reports = [epoch(0, 2), epoch(0, 1), epoch(0, 2, { val_accuracy: 0.9 })];
    const after = reports.reduce(
      (store, data, at) => reduce(store, { seq: 11 + at, kind: "epoch", data }),
      start(),
    );
    expect(epochsOf(after, 0)).toEqual([1, 2]);
    expect(after.trials.get(0)?.epochs[1].val_accuracy).toBe(0.9);
  });

  it("of a later attempt replace those of an earlier one", () => {
    const first = reduce(start(), { seq: 11, kind: "epoch", data: epoch(0, 3) });
    const after = reduce(first, { seq: 12, kind: "epoch", data: epoch(0, 1, { attempt: 2 }) });
    expect(epochsOf(after, 0)).toEqual([1]);
    expect(after.trials.get(0)?.attempt).toBe(2);
  });

  it("of an earlier attempt that come late are ignored", () => {
    const store = createStore(job(), [trial(0, { attempt: 2 })], 10);
    expect(epochsOf(reduce(store, { seq: 11, kind: "epoch", data: epoch(0, 5) }), 0)).toEqual([]);
  });

  it("go when the trial is queued again", () => {
    const store = createStore(job(), [trial(0, { epochs: [epoch(0, 1)] })], 10);
    const news = trialNews(0, { attempt: 2, state: "queued" });
    expect(epochsOf(reduce(store, { seq: 11, kind: "trial", data: news }), 0)).toEqual([]);
  });

  it("of the page's first data are those of the current attempt", () => {
    const epochs = [epoch(0, 1), epoch(0, 2), epoch(0, 1, { attempt: 2 })];
    expect(epochsOf(createStore(job(), [trial(0, { attempt: 2, epochs })], 10), 0)).toEqual([1]);
  });
});

describe("what the page asks of it", () => {
  it("finds the best trial by the job's word", () => {
    expect(bestTrial(createStore(job({ best_trial_number: 1 }), [trial(0), trial(1)], 0))?.number).toBe(1);
    expect(bestTrial(start())).toBeNull();
  });

  it("finds the running trials", () => {
    expect(runningTrials(start()).map(({ number }) => number)).toEqual([0]);
  });

  it("shows a job as stopping from the moment that it was asked to stop", () => {
    expect(shownState(job({ stop_request: "now" }))).toBe("stopping");
    expect(shownState(job({ stop_request: "now", state: "stopped" }))).toBe("stopped");
    expect(shownState(job({ stop_request: "pause", state: "running" }))).toBe("pausing");
    expect(shownState(job())).toBe("running");
  });

  it("knows which states are the last", () => {
    const states = ["queued", "running", "paused", "stopping", "stopped", "completed", "failed"];
    expect(states.filter((state) => isFinished({ state }))).toEqual(["stopped", "completed", "failed"]);
  });
});

describe("what the owner may do", () => {
  it("does not offer to go on with a failed job that has run all its trials", () => {
    expect(possibleActions(job({ state: "failed", finished: 8, trials: 8 })).resume).toBe(false);
  });

  it.each([
    ["queued", "", "pause stop"],
    ["running", "", "pause stop"],
    ["running", "pause", "resume stop"],
    ["paused", "", "resume stop"],
    ["running", "now", ""],
    ["stopped", "now", "resume"],
    ["completed", "", ""],
    ["failed", "", "resume"],
  ])("with a job that is %s and asked to %s", (state, request, verbs) => {
    const possible = possibleActions(
      job({ state: /** @type {any} */ (state), stop_request: /** @type {any} */ (request) }),
    );
    const named = Object.entries(possible).filter(([, may]) => may);
    expect(named.map(([verb]) => verb).join(" ")).toBe(verbs);
  });
});
