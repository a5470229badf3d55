"""What every metric of health returns: a value in [0, 1] with its evidence, or why there is none."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..request import HealthMetric
from ..trial import HealthMeasurement
from .constants import CONSTANTS


class Standing(NamedTuple):
    """What the metrics need beside the losses. accuracy: plain, on validation data, None before it is measured.

    label_entropy: of the classes in the training examples, in nats. majority_share: in the validation split.
    """

    accuracy: float | None
    majority_share: float
    label_entropy: float
    parameters: int
    classes: int


def measured(metric: HealthMetric, value: float, advice: str, evidence: Mapping[str, Any]) -> HealthMeasurement:
    verdict = "good" if value >= CONSTANTS.good else "fair" if value >= CONSTANTS.fair else "poor"
    return HealthMeasurement(metric=metric.value, value=value, verdict=verdict, advice=advice, evidence=evidence)


def absent(metric: HealthMetric, reason: str) -> HealthMeasurement:
    return HealthMeasurement(metric=metric.value, value=None, reason=reason)


def short(value: float) -> float:
    return round(float(value), 4)
