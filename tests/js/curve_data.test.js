// @ts-check
import { describe, expect, it } from "vitest";
import { curveData, drawnTrials, lastValue, lineName, PALETTE_SIZE } from "../../static/js/curve_data.js";
import { epoch, trial } from "./samples.js";

/**
 * @param {number} number
 * @param {(number | null)[]} accuracies
 * @param {Partial<import("../../static/js/types.js").Trial>} [changes]
 */
function trained(number, accuracies, changes = {}) {
  const epochs = accuracies.map((val_accuracy, at) => epoch(number, at + 1, { val_accuracy }));
  return trial(number, { state: "completed", epochs, ...changes });
}

describe("curve data", () => {
  it("has one column of epochs and one line for each trial, with gaps where nothing is", () => {
    const { epochs, lines } = curveData(
      [trained(0, [0.5, 0.6, 0.7]), trained(1, [0.4])],
      null,
      "val_accuracy",
    );
    expect(epochs).toEqual([1, 2, 3]);
    expect(lines.map((line) => line.values)).toEqual([
      [0.5, 0.6, 0.7],
      [0.4, null, null],
    ]);
  });

  it("shows the loss when asked", () => {
    expect(curveData([trained(0, [0.5])], null, "val_loss").lines[0].values).toEqual([0.6]);
  });

  it("has no epochs before the first one ends", () => {
    expect(curveData([], null, "val_accuracy")).toEqual({ epochs: [], lines: [] });
  });

  it("marks the best and the default", () => {
    const { lines } = curveData([trained(0, [0.5]), trained(1, [0.6])], 1, "val_accuracy");
    expect(lines.map(lineName)).toEqual(["Trial 0 (default)", "Trial 1 (best)"]);
  });

  it("gives the best a colour of its own, without dashes", () => {
    const { lines } = curveData([trained(0, [0.5]), trained(9, [0.6])], 9, "val_accuracy");
    expect(lines.map(({ colour, dash }) => [colour, dash])).toEqual([
      ["baseline", [3, 3]],
      ["best", []],
    ]);
  });

  it("never gives two of the first lines the same colour and dashes", () => {
    const trials = Array.from({ length: PALETTE_SIZE * 4 }, (_, number) => trained(number, [0.5]));
    const looks = curveData(trials, null, "val_accuracy").lines.map((line) => `${line.colour} ${line.dash}`);
    expect(new Set(looks).size).toBe(looks.length);
  });

  it("keeps a trial's look when others join", () => {
    const alone = curveData([trained(7, [0.5])], null, "val_accuracy").lines[0];
    const among = curveData([trained(0, [0.5]), trained(7, [0.5])], null, "val_accuracy").lines[1];
    expect([among.colour, among.dash]).toEqual([alone.colour, alone.dash]);
  });
});

describe("the trials that are drawn", () => {
  it("are all that have an epoch while they are few", () => {
    const trials = [trained(0, [0.5]), trained(1, [0.5]), trial(2)];
    expect(drawnTrials(trials, null).map(({ number }) => number)).toEqual([0, 1]);
  });

  it("are the default, the best, the running and the latest when they are many", () => {
    const trials = Array.from({ length: 40 }, (_, number) =>
      trained(number, [0.5], { state: number === 20 ? "running" : "completed" }),
    );
    expect(drawnTrials(trials, 7, 6).map(({ number }) => number)).toEqual([0, 7, 20, 37, 38, 39]);
  });
});

it("takes the last value that was measured", () => {
  expect([lastValue([0.1, 0.2, null]), lastValue([null]), lastValue([0])]).toEqual([0.2, null, 0]);
});
