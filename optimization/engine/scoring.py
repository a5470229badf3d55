"""From measured values to one score. Definitions and reasons: docs/HEALTH.md."""

import math
from collections.abc import Mapping

from .config import OptimizationConfig
from .request import Mode, Objective
from .trial import TrialResult

HEALTH_FLOOR = 0.02
"""A metric at 0 must not hide the five others: each enters the geometric mean at this at least."""

SKILL_GATE = 0.5
"""Skill from which health, speed and size count in full: a useless model gets no credit for them."""


def ramp(x: float, bad: float, good: float) -> float:
    """0 at `bad`, 1 at `good`, straight between, clipped outside."""
    return min(1.0, max(0.0, (x - bad) / (good - bad)))


def skill(accuracy: float, majority_share: float) -> float:
    """How far accuracy lies between always guessing the most frequent class (0) and perfect (1)."""
    if majority_share >= 1:
        return 0.0
    return min(1.0, max(0.0, (accuracy - majority_share) / (1 - majority_share)))


def overall_health(values: Mapping[str, float | None], proportions: Mapping[str, float]) -> float | None:
    """Weighted geometric mean of the metrics that were measured, in [0, 1]; None when none was.

    The weight of absent metrics is shared among the others in proportion.
    """
    measured = {name: value for name, value in values.items() if value is not None and proportions.get(name, 0) > 0}
    weight = sum(proportions[name] for name in measured)
    if not weight:
        return None
    logs = sum(proportions[name] * math.log(max(value, HEALTH_FLOOR)) for name, value in measured.items())
    return math.exp(logs / weight)


_RELATIVE = {
    Objective.TRAINING_TIME: "training_s",
    Objective.MEMORY_EFFICIENCY: "model_bytes",
    Objective.INFERENCE_SPEED: "latency_p95_s",
}


def is_relative(objective: Objective) -> bool:
    """Whether the objective compares a cost with the baseline trial's, which must be known first."""
    return objective in _RELATIVE


def objective_value(
    objective: Objective, result: TrialResult, baseline: TrialResult | None, health: float | None
) -> float | None:
    """The objective on validation data, in [0, 1], larger is better; None where it was not measured.

    baseline: trial 0's result, for objectives relative to it. health: the trial's overall health.
    """
    if result.val_accuracy is None or result.majority_share is None:
        return None
    if objective is Objective.VAL_ACCURACY:
        return result.val_balanced_accuracy
    if objective is Objective.ACCURACY:
        return result.val_accuracy
    gate = _gate(result)
    if is_relative(objective):
        cost = getattr(result, _RELATIVE[objective])
        base = getattr(baseline or result, _RELATIVE[objective])
        return None if not cost or not base else gate / (1 + cost / base)
    measured = result.health.get(objective)
    value = health if objective is Objective.OVERALL_HEALTH else measured.value if measured else None
    return None if value is None else gate * value


def total_score(
    config: OptimizationConfig, result: TrialResult, objective: float | None, health: float | None
) -> float:
    """The one number trials are ranked by, in [0, 1].

    The objective alone in simple mode, or where health was not measured; else the weighted sum with
    health, which counts only as far as the model has skill.
    """
    if objective is None:
        return 0.0
    if config.mode is Mode.SIMPLE or health is None:
        return objective
    share = config.accuracy_weight
    return share * objective + (1 - share) * _gate(result) * health


def _gate(result: TrialResult) -> float:
    return ramp(skill(result.val_accuracy or 0.0, result.majority_share or 0.0), 0.0, SKILL_GATE)
