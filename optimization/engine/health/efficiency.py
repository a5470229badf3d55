"""Skill for its size."""

import math

import numpy as np

from ..loss_record import LossRecord
from ..request import HealthMetric
from ..scoring import ramp, skill
from ..trial import HealthMeasurement
from .constants import CONSTANTS
from .measurement import Standing, absent, measured, short


def parameter_efficiency(record: LossRecord, standing: Standing) -> HealthMeasurement:
    """Skill, reduced by up to 60 % for size beyond 10,000 weights."""
    metric = HealthMetric.PARAMETER_EFFICIENCY
    if standing.accuracy is None:
        return absent(metric, "no validation accuracy was measured")
    s = skill(standing.accuracy, standing.majority_share)
    decades = math.log10(max(1, standing.parameters) / CONSTANTS.size_from)
    penalty = CONSTANTS.size_penalty * ramp(decades, 0, CONSTANTS.size_decades)
    if s < CONSTANTS.fair:
        advice = "It gets too little right for its size to matter yet."
    elif penalty > 1 - CONSTANTS.good:
        advice = f"{standing.parameters:,} weights are many for this skill: try fewer units or global pooling."
    else:
        advice = "Its size suits what it can do."
    evidence = {
        "skill": short(s),
        "accuracy": short(standing.accuracy),
        "majority_share": short(standing.majority_share),
        "parameters": standing.parameters,
        "size_penalty": short(penalty),
        "first_epoch_compression": _first_epoch_compression(record, standing.classes),
    }
    return measured(metric, s * (1 - penalty), advice, evidence)


def _first_epoch_compression(record: LossRecord, classes: int) -> float | None:
    """Share of the labels' code length that the first pass saves, every batch coded before it is learned.

    Shown, not scored. Source: Blier & Ollivier, arXiv 1802.07044.
    """
    losses = record.first_epoch_losses()
    if classes < 2 or not losses or not np.isfinite(losses).all():
        return None
    mean = np.average(losses, weights=record.examples[: len(losses)])
    return short(1 - mean / math.log(classes))
