import js from "@eslint/js";
import globals from "globals";

const html = "is a way in for injected HTML; build elements with el() from dom.js";

export default [
  { ignores: ["node_modules/", ".venv/", "var/", "optimization_results/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML"].map((property) => ({ property, message: html })),
      ],
    },
  },
  {
    files: ["static/js/**/*.js"],
    languageOptions: { globals: { ...globals.browser, uPlot: "readonly" } },
  },
];
