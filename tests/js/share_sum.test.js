// @ts-check
import { expect, it } from "vitest";
import { shareSum } from "../../static/js/share_sum.js";

it("is content with shares that sum to one, rounding aside", () => {
  expect(shareSum(["0.1", "0.2", "0.7"])).toEqual({ text: "1.00", isWhole: true });
});

it("says what the sum must be otherwise", () => {
  expect(shareSum(["0.5", "0.45", "", "abc"])).toEqual({ text: "0.95; must be 1.00", isWhole: false });
});
