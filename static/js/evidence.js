// @ts-check
/** What a measurement of health rests on, as facts and small tables. Names not known here are shown as they are. */
import { compact, isNumber, percent, score, setting, title, whole } from "./format.js";

/**
 * @typedef {(value: any) => string} Format
 *
 * @typedef {object} Fact
 * @property {string} label
 * @property {string} text
 *
 * @typedef {object} Table
 * @property {string} caption
 * @property {string[]} columns
 * @property {string[][]} rows
 */

const MOST_ROWS = 20;

/** @type {Format} Three significant digits, also of what spans many decades. */
const digits = (value) => (isNumber(value) ? setting(value) : "none");
/** @type {Format} */
const nats = (value) => (isNumber(value) ? `${value.toFixed(3)}\u00a0nats` : "none");
/** @type {Format} */
const list = (value) => value.map(setting).join(", ") || "none";
/** @type {Format} */
const interval = ([low, high]) => `${percent(low)} to ${percent(high)}`;
/** @type {Format} */
const afterEpochs = (value) => `epoch ${setting(value)}`;

/** @type {Record<string, [string, Format]>} */
const WORDS = {
  worst_layer: ["Worst layer", setting],
  typical_epoch: ["A typical epoch", setting],
  even: ["Layers learn about equally fast", score],
  bounded: ["No gradient is huge", score],
  reached: ["Every layer is reached", score],
  slowest_layer: ["Slowest layer", setting],
  fastest_layer: ["Fastest layer", setting],
  largest_norm: ["Largest gradient norm", digits],
  largest_zero_share: ["Most gradients that are zero", percent],
  most_zeros_in: ["Most zeros in", setting],
  not_finite: ["Not finite in", setting],
  climb_over_start: ["Climb above the first loss", nats],
  up: ["All rises, as a share of what guessing costs", percent],
  spikes: ["Spikes", whole],
  spike_share: ["Batches that are spikes", percent],
  spike_epochs: ["Epochs with spikes", list],
  diverged_in_epoch: ["Diverged in epoch", setting],
  batch: ["At batch", whole],
  progress: ["Progress from guessing to no loss", percent],
  straightness: ["Straightness of the way down", score],
  gain_kept: ["Best gain kept at the end", percent],
  label_entropy: ["Loss of guessing", nats],
  best_validation_loss: ["Best validation loss", nats],
  best_after_epochs: ["Best after", afterEpochs],
  last_validation_loss: ["Last validation loss", nats],
  mean_recall: ["Mean recall", percent],
  true_spread: ["Spread between classes", percent],
  sampling_noise: ["Spread that chance alone gives", percent],
  classes: ["Classes", whole],
  skill: ["Skill beyond guessing", percent],
  accuracy: ["Accuracy", percent],
  majority_share: ["Share of the largest class", percent],
  parameters: ["Weights", compact],
  size_penalty: ["Taken off for size", percent],
  first_epoch_compression: ["Saved by the first epoch's learning", percent],
  training_accuracy: ["Training accuracy", percent],
  validation_accuracy: ["Validation accuracy", percent],
  gap_interval: ["Gap, 95 % interval", interval],
  training_loss: ["Training loss", nats],
  validation_loss: ["Validation loss", nats],
  best_validation_loss_in_epoch: ["Best validation loss in", afterEpochs],
  validation_loss_rise: ["Rise since, as a share of what guessing costs", percent],
  training_examples: ["Training examples looked at", whole],
  validation_examples: ["Validation examples looked at", whole],
};

/** @type {Record<string, [string, Format]>} Of the columns of tables; some mean something else as a fact. */
const COLUMNS = {
  layer: ["Layer", setting],
  units: ["Units", whole],
  alive: ["Alive", percent],
  dead_share: ["Dead", percent],
  dead_share_at_first: ["Dead at first", percent],
  dormant_share: ["Dormant", percent],
  norm: ["Norm", digits],
  ratio_to_weights: ["Norm over weights", digits],
  zero_share: ["Zeros", percent],
  class: ["Class", setting],
  recall: ["Recall", percent],
  examples: ["Examples", whole],
  epoch: ["Epoch", setting],
  by: ["Rise", nats],
};

/** @type {Record<string, string>} */
const CAPTIONS = {
  layers: "By layer",
  worst_classes: "The hardest classes",
  rises: "Where the loss rose",
  by_epoch: "By epoch",
  chunk_means: "Mean loss, by part of the training",
};

/** @type {Record<string, [string, Format]>} What a word means in one metric alone. */
const OF_METRIC = { "gradient_health.alive": ["There is a gradient", score] };

