// @ts-check
import { expect, it } from "vitest";
import { backoffMs } from "../../static/js/backoff.js";

it("doubles from half a second to half a minute", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((failures) => backoffMs(failures, 1));
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

it("spreads pages over half of the wait", () => {
  expect([backoffMs(3, 0), backoffMs(3, 0.5)]).toEqual([1000, 1500]);
});
