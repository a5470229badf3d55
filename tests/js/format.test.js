// @ts-check
import { describe, expect, it, test } from "vitest";
import cases from "../format_cases.json";
import {
  compact,
  duration,
  percent,
  score,
  secondsBetween,
  setting,
  signed,
  title,
  whole,
} from "../../static/js/format.js";

const formats = { percent, score, signed, whole, duration };

describe("numbers read the same as in the server's templates", () => {
  for (const [name, format] of Object.entries(formats)) {
    const table = cases[/** @type {keyof typeof cases} */ (name)];
    test.each(/** @type {[number | null, string][]} */ (table))(`${name}(%s) is %s`, (value, text) => {
      expect(format(value)).toBe(text);
    });
  }
});

it("shows a number that is not finite as absent", () => {
  expect([percent(NaN), score(Infinity), duration(NaN), compact(undefined)]).toEqual(["–", "–", "–", "–"]);
});

it("shortens counts to three digits", () => {
  const counts = [0, 999, 1000, 36_410, 364_100, 999_499, 999_500, 1_254_000, 23_400_000];
  expect(counts.map(compact)).toEqual([
    "0",
    "999",
    "1.00k",
    "36.4k",
    "364k",
    "999k",
    "1.00M",
    "1.25M",
    "23.4M",
  ]);
});

it("writes hyperparameters as people do", () => {
  const values = [true, false, null, "relu", 64, 12_000, 0.25, 0.0031234, 0.00031, [3, 3]];
  const words = ["yes", "no", "none", "relu", "64", "12,000", "0.25", "0.00312", "3.1e-4", "3×3"];
  expect(values.map(setting)).toEqual(words);
});

it("makes a title of a name", () => {
  expect(title("neuron_utilization")).toBe("Neuron utilization");
});

describe("time between two moments", () => {
  const start = "2026-01-01T10:00:00Z";

  it("counts up to now while the end is open", () => {
    expect(secondsBetween(start, null, Date.parse("2026-01-01T10:01:30Z"))).toBe(90);
  });

  it("ends at the end", () => {
    expect(secondsBetween(start, "2026-01-01T10:00:12.5Z", Date.now())).toBe(12.5);
  });

  it("is nothing before the start", () => {
    expect(secondsBetween(null, null, Date.now())).toBeNull();
  });

  it("is never negative when the clocks of browser and server differ", () => {
    expect(secondsBetween(start, null, Date.parse("2026-01-01T09:59:58Z"))).toBe(0);
  });
});
