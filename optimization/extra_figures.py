"""Figures of a trial that are shown beside its health and not scored: names, units and what each says."""

from collections.abc import Mapping
from typing import Any, NamedTuple

SHARE, SECONDS, BYTES, NATS, COUNT, PURE = "share", "s", "bytes", "nats", "count", ""


class ExtraFigure(NamedTuple):
    """unit: share (in [0, 1]), s, bytes, nats, count, or "" for a pure number. about: one sentence for a person."""

    unit: str
    title: str
    about: str


EXTRA_FIGURES: dict[str, ExtraFigure] = {
    "generalization_gap": ExtraFigure(
        SHARE, "Generalization gap", "Training accuracy less validation accuracy, both in inference mode."
    ),
    "calibration_error": ExtraFigure(
        SHARE, "Calibration error", "How far its confidence is from how often it is right; 0 is perfect."
    ),
    "negative_log_likelihood": ExtraFigure(
        NATS, "Validation loss", "Negative log-likelihood of the right class; a sure mistake costs most."
    ),
    "brier_score": ExtraFigure(
        PURE, "Brier score", "Squared error of the probabilities, from 0 (perfect) to 2 (sure and wrong)."
    ),
    "worst_class_recall": ExtraFigure(
        SHARE, "Worst class", "Share of the examples of its hardest class that it finds."
    ),
    "class_recall_spread": ExtraFigure(
        SHARE, "Spread between classes", "Standard deviation of recall over the classes."
    ),
    "noise_robustness": ExtraFigure(
        SHARE, "Kept under noise", "Accuracy on noisy inputs as a share of that on clean ones."
    ),
    "latency_1_p95_s": ExtraFigure(
        SECONDS, "Latency, one example", "95 of 100 predictions of one example are at least this quick."
    ),
    "latency_64_p95_s": ExtraFigure(
        SECONDS, "Latency, batch of 64", "95 of 100 predictions of 64 examples at once are at least this quick."
    ),
    "model_bytes": ExtraFigure(BYTES, "Model file", "Size of the saved model."),
    "flops": ExtraFigure(COUNT, "FLOPs", "Floating-point operations of one prediction of one example."),
    "training_s": ExtraFigure(SECONDS, "Training time", "Seconds spent in training, without preparation and pictures."),
    "likely_label_errors": ExtraFigure(
        COUNT, "Likely label errors", "Validation examples whose label looks wrong to the model and to cleanlab."
    ),
    "effective_rank": ExtraFigure(
        PURE, "Effective rank", "How many directions the last hidden layer's features really use."
    ),
    "monitoring_share": ExtraFigure(SHARE, "Time spent measuring", "Share of the epochs' time that measuring took."),
}
"""In the order they are shown."""

_OF_THE_RESULT = ("model_bytes", "flops", "training_s")
"""Fields of a TrialResult that are shown among them."""


def extra_figures(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By name: value, None where it could not be measured, and unit. Figures unknown here come last.

    result: TrialResult.to_dict(), maybe of an earlier version.
    """
    measured = {**{name: result.get(name) for name in _OF_THE_RESULT}, **result.get("extras", {})}
    known = [name for name in EXTRA_FIGURES if name in measured]
    unknown = [name for name in measured if name not in EXTRA_FIGURES]
    return {name: {"value": measured[name], "unit": _unit(name)} for name in (*known, *unknown)}


def _unit(name: str) -> str:
    if name in EXTRA_FIGURES:
        return EXTRA_FIGURES[name].unit
    return SECONDS if name.endswith("_s") else PURE