/** @type {Record<string, string[]>} What says most of each metric. */
const KEY_FACTS = {
  parameter_efficiency: ["skill", "parameters", "size_penalty"],
  training_stability: ["diverged_in_epoch", "up", "spikes"],
  gradient_health: ["not_finite", "slowest_layer", "largest_norm", "largest_zero_share"],
  convergence_quality: ["progress", "straightness", "gain_kept"],
  accuracy_consistency: ["mean_recall", "true_spread"],
  overfitting: ["training_accuracy", "validation_accuracy", "gap_interval"],
};

/**
 * What the value rests on, on one line; "" where nothing is known.
 *
 * @param {string} metric
 * @param {Record<string, any> | undefined} evidence
 * @returns {string}
 */
export function evidenceSentence(metric, evidence = {}) {
  const names = (KEY_FACTS[metric] ?? []).filter((name) => evidence[name] !== null && name in evidence);
  const facts = names.map((name) => `${WORDS[name][0]} ${WORDS[name][1](evidence[name])}`);
  const all = [worstLayer(evidence), ...facts, hardestClass(evidence)].filter(Boolean);
  const text = all
    .map((fact, index) => (index ? fact.charAt(0).toLowerCase() + fact.slice(1) : fact))
    .join("; ");
  return text && `${text}.`;
}

/** @param {Record<string, any>} evidence @returns {string} */
function worstLayer({ worst_layer: name, layers }) {
  const layer = (layers ?? []).find((/** @type {any} */ row) => row.layer === name);
  if (!layer) return "";
  const before = isNumber(layer.dead_share_at_first)
    ? `, ${percent(layer.dead_share_at_first)} at first`
    : "";
  return `Worst layer ${name}: ${percent(layer.alive)} alive, ${percent(layer.dead_share)} dead${before}`;
}

/** @param {Record<string, any>} evidence @returns {string} */
function hardestClass({ worst_classes: classes }) {
  return classes?.length ? `hardest class ${classes[0].class}, found in ${percent(classes[0].recall)}` : "";
}

/**
 * @param {string} metric
 * @param {Record<string, any> | undefined} evidence
 * @returns {Fact[]}
 */
export function evidenceFacts(metric, evidence) {
  return Object.entries(evidence ?? {})
    .filter(([name, value]) => value !== null && !isTabular(name, value))
    .map(([name, value]) => {
      const [label, format] = OF_METRIC[`${metric}.${name}`] ?? WORDS[name] ?? [title(name), anyValue];
      return { label, text: format(value) };
    });
}

/**
 * @param {Record<string, any> | undefined} evidence
 * @returns {Table[]}
 */
export function evidenceTables(evidence) {
  return Object.entries(evidence ?? {})
    .filter(([name, value]) => isTabular(name, value))
    .map(([name, value]) => table(CAPTIONS[name] ?? title(name), rowsOf(name, value)))
    .filter(({ rows }) => rows.length > 0);
}

/**
 * @param {string} name
 * @param {any} value
 * @returns {boolean}
 */
function isTabular(name, value) {
  if (value === null || typeof value !== "object") return false;
  return (
    !Array.isArray(value) || name === "chunk_means" || typeof value[0] === "object" || value.length === 0
  );
}

/**
 * @param {string} name
 * @param {any} value an array of rows or numbers, or numbers by epoch
 * @returns {Record<string, any>[]}
 */
function rowsOf(name, value) {
  if (Array.isArray(value))
    return value.map((item, index) =>
      item !== null && typeof item === "object" ? item : { part: index + 1, mean_loss: item },
    );
  const key = name === "by_epoch" ? "epoch" : "name";
  return Object.entries(value).map(([at, item]) => ({ [key]: at, value: item }));
}

/**
 * @param {string} caption
 * @param {Record<string, any>[]} rows
 * @returns {Table}
 */
function table(caption, rows) {
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== null));
  const shown = rows.slice(0, MOST_ROWS);
  return {
    caption: rows.length > shown.length ? `${caption}: the first ${MOST_ROWS} of ${rows.length}` : caption,
    columns: names.map((name) => COLUMNS[name]?.[0] ?? title(name)),
    rows: shown.map((row) => names.map((name) => (COLUMNS[name]?.[1] ?? anyValue)(row[name]))),
  };
}

/** @type {Format} */
function anyValue(value) {
  if (Array.isArray(value)) return list(value);
  return value !== null && typeof value === "object" ? JSON.stringify(value) : setting(value);
}
