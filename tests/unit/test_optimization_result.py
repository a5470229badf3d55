"""What an optimization returns: trials as a DataFrame, paths, and plain values."""

import dataclasses
import json
from pathlib import Path

import pytest

from optimization.engine.errors import OptimizationError
from optimization.engine.optimization_result import OptimizationResult, optimization_result
from optimization.engine.recorder import JobOutcome, TrialRecord
from optimization.engine.trial import HealthMeasurement, TrialResult, TrialState, to_json
from tests.factories import trial_spec
from tests.made_up_study import made_up_records

RUN = "digits_20260101T000000Z_00000000"


def found(*records: TrialRecord, best: int | None = None) -> OptimizationResult:
    return optimization_result(
        records,
        JobOutcome(best_trial_number=best),
        results_path=Path("results"),
        run_name=RUN,
        state="stopped",
        reason="stopped by Ctrl-C",
        duration_s=1.0,
    )


def completed(number: int, **params: object) -> TrialRecord:
    health = {"training_stability": HealthMeasurement(metric="training_stability", value=0.9)}
    result = TrialResult(number=number, attempt=1, state=TrialState.COMPLETED, val_accuracy=0.8, health=health)
    return TrialRecord(
        spec=trial_spec(number),
        state=TrialState.COMPLETED,
        params=params,
        repairs={"kernel_size": "kernel_size 5 became 3"},
        overall_health=0.7,
        total_score=0.75,
        result=result,
    )


def test_trials_are_rows_of_a_data_frame_by_number() -> None:
    frame = found(completed(0, optimizer="adam"), TrialRecord(spec=trial_spec(1))).trials
    assert list(frame.index) == [0, 1]
    assert frame.index.name == "number"
    assert frame.loc[0, "params_optimizer"] == "adam"
    assert frame.loc[0, "health_training_stability"] == 0.9
    assert frame.loc[0, "repairs"] == "kernel_size"
    assert list(frame.columns).count("overall_health") == 1
    assert "health_overall_health" not in frame
    assert frame["total_score"].isna().tolist() == [False, True]


def test_objectives_have_columns_even_where_a_figure_has_the_same_name() -> None:
    record = dataclasses.replace(completed(0), objective_values={"val_accuracy": 0.6, "overall_health": 0.5})
    row = found(record).trials.loc[0]
    assert (row["val_accuracy"], row["objective_values_val_accuracy"]) == (0.8, 0.6)
    assert (row["overall_health"], row["objective_values_overall_health"]) == (0.7, 0.5)


def test_a_run_without_trials_has_an_empty_data_frame() -> None:
    assert len(found().trials) == 0


def test_plain_values_hold_the_rows_and_no_data_frame() -> None:
    result = found(completed(0))
    assert len(result.trials) == 1
    plain = json.loads(to_json(result.to_dict()))
    assert [row["number"] for row in plain["trials"]] == [0]
    assert plain["run_path"] == f"results/{RUN}"


def test_what_is_shown_of_a_result_leaves_the_trials_out() -> None:
    assert "kernel_size" not in repr(found(completed(0)))


def test_the_folder_of_a_trial_is_named() -> None:
    assert found().trial_path(3) == Path("results") / RUN / "plots" / "trial_3"


def test_asking_for_a_model_that_is_not_there_says_why() -> None:
    with pytest.raises(OptimizationError, match="has no model: stopped by Ctrl-C"):
        found().best_model()


def test_a_record_without_its_evidence_still_says_what_was_measured_and_why_not() -> None:
    record = completed(0)
    measured = HealthMeasurement(metric="gradient_health", value=None, reason="not measured", evidence={"layers": [1]})
    record = dataclasses.replace(
        record, result=dataclasses.replace(record.result, health={"gradient_health": measured})
    )
    light = record.without_evidence().result.health["gradient_health"]
    assert (light.value, light.reason, light.evidence) == (None, "not measured", {})


def test_a_trials_row_has_what_is_shown_and_not_scored() -> None:
    gap = HealthMeasurement(metric="overfitting", value=0.2, verdict="strong", evidence={"low": 0.1})
    record = completed(0)
    result = dataclasses.replace(record.result, extras={"brier_score": 0.3}, overfitting=gap)
    table = found(dataclasses.replace(record, result=result).without_evidence()).trials
    assert (table.loc[0, "extras_brier_score"], table.loc[0, "overfitting"]) == (0.3, "strong")


def test_a_notebook_gets_the_figures_that_there_are_enough_trials_for() -> None:
    result = found(*made_up_records(6), best=1)
    figures = result.study_figures()
    assert set(figures) >= {"optimization_history", "slice", "parallel_coordinate", "health_accuracy"}
    assert not set(figures) & {"importances", "pareto_front", "timeline"}
    history = figures["optimization_history"]
    assert history.layout.title.subtitle.text.startswith("The best score")
    assert "var(" not in history.to_json()
    assert "records" not in result.to_dict()
