"""`ModelOptimizer(config, resume=run_name)` goes on with a run from its folder, and with no other search."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimization.engine import ConfigError, ModelOptimizer, OptimizationConfig
from optimization.engine.confirming import confirming_trial
from optimization.engine.errors import LeaseLost
from optimization.engine.journal import JournalRecorder
from optimization.engine.recorder import TrialRecord
from optimization.engine.trial import TrialState
from tests.factories import trial_spec

RUN = "digits_20260101T000000Z_00000000"


@pytest.fixture
def config(tmp_path: Path) -> OptimizationConfig:
    """Of a run whose process was killed: two trials failed for one reason, the third was running."""
    config = OptimizationConfig(dataset_name="digits", trials=5, results_dir=str(tmp_path))
    journal = JournalRecorder(tmp_path / RUN, config)
    for number in range(3):
        record = TrialRecord(spec=trial_spec(number, run_name=RUN), params={})
        journal.trial_asked(record)
        journal.started(record.spec, worker="here")
        if number < 2:
            journal.trial_finished(dataclasses.replace(record, state=TrialState.FAILED, reason="no luck"))
    journal.close()
    return config


@pytest.fixture
def resumed(config: OptimizationConfig) -> Iterator[ModelOptimizer]:
    optimizer = ModelOptimizer(config, resume=RUN)
    yield optimizer
    optimizer.close()


def test_finished_trials_stay_and_the_running_one_is_the_next_attempt(resumed: ModelOptimizer) -> None:
    assert resumed.run_name == RUN
    assert [(r.state, r.spec.attempt) for r in resumed.trials] == [
        (TrialState.FAILED, 1),
        (TrialState.FAILED, 1),
        (TrialState.QUEUED, 2),
    ]


def test_earlier_failures_do_not_count_towards_the_three_in_a_row(resumed: ModelOptimizer) -> None:
    assert resumed._resumed_at_trial == 2


def test_a_run_that_another_process_writes_is_not_taken_up(resumed: ModelOptimizer) -> None:
    with pytest.raises(LeaseLost, match="written by another process"):
        ModelOptimizer(resumed.config, resume=RUN)


def test_more_trials_may_be_asked_for(config: OptimizationConfig) -> None:
    ModelOptimizer(dataclasses.replace(config, trials=50, timeout_hours=1), resume=RUN).close()


def test_another_search_is_refused_by_the_fields_that_differ(config: OptimizationConfig) -> None:
    other = dataclasses.replace(config, random_seed=7, optimize_for="accuracy")
    with pytest.raises(ConfigError) as caught:
        ModelOptimizer(other, resume=RUN)
    assert list(caught.value.errors) == ["optimize_for", "random_seed"]
    assert "was started with 42" in caught.value.errors["random_seed"]


def test_a_run_that_is_not_there_is_said(config: OptimizationConfig) -> None:
    with pytest.raises(ConfigError, match="no run to resume"):
        ModelOptimizer(config, resume="digits_20260101T000000Z_ffffffff")


@pytest.mark.parametrize("written", ["", '{"version":1,"kin'])
def test_a_run_killed_before_it_had_begun_is_said_to_be_none(config: OptimizationConfig, written: str) -> None:
    (config.results_path / RUN / "journal.jsonl").write_text(written)
    with pytest.raises(ConfigError, match="killed before it began"):
        ModelOptimizer(config, resume=RUN)


def test_what_was_drawn_before_trains_with_the_limits_and_places_of_now(config: OptimizationConfig) -> None:
    now = dataclasses.replace(
        config, data_dir=config.results_dir, minutes_per_trial=2.0, max_trial_mb=7, max_attempts=1
    )
    resumed = ModelOptimizer(now, resume=RUN)
    resumed.request_stop(now=False)
    resumed.step(0.0)  # it was lost too often: nothing is trained
    resumed.close()
    spec = resumed.trials[2].spec
    assert (spec.data_dir, spec.time_limit_s, spec.max_trial_mb) == (now.data_dir, 120.0, 7)
    assert confirming_trial(now, TrialRecord(spec=trial_spec(1)), 9).spec.data_dir == now.data_dir
