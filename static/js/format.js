// @ts-check
/** Numbers as people read them. tests/format_cases.json holds the cases that page_format.py must meet too. */

/** @typedef {number | null | undefined} Maybe */

export const ABSENT = "–";
const SPACE = "\u00a0";

/**
 * @param {Maybe} value
 * @returns {value is number}
 */
export function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * A share in [0, 1] as per cent.
 *
 * @param {Maybe} share
 * @returns {string}
 */
export function percent(share) {
  return isNumber(share) ? `${(share * 100).toFixed(1)}${SPACE}%` : ABSENT;
}

/**
 * A score or share in [0, 1], without unit.
 *
 * @param {Maybe} value
 * @returns {string}
 */
export function score(value) {
  return isNumber(value) ? value.toFixed(3) : ABSENT;
}

/**
 * A difference of two scores, always with its sign.
 *
 * @param {Maybe} value
 * @returns {string}
 */
export function signed(value) {
  if (!isNumber(value)) return ABSENT;
  const size = Math.abs(value).toFixed(3);
  if (Number(size) === 0) return `±${size}`;
  return `${value > 0 ? "+" : "−"}${size}`;
}

/** @param {Maybe} value @returns {string} */
export function whole(value) {
  return isNumber(value) ? Math.round(value).toLocaleString("en-US") : ABSENT;
}

/**
 * A count in three digits: 36.4k, 1.25M.
 *
 * @param {Maybe} value
 * @returns {string}
 */
export function compact(value) {
  if (!isNumber(value)) return ABSENT;
  if (value < 1000) return String(value);
  const [size, unit] = value < 999_500 ? [value / 1e3, "k"] : [value / 1e6, "M"];
  return `${size < 10 ? size.toFixed(2) : size < 100 ? size.toFixed(1) : size.toFixed(0)}${unit}`;
}

/** @param {Maybe} seconds @returns {string} */
export function duration(seconds) {
  if (!isNumber(seconds) || seconds < 0) return ABSENT;
  if (seconds < 9.95) return `${seconds.toFixed(1)}${SPACE}s`;
  const total = Math.round(seconds);
  if (total < 60) return `${total}${SPACE}s`;
  const [big, small] =
    total < 3600
      ? [
          [Math.floor(total / 60), "min"],
          [total % 60, "s"],
        ]
      : total < 86_400
        ? [
            [Math.floor(total / 3600), "h"],
            [Math.floor((total % 3600) / 60), "min"],
          ]
        : [
            [Math.floor(total / 86_400), "d"],
            [Math.floor((total % 86_400) / 3600), "h"],
          ];
  return [big, small].map(([amount, unit]) => `${amount}${SPACE}${unit}`).join(" ");
}

/**
 * Seconds between two ISO times; an open end counts up to now.
 *
 * @param {string | null} from
 * @param {string | null} to
 * @param {number} nowMs
 * @returns {number | null}
 */
export function secondsBetween(from, to, nowMs) {
  if (!from) return null;
  return Math.max(0, ((to ? Date.parse(to) : nowMs) - Date.parse(from)) / 1000);
}

/**
 * The value of a hyperparameter.
 *
 * @param {unknown} value
 * @returns {string}
 */
export function setting(value) {
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(setting).join("×");
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return Math.abs(value) < 10_000 ? String(value) : whole(value);
  return Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/**
 * neuron_utilization → Neuron utilization.
 *
 * @param {string} name
 * @returns {string}
 */
export function title(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
