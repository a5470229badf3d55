"""Scores follow docs/HEALTH.md, with the numbers worked out by hand."""

import math

import pytest

from optimization.engine import Objective, OptimizationConfig
from optimization.engine.scoring import objective_value, overall_health, skill, total_score
from optimization.engine.trial import HealthMeasurement, TrialResult, TrialState

EVEN = {"training_stability": 0.5, "gradient_health": 0.5}


def result(**changes):
    values = {
        "number": 1,
        "attempt": 1,
        "state": TrialState.COMPLETED,
        "val_accuracy": 0.9,
        "val_balanced_accuracy": 0.8,
        "test_accuracy": 0.1,
        "majority_share": 0.5,
        "training_s": 10.0,
        "model_bytes": 1000,
        "latency_p95_s": 0.01,
        "health": {
            "parameter_efficiency": HealthMeasurement(metric="parameter_efficiency", value=0.5),
            "training_stability": HealthMeasurement(metric="training_stability", value=0.25),
            "neuron_utilization": HealthMeasurement(metric="neuron_utilization", value=0.7),
            "gradient_health": HealthMeasurement(metric="gradient_health", value=0.6),
        },
    }
    return TrialResult(**(values | changes))


def test_skill_is_zero_for_guessing_the_majority_and_one_for_perfect():
    assert skill(0.5, 0.5) == 0
    assert skill(1.0, 0.5) == 1
    assert skill(0.75, 0.5) == 0.5
    assert skill(0.2, 0.5) == 0


def test_overall_health_is_the_weighted_geometric_mean():
    assert overall_health({"training_stability": 0.25, "gradient_health": 1.0}, EVEN) == pytest.approx(0.5)


def test_a_metric_that_was_not_measured_shares_its_weight():
    assert overall_health({"training_stability": 0.25, "gradient_health": None}, EVEN) == pytest.approx(0.25)


def test_health_without_any_measurement_is_none():
    assert overall_health({"training_stability": None}, EVEN) is None


def test_one_metric_at_zero_does_not_hide_the_others():
    health = overall_health({"training_stability": 0.0, "gradient_health": 1.0}, EVEN)
    assert health == pytest.approx(math.sqrt(0.02))


OBJECTIVES = [
    (Objective.VAL_ACCURACY, 0.8),
    (Objective.ACCURACY, 0.9),
    (Objective.TRAINING_TIME, 1 / 3),
    (Objective.MEMORY_EFFICIENCY, 1 / 1.5),
    (Objective.INFERENCE_SPEED, 0.5),
    (Objective.PARAMETER_EFFICIENCY, 0.5),
    (Objective.OVERALL_HEALTH, 0.4),
    (Objective.TRAINING_STABILITY, 0.25),
    (Objective.NEURON_UTILIZATION, 0.7),
    (Objective.GRADIENT_HEALTH, 0.6),
]


@pytest.mark.parametrize(("objective", "expected"), OBJECTIVES)
def test_each_objective_has_its_formula(objective, expected):
    baseline = result(training_s=5.0, model_bytes=2000)
    assert objective_value(objective, result(), baseline, 0.4) == pytest.approx(expected)


def test_every_objective_has_one():
    assert {objective for objective, _ in OBJECTIVES} == set(Objective)


@pytest.mark.parametrize("objective", [Objective.GRADIENT_HEALTH, Objective.TRAINING_TIME])
def test_what_was_not_measured_has_no_value(objective):
    assert objective_value(objective, result(health={}, training_s=None), result(), 0.4) is None


def test_the_baseline_itself_scores_a_half_on_a_relative_objective():
    assert objective_value(Objective.TRAINING_TIME, result(), result(), None) == pytest.approx(0.5)


def test_a_useless_model_gets_no_credit_for_being_fast():
    assert objective_value(Objective.TRAINING_TIME, result(val_accuracy=0.5), result(), None) == 0


def test_simple_mode_scores_the_objective_alone():
    config = OptimizationConfig(dataset_name="digits", mode="simple")
    assert total_score(config, result(), 0.8, 0.1) == 0.8


def test_health_mode_adds_health_by_its_share():
    config = OptimizationConfig(dataset_name="digits", accuracy_weight=0.85)
    assert total_score(config, result(), 0.8, 0.4) == pytest.approx(0.85 * 0.8 + 0.15 * 0.4)


def test_health_of_a_useless_model_counts_nothing():
    config = OptimizationConfig(dataset_name="digits", accuracy_weight=0.85)
    assert total_score(config, result(val_accuracy=0.5), 0.5, 1.0) == pytest.approx(0.85 * 0.5)


@pytest.mark.parametrize("objective", list(Objective))
def test_test_accuracy_moves_no_score(objective):
    config = OptimizationConfig(dataset_name="digits", optimize_for=objective)
    scores = set()
    for accuracy in (0.0, 0.5, 1.0):
        value = objective_value(objective, result(test_accuracy=accuracy), result(), 0.4)
        scores.add(total_score(config, result(test_accuracy=accuracy), value, 0.4))
    assert len(scores) == 1
