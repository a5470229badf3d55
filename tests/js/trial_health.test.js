// @ts-check
import { describe, expect, it } from "vitest";
import { figureText } from "../../static/js/extra_figures.js";
import { groupsOf } from "../../static/js/plot_gallery.js";
import { joined } from "../../static/js/trial_details.js";
import { provisionalNote } from "../../static/js/trial_health.js";
import { epoch, measurement, trial } from "./samples.js";

describe("an extra figure", () => {
  it.each([
    [{ value: 0.0312, unit: "share" }, "3.1\u00a0%"],
    [{ value: 0.0021, unit: "s" }, "2.1\u00a0ms"],
    [{ value: 0.00004, unit: "s" }, "40\u00a0µs"],
    [{ value: 8.4, unit: "s" }, "8.4\u00a0s"],
    [{ value: 640, unit: "bytes" }, "640\u00a0bytes"],
    [{ value: 575_300, unit: "bytes" }, "575\u00a0kB"],
    [{ value: 2_500_000, unit: "bytes" }, "2.5\u00a0MB"],
    [{ value: 0.114, unit: "nats" }, "0.114\u00a0nats"],
    [{ value: 4, unit: "count" }, "4"],
    [{ value: 3_020_000, unit: "count" }, "3.02M"],
    [{ value: 17.42, unit: "" }, "17.4"],
    [{ value: null, unit: "s" }, "not measured"],
  ])("%o reads %s", (figure, text) => {
    expect(figureText(figure)).toBe(text);
  });
});

describe("a running trial's health", () => {
  it("says after which epoch it stands so", () => {
    expect(provisionalNote(trial(0, { epochs: [epoch(0, 1), epoch(0, 2)] }))).toBe(
      "Provisional: as it stands after epoch 2.",
    );
  });

  it("of a trial that failed says that it left no result", () => {
    expect(provisionalNote(trial(0, { state: "failed" }))).toContain("left no result");
  });
});

describe("evidence that was read before", () => {
  const known = trial(0, { health: { training_stability: measurement(0.9, { evidence: { spikes: 1 } }) } });

  it("is shown beside the value that it is about", () => {
    const now = trial(0, { health: { training_stability: measurement(0.9) } });
    expect(joined(now, known).health.training_stability.evidence).toEqual({ spikes: 1 });
  });

  it("is not shown beside a newer value", () => {
    const now = trial(0, { health: { training_stability: measurement(0.4) } });
    expect(joined(now, known).health.training_stability.evidence).toBeUndefined();
    expect(joined(now, null)).toEqual({ ...now, overfitting: undefined });
  });
});

describe("the groups of a gallery", () => {
  const plot = {
    name: "a",
    title: "A",
    caption: "",
    group: "units",
    width: 9,
    height: 9,
    absent: null,
    error: null,
  };
  const drawn = { ...plot, urls: { png: "/a.png" } };
  const missing = { ...plot, name: "b", urls: {}, absent: "it has no LSTM" };

  it("come in their order, with what is missing apart, and without empty ones", () => {
    const groups = groupsOf({
      groups: { training: "Training", units: "Units", cost: "Cost" },
      plots: [missing, drawn],
      archive: null,
      why_none: "",
    });
    expect(groups).toEqual([{ heading: "Units", drawn: [drawn], missing: [missing] }]);
  });
});
