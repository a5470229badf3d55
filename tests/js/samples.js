// @ts-check
/** Jobs, trials and epochs as the API sends them. */

/**
 * @import { EpochReport, HealthMeasurement, Job, Trial } from "../../static/js/types.js"
 */

/**
 * @param {Partial<Job>} [changes]
 * @returns {Job}
 */
export function job(changes = {}) {
  return {
    id: "3f0e",
    title: "",
    run_name: "digits_20260101T100000Z_00000000",
    dataset_name: "digits",
    dataset_size: "",
    mode: "health",
    optimize_for: "val_accuracy",
    state: "running",
    reason: "",
    stop_request: "",
    trials: 8,
    finished: 0,
    completed: 0,
    pruned: 0,
    failed: 0,
    running: 0,
    model_available: false,
    best_trial_number: null,
    best_total_score: null,
    test_accuracy: null,
    baseline_total_score: null,
    improvement: null,
    created_at: "2026-01-01T10:00:00Z",
    started_at: "2026-01-01T10:00:01Z",
    finished_at: null,
    url: "/jobs/3f0e/",
    api_url: "/api/v1/jobs/3f0e/",
    websocket_url: "/ws/jobs/3f0e/",
    ...changes,
  };
}

/**
 * @param {number} number
 * @param {Partial<Trial>} [changes]
 * @returns {Trial}
 */
export function trial(number, changes = {}) {
  return {
    number,
    state: "running",
    attempt: 1,
    params: {},
    repairs: {},
    fallbacks: {},
    is_baseline: number === 0,
    objective: null,
    overall_health: null,
    total_score: null,
    val_accuracy: null,
    test_accuracy: null,
    parameters: null,
    reason: "",
    traceback: "",
    worker: "",
    started_at: "2026-01-01T10:00:02Z",
    finished_at: null,
    duration_s: null,
    epochs: [],
    health: {},
    ...changes,
  };
}

/**
 * A trial as an event carries it: without its epochs, each of which was an event of its own.
 *
 * @param {number} number
 * @param {Partial<Trial>} [changes]
 * @returns {Omit<Trial, "epochs">}
 */
export function trialNews(number, changes) {
  const news = trial(number, changes);
  Reflect.deleteProperty(news, "epochs");
  return news;
}

/**
 * @param {number} number
 * @param {number} at
 * @param {Partial<EpochReport>} [changes]
 * @returns {EpochReport}
 */
export function epoch(number, at, changes = {}) {
  return {
    number,
    attempt: 1,
    epoch: at,
    epochs: 6,
    loss: 0.5,
    accuracy: 0.8,
    val_loss: 0.6,
    val_accuracy: 0.7,
    val_balanced_accuracy: 0.7,
    learning_rate: 0.001,
    duration_s: 1.5,
    ...changes,
  };
}

/**
 * @param {number | null} value
 * @param {Partial<HealthMeasurement>} [changes]
 * @returns {HealthMeasurement}
 */
export function measurement(value, changes = {}) {
  return { value, verdict: "good", reason: "", advice: "", ...changes };
}
