"""Folders of a run, the copied final model, and the sentence about the default model."""

import dataclasses
import re
import uuid
from pathlib import Path

import pytest

from optimization.engine.artifacts import FolderStore
from optimization.engine.config import RUN_NAME, OptimizationConfig
from optimization.engine.errors import ConfigError, OptimizationError
from optimization.engine.findings import findings_in_words
from optimization.engine.optimization_result import optimization_result
from optimization.engine.recorder import Confirmation, JobOutcome, PruningReport, TrialRecord
from optimization.engine.results import (
    best_of,
    choose_best,
    effective_params,
    improvement_in_words,
    make_run_name,
    outcome_of,
    pareto_front,
    publish_final_model,
    trial_name,
    with_best,
)
from optimization.engine.trial import TrialResult, TrialState
from tests.factories import trial_spec

RUN = "digits_20260101T000000Z_00000000"
CONFIG = OptimizationConfig(dataset_name="digits")


def completed(number: int, score: float, *, test_accuracy: float = 0.5) -> TrialRecord:
    result = TrialResult(
        number=number,
        attempt=1,
        state=TrialState.COMPLETED,
        test_accuracy=test_accuracy,
        model_file="model.keras",
    )
    return TrialRecord(spec=trial_spec(number), state=TrialState.COMPLETED, total_score=score, result=result)


def test_run_name_is_data_set_time_and_job():
    name = make_run_name("fashion_mnist", uuid.UUID("0123abcd-0000-4000-8000-000000000000"), at=0)
    assert name == "fashion_mnist_19700101T000000Z_0123abcd"
    assert re.fullmatch(RUN_NAME, name)


def test_the_final_model_is_the_best_trials_own_file(tmp_path):
    store = FolderStore(tmp_path)
    folder = store.scratch(trial_name(RUN, 3), 1)
    (folder / "model.keras").write_bytes(b"weights")
    (folder / "history.json").write_text("[]")
    store.publish(folder, trial_name(RUN, 3))
    for _ in range(2):
        path = publish_final_model(store, RUN, "digits", completed(3, 0.9, test_accuracy=0.97222))
    assert path == f"{RUN}/optimized_model/optimized_digits_acc_0.9722.keras"
    assert (tmp_path / path).read_bytes() == b"weights"
    names = sorted(file.name for file in (tmp_path / path).parent.iterdir())
    assert names == ["history.json", "optimized_digits_acc_0.9722.keras"]


def test_a_trial_without_a_model_cannot_be_published(tmp_path):
    with pytest.raises(OptimizationError, match="no model"):
        publish_final_model(FolderStore(tmp_path), RUN, "digits", TrialRecord(spec=trial_spec(0)))


def test_the_best_trial_is_chosen_by_score_never_by_test_accuracy():
    records = [completed(0, 0.8, test_accuracy=0.99), completed(1, 0.9, test_accuracy=0.1), completed(2, 0.9)]
    assert best_of(records) is records[1]
    outcome = outcome_of(CONFIG, records)
    assert (outcome.test_accuracy, outcome.baseline_total_score) == (0.1, 0.8)
    assert outcome.improvement == pytest.approx(0.1)


def test_there_is_no_best_before_the_first_completed_trial():
    assert best_of([TrialRecord(spec=trial_spec(0))]) is None
    assert outcome_of(CONFIG, []).best_trial_number is None


def test_repaired_values_are_shown_as_the_model_was_built():
    spec = trial_spec(1)
    record = TrialRecord(spec=spec, params={"filters_per_conv_layer": 256, "kernel_size": 5})
    assert spec.model.kernel_size == (3, 3)
    assert effective_params(record) == {
        "filters_per_conv_layer": spec.model.filters_per_conv_layer,
        "kernel_size": 3,
    }


def test_a_searched_batch_size_is_among_the_parameters():
    record = TrialRecord(spec=trial_spec(1, batch_size=64), params={"batch_size": 64})
    assert effective_params(record) == {"batch_size": 64}


@pytest.mark.parametrize(
    ("best", "improvement", "said"),
    [
        (None, None, "No trial completed"),
        (0, 0.0, "did not beat"),
        (3, 0.0123, "beats the default model (trial 0) by 0.0123"),
        (3, -0.0123, "Trial 3 scores 0.0123 less than the default model"),
        (3, None, "no score to compare"),
    ],
)
def test_the_search_says_whether_it_beat_the_default_model(best, improvement, said):
    assert said in improvement_in_words(best, improvement)


def confirmation(number: int, mean: float | None, half: float = 0.01) -> Confirmation:
    low, high = (None, None) if mean is None else (mean - half, mean + half)
    return Confirmation(number=number, score=0.9, scores=(), mean=mean, low=low, high=high)


@pytest.mark.parametrize(
    ("rows", "improvement", "said"),
    [
        (
            [confirmation(3, 0.9), confirmation(0, 0.8)],
            0.1,
            "0.1000 more in the mean than the default",
        ),
        ([confirmation(3, 0.8), confirmation(0, 0.9)], -0.1, "0.1000 less in the mean than the default"),
        ([confirmation(3, 0.9), confirmation(0, 0.89)], 0.01, "overlap: it may be luck"),
        ([confirmation(3, 0.9)], 0.02, "0.0200 more in the mean than the default model (trial 0) did in the search"),
        ([confirmation(3, None), confirmation(0, 0.8)], 0.1, "beats the default model (trial 0) by 0.1000"),
    ],
)
def test_a_confirmed_trial_is_compared_by_its_mean_on_other_seeds(rows, improvement, said):
    assert said in improvement_in_words(3, improvement, rows)


