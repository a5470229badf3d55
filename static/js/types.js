// @ts-check
/**
 * The shapes that the API, the page's JSON and the WebSocket share (docs/ARCHITECTURE.md).
 * Times are ISO 8601 strings, shares and scores lie in [0, 1], durations are seconds; null: not measured.
 *
 * @typedef {"queued" | "running" | "paused" | "stopping" | "stopped" | "completed" | "failed"} JobState
 * @typedef {"queued" | "running" | "completed" | "pruned" | "failed" | "stopped"} TrialState
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {string} title
 * @property {string} run_name
 * @property {string} dataset_name
 * @property {string} dataset_size
 * @property {string} mode
 * @property {string} optimize_for
 * @property {JobState} state
 * @property {string} reason
 * @property {"" | "pause" | "now" | "after_running"} stop_request
 * @property {number} trials asked for
 * @property {number} finished completed + pruned + failed
 * @property {number} completed
 * @property {number} pruned
 * @property {number} failed
 * @property {number} running
 * @property {boolean} model_available
 * @property {number | null} best_trial_number
 * @property {number | null} best_total_score
 * @property {number | null} test_accuracy of the trial chosen on validation
 * @property {number | null} baseline_total_score
 * @property {number | null} improvement best minus baseline total score, by means on other seeds where there are some
 * @property {number[]} [pareto_front] numbers of the trials on it; none with one objective
 * @property {number} [repaired] draws made smaller to keep the limits
 * @property {number} [fallen_back] draws in which a suggestion failed
 * @property {number} [rejected] draws that could not be trained within the limits
 * @property {number} [confirmation_runs] finished runs of the best trials on other seeds
 * @property {PruningReport | null} [pruning]
 * @property {Confirmation[]} [confirmation] best first
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {string} created_at
 * @property {string} url
 * @property {string} api_url
 * @property {string} websocket_url
 *
 * @typedef {object} PruningReport
 * @property {number} pruned ended by the pruner
 * @property {number} audited given up by it and let run to the end
 * @property {number} wrong of the audited: those that then were the best so far
 * @property {number | null} wrong_share null: too few to say
 * @property {number} epochs_saved
 * @property {number} seconds_saved
 *
 * @typedef {object} Confirmation
 * @property {number} number of the trial
 * @property {number} score of its first run
 * @property {number[]} scores on other seeds
 * @property {number | null} mean of those
 * @property {number | null} low of the 95 % interval of the mean
 * @property {number | null} high
 *
 * @typedef {object} EpochReport
 * @property {number} number of its trial
 * @property {number} attempt
 * @property {number} epoch counts from 1
 * @property {number} epochs how many the trial may train
 * @property {number | null} loss
 * @property {number | null} accuracy
 * @property {number | null} val_loss
 * @property {number | null} val_accuracy
 * @property {number | null} val_balanced_accuracy
 * @property {number | null} learning_rate
 * @property {number} duration_s
 * @property {Record<string, number | null>} [health] provisional
 * @property {string} [alarm] why the health pruner would end the trial here
 * @property {Record<string, HealthMeasurement>} [measurements] in events only: health so far, and overfitting
 *
 * @typedef {object} HealthMeasurement
 * @property {number | null} value
 * @property {string} verdict
 * @property {string} reason why it was not measured
 * @property {string} advice
 * @property {Record<string, any>} [evidence] told for one trial alone
 *
 * @typedef {object} ExtraFigure
 * @property {number | null} value
 * @property {string} unit share, s, bytes, nats, count, or none
 *
 * @typedef {object} Plot
 * @property {string} name
 * @property {string} title
 * @property {string} caption
 * @property {string} group
 * @property {number | null} width of the PNG in pixels
 * @property {number | null} height
 * @property {string | null} absent why it could not be drawn from what was recorded
 * @property {string | null} error what went wrong in drawing it
 * @property {Record<string, string>} urls by kind: png, svg or gif, json
 *
 * @typedef {object} Plots
 * @property {Record<string, string>} groups titles by name
 * @property {Plot[]} plots
 * @property {string | null} archive
 * @property {string} why_none empty where there are some
 *
 * @typedef {object} Trial
 * @property {number} number
 * @property {TrialState} state
 * @property {number} attempt
 * @property {Record<string, unknown>} params
 * @property {Record<string, string>} repairs
 * @property {Record<string, string>} fallbacks
 * @property {Record<string, number | null>} [objective_values] by objective, where there are several
 * @property {Record<string, string>} [violations] limits that the model does not keep
 * @property {number | null} [would_be_pruned_at] the epoch after which an audited trial would have been pruned
 * @property {number | null} [confirms] the trial that this one trains again on another seed
 * @property {boolean} is_baseline
 * @property {number | null} objective
 * @property {number | null} overall_health
 * @property {number | null} total_score
 * @property {number | null} val_accuracy
 * @property {number | null} test_accuracy
 * @property {number | null} parameters
 * @property {string} reason
 * @property {string} traceback
 * @property {string} worker
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {number | null} duration_s
 * @property {EpochReport[]} epochs
 * @property {Record<string, HealthMeasurement>} health
 * @property {boolean} [health_is_provisional] as after the newest epoch, since there is no result yet
 * @property {HealthMeasurement | null} [overfitting]
 * @property {Record<string, ExtraFigure>} [extras] not scored
 *
 * @typedef {object} JobEvent
 * @property {number} seq
 * @property {string} kind
 * @property {any} data
 */
export {};
