"""What is wrong with a training shows in the metrics that speak of it, and leaves the others alone."""

import pytest

from optimization.engine.datasets import Modality
from optimization.engine.health.overfitting import NONE
from tools.health_faults import FALL, HOLD, TWINS, Fault, faulty, healthy

FAULTS = [(modality, fault) for modality, twin in TWINS.items() for fault in twin.faults]


@pytest.mark.parametrize(("modality", "fault"), FAULTS, ids=[f"{m.value}: {f.name}" for m, f in FAULTS])
def test_a_fault_shows_where_it_must_and_nowhere_else(modality: Modality, fault: Fault) -> None:
    result, without = faulty(modality, fault)
    measured = {name: measurement.value for name, measurement in result.health.items()}
    sound = {name: measurement.value for name, measurement in without.health.items()}
    assert None not in [*measured.values(), *sound.values()]
    fell = {name: sound[name] - measured[name] for name in sound}
    assert {metric.value: fell[metric] for metric in fault.falls if fell[metric] < FALL} == {}
    assert {metric.value: fell[metric] for metric in fault.holds if abs(fell[metric]) > HOLD} == {}
    if fault.overfits:
        assert result.overfitting.verdict == "strong"
        assert result.overfitting.value - without.overfitting.value > 0.05


@pytest.mark.parametrize("modality", TWINS)
def test_a_healthy_training_is_called_healthy(modality: Modality) -> None:
    result = healthy(modality, TWINS[modality].epochs)
    assert min(measurement.value for measurement in result.health.values()) > 0.6
    assert result.overfitting.verdict == NONE