@pytest.mark.parametrize(
    ("rows", "improvement"),
    [
        ((), 0.2),
        ((confirmation(1, 0.6),), 0.1),
        ((confirmation(1, 0.6), confirmation(0, 0.65)), -0.05),
        ((confirmation(1, None), confirmation(0, 0.65)), 0.2),
    ],
)
def test_the_improvement_is_that_of_the_means_where_there_are_some(rows, improvement):
    records = [completed(0, 0.5), completed(1, 0.7)]
    found = with_best(JobOutcome(confirmation=rows), records[1], records)
    assert found.improvement == pytest.approx(improvement)
    assert (found.best_total_score, found.baseline_total_score) == (0.7, 0.5)


def several(number: int, *values: float | None, score: float = 0.5, **changes: object) -> TrialRecord:
    named = dict(zip(("val_accuracy", "overall_health", "parameter_efficiency"), values, strict=False))
    return dataclasses.replace(completed(number, score), objective_values=named, **changes)


def test_the_front_holds_what_nothing_else_beats_in_every_objective():
    records = [
        several(0, 0.5, 0.5, 0.5),
        several(1, 0.9, 0.1, 0.5),
        several(2, 0.9, 0.1, 0.4),
        several(3, 0.4, 0.9, None),
        several(4, 0.5, 0.5, 0.5),
        several(5, 1.0, 1.0, 1.0, violations={"max_latency_ms": "too slow"}),
        several(6, 1.0, 1.0, 1.0, state=TrialState.PRUNED),
        several(7, 1.0, 1.0, 1.0, confirms=0),
    ]
    assert [record.number for record in pareto_front(records)] == [0, 1, 3, 4]
    assert outcome_of(CONFIG, records).pareto_front == (0, 1, 3, 4)


def test_the_best_of_several_objectives_is_the_one_on_the_front_with_the_highest_score():
    records = [several(0, 0.5, 0.5, score=0.9), several(1, 0.9, 0.6, score=0.7), several(2, 0.4, 0.9, score=0.8)]
    assert best_of(records) is records[2]


def test_with_one_objective_there_is_no_front():
    assert pareto_front([completed(0, 0.8)]) == []


def test_a_trial_that_breaks_a_limit_never_becomes_the_best():
    records = [completed(0, 0.5), dataclasses.replace(completed(1, 0.9), violations={"max_latency_ms": "too slow"})]
    assert best_of(records) is records[0]
    assert best_of(records[1:]) is None


def test_the_owner_may_choose_any_trial_that_kept_the_limits():
    records = [completed(0, 0.5), completed(1, 0.9), dataclasses.replace(completed(2, 0.7), violations={"a": "b"})]
    chosen = choose_best(outcome_of(CONFIG, records), records, 0)
    assert (chosen.best_trial_number, chosen.improvement) == (0, 0.0)
    with pytest.raises(ConfigError, match="that completed within the job's limits: 0, 1; got 2"):
        choose_best(chosen, records, 2)


def test_with_several_objectives_the_choice_is_on_the_front():
    records = [several(0, 0.5, 0.5), several(1, 0.9, 0.6), several(2, 0.4, 0.9)]
    assert choose_best(outcome_of(CONFIG, records), records, 1).best_trial_number == 1
    with pytest.raises(ConfigError, match="on the Pareto front: 1, 2; got 0"):
        choose_best(outcome_of(CONFIG, records), records, 0)


def test_findings_are_told_in_words():
    result = optimization_result(
        [],
        JobOutcome(
            pareto_front=(1, 4),
            repaired=2,
            rejected=1,
            pruning=PruningReport(pruned=3, audited=1, wrong=0, wrong_share=None, epochs_saved=9, seconds_saved=12.4),
            confirmation=(
                Confirmation(number=4, score=0.9, scores=(0.8, 0.82), mean=0.81, low=0.683, high=0.937),
                Confirmation(number=1, score=0.8, scores=(), mean=None, low=None, high=None),
            ),
        ),
        results_path=Path(),
        run_name=RUN,
        state="completed",
        reason="",
        duration_s=1.0,
    )
    assert list(findings_in_words(result)) == [
        "No other trial beats these in every objective: 1, 4.",
        (
            "Trained again on other seeds, by their mean and its 95 % interval: trial 4 0.810 (0.683 to 0.937); "
            "trial 1, of which no run completed."
        ),
        (
            "3 trials were pruned, which saved about 9 epochs (12 s). 1 that the pruner gave up ran to their end: "
            "too few to say how often pruning is wrong."
        ),
        "Draws made smaller to keep the limits: 2, rejected before training: 1.",
    ]


def test_changed_draws_are_counted():
    records = [
        dataclasses.replace(completed(0, 0.5), repairs={"lstm_units": "128 → 64"}),
        dataclasses.replace(completed(1, 0.5), fallbacks={"l2": "ValueError"}),
        TrialRecord(spec=trial_spec(2), state=TrialState.FAILED, reason="rejected: larger than max_parameters"),
        TrialRecord(spec=trial_spec(3), state=TrialState.FAILED, reason="no memory"),
    ]
    outcome = outcome_of(CONFIG, records)
    assert (outcome.repaired, outcome.fallen_back, outcome.rejected) == (1, 1, 1)
