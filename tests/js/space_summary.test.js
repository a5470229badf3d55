// @ts-check
import { expect, it } from "vitest";
import { changedWords } from "../../static/js/space_summary.js";

const rows = [
  { use: "search", usual: "search" },
  { use: "leave", usual: "leave" },
];

it("says so when every hyperparameter is as it comes", () => {
  expect(changedWords(rows)).toBe("nothing changed");
});

it("counts what was narrowed, fixed, left out or opened", () => {
  const changed = [
    { use: "fix", usual: "search" },
    { use: "search", usual: "leave" },
  ];
  expect(changedWords([...rows, ...changed])).toBe("2 changed");
});
