"""What goes over the wire comes back as it was, also from an older sender."""

import dataclasses

import pytest

from optimization.engine import OptimizationConfig
from optimization.engine.asking import spec_of
from optimization.engine.confirming import confirming_trial
from optimization.engine.model_config import ModelConfig
from optimization.engine.recorder import TrialRecord
from optimization.engine.search_space import Suggestion
from optimization.engine.trial import EpochReport, HealthMeasurement, TrialResult, TrialSpec, TrialState, to_json
from tests.factories import trial_spec
from tests.integration.portal import epoch_report, trial_result

DEAD = HealthMeasurement(
    metric="neuron_utilization", value=0.4, verdict="poor", advice="Lower it.", evidence={"worst_layer": "dense"}
)
GAP = HealthMeasurement(metric="overfitting", value=0.21, verdict="strong", evidence={"low": 0.18})


def test_an_epochs_measurements_and_alarm_come_back() -> None:
    report = epoch_report(3, 2, measurements={"neuron_utilization": DEAD}, alarm="95 % of the units are dead")
    assert EpochReport.from_dict(report.to_dict()) == report


def test_a_results_extras_and_overfitting_come_back() -> None:
    result = trial_result(3, extras={"brier_score": 0.2, "latency_1_p95_s": None}, overfitting=GAP)
    assert TrialResult.from_dict(result.to_dict()) == result


def test_a_report_without_measurements_keeps_its_values_and_its_alarm() -> None:
    report = epoch_report(3, 2, measurements={"neuron_utilization": DEAD}, alarm="it diverges")
    light = report.without_measurements()
    assert (light.measurements, light.health, light.alarm) == ({}, report.health, "it diverges")
    assert "worst_layer" not in to_json(light.to_dict())


@pytest.mark.parametrize(
    ("message", "kind", "newer"),
    [
        (epoch_report(0, 1), EpochReport, ("measurements", "alarm")),
        (trial_result(0), TrialResult, ("extras", "overfitting")),
        (trial_spec(0), TrialSpec, ("draw_plots",)),
    ],
)
def test_a_message_of_an_older_sender_still_loads(message, kind, newer) -> None:
    old = {name: value for name, value in message.to_dict().items() if name not in newer}
    assert kind.from_dict(old) == message


@pytest.mark.parametrize(("mode", "drawn"), [("all", True), ("best", False), ("none", False)])
def test_a_trials_runner_draws_plots_only_where_all_trials_get_them(mode: str, drawn: bool) -> None:
    config = OptimizationConfig(dataset_name="digits", create_trial_plots=mode)
    suggestion = Suggestion(model=ModelConfig(), repairs={}, fallbacks={}, batch_size=32, parameters=1000)
    assert spec_of(config, "run", 1, suggestion).draw_plots is drawn


def test_a_confirming_run_gets_no_plots_since_it_is_never_the_best() -> None:
    config = OptimizationConfig(dataset_name="digits", confirm_top_k=1)
    leader = TrialRecord(spec=dataclasses.replace(trial_spec(0), draw_plots=True), state=TrialState.COMPLETED)
    assert confirming_trial(config, leader, 7).spec.draw_plots is False
