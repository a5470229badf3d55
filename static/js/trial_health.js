// @ts-check
/** The health of one trial in full: value, verdict, evidence and advice of each metric, and overfitting beside them. */
import { bar, el } from "./dom.js";
import { evidenceFacts, evidenceSentence, evidenceTables } from "./evidence.js";
import { isNumber, percent, score, title } from "./format.js";

/**
 * @import { Table } from "./evidence.js"
 * @import { HealthMeasurement, Trial } from "./types.js"
 */

/**
 * @param {Trial} trial with evidence where that has been read
 * @returns {HTMLElement}
 */
export function trialHealth(trial) {
  const metrics = Object.entries(trial.health ?? {});
  if (metrics.length === 0 && !trial.overfitting) return el("p", { class: "nothing" }, nothingYet(trial));
  return el(
    "div",
    {},
    trial.health_is_provisional ? el("p", { class: "form-hint provisional" }, provisionalNote(trial)) : null,
    el(
      "div",
      { class: "measurements" },
      ...metrics.map(([name, metric]) => measurement(name, metric, score)),
      trial.overfitting ? measurement("overfitting", trial.overfitting, gapText) : null,
    ),
  );
}

/** @param {Trial} trial @returns {string} */
function nothingYet({ state }) {
  if (state === "queued") return "Health is measured while it trains.";
  return state === "running"
    ? "The first measurement follows its first epoch."
    : "Health was not measured for this trial.";
}

/** @param {Trial} trial @returns {string} */
export function provisionalNote({ state, epochs }) {
  const at = epochs.length ? `after epoch ${epochs.length}` : "so far";
  return state === "running"
    ? `Provisional: as it stands ${at}.`
    : `Provisional: as it stood ${at}, since the trial left no result.`;
}

/** @param {number | null} gap @returns {string} */
function gapText(gap) {
  return `gap ${percent(gap)}`;
}

/**
 * @param {string} name
 * @param {HealthMeasurement} metric
 * @param {(value: number | null) => string} text
 * @returns {HTMLElement}
 */
function measurement(name, metric, text) {
  const { value, verdict, reason, advice, evidence } = metric;
  const measured = isNumber(value);
  return el(
    "article",
    { class: "measurement", "data-metric": name },
    el("h4", {}, title(name)),
    measured
      ? el(
          "p",
          { class: "measurement-value" },
          name === "overfitting" ? null : bar(value),
          el("span", { class: "number" }, text(value)),
          verdict ? el("span", { class: "verdict", "data-verdict": verdict }, verdict) : null,
        )
      : el("p", { class: "absent" }, `Not measured: ${reason || "no reason was given"}.`),
    measured && advice ? el("p", {}, advice) : null,
    measured && evidence ? el("p", { class: "evidence-line" }, evidenceSentence(name, evidence)) : null,
    evidence ? evidencePart(name, evidence) : null,
  );
}

/**
 * @param {string} name
 * @param {Record<string, any>} evidence
 * @returns {HTMLElement | null}
 */
function evidencePart(name, evidence) {
  const facts = evidenceFacts(name, evidence);
  const tables = evidenceTables(evidence);
  if (facts.length + tables.length === 0) return null;
  return el(
    "details",
    { class: "evidence" },
    el("summary", {}, "All evidence"),
    facts.length
      ? el(
          "dl",
          { class: "facts" },
          ...facts.flatMap(({ label, text }) => [el("dt", {}, label), el("dd", {}, text)]),
        )
      : null,
    ...tables.map(evidenceTable),
  );
}

/**
 * @param {Table} table
 * @returns {HTMLElement}
 */
function evidenceTable({ caption, columns, rows }) {
  return el(
    "div",
    { class: "evidence-table", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, ...columns.map((column) => el("th", { scope: "col" }, column)))),
      el(
        "tbody",
        {},
        ...rows.map((row) =>
          el(
            "tr",
            {},
            ...row.map((cell, index) => (index ? el("td", {}, cell) : el("th", { scope: "row" }, cell))),
          ),
        ),
      ),
    ),
  );
}
