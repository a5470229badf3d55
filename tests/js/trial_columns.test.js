// @ts-check
import { describe, expect, it } from "vitest";
import {
  COLUMNS,
  keySettings,
  sortTrials,
  trialSeconds,
  validationAccuracy,
} from "../../static/js/trial_columns.js";
import { epoch, trial } from "./samples.js";

const NOW = Date.parse("2026-01-01T10:01:02Z");

/**
 * @param {import("../../static/js/types.js").Trial[]} trials
 * @param {string} key
 * @param {"ascending" | "descending"} direction
 */
const order = (trials, key, direction) => sortTrials(trials, key, direction, NOW).map(({ number }) => number);

describe("sorting", () => {
  const trials = [
    trial(0, { total_score: 0.8 }),
    trial(1),
    trial(2, { total_score: 0.9 }),
    trial(3, { total_score: 0.8 }),
  ];

  it("puts trials without a value last in both directions", () => {
    expect(order(trials, "total_score", "descending")).toEqual([2, 0, 3, 1]);
    expect(order(trials, "total_score", "ascending")).toEqual([0, 3, 2, 1]);
  });

  it("keeps equal ones in the order of their numbers", () => {
    expect(order(trials, "state", "descending")).toEqual([0, 1, 2, 3]);
  });

  it("leaves the given list alone", () => {
    order(trials, "total_score", "descending");
    expect(trials.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
  });
});

describe("a running trial", () => {
  const running = trial(4, { epochs: [epoch(4, 1), epoch(4, 2, { val_accuracy: 0.85 })] });
  const text = (/** @type {string} */ key) =>
    COLUMNS.find((column) => column.key === key)?.text(running, NOW);

  it("shows the validation accuracy of its latest epoch", () => {
    expect(validationAccuracy(running)).toBe(0.85);
  });

  it("shows how many epochs it has of how many", () => {
    expect(text("epochs")).toBe("2 of 6");
  });

  it("counts its time up to now", () => {
    expect(trialSeconds(running, NOW)).toBe(60);
  });

  it("shows what it does not have as absent", () => {
    expect([text("test_accuracy"), text("total_score"), text("parameters")]).toEqual(["–", "–", "–"]);
  });
});

it("tells a model's key settings in one line", () => {
  const params = {
    num_layers_conv: 2,
    filters_per_conv_layer: 32,
    activation: "relu",
    optimizer: "adam",
    learning_rate: 0.001,
  };
  expect(keySettings(params)).toBe("2 conv × 32, relu, adam 0.001");
  const reading = { num_layers_lstm: 1, lstm_units: 64, optimizer: "adam" };
  expect(keySettings(reading)).toBe("1 LSTM × 64, adam");
  expect(keySettings({})).toBe("defaults");
});
