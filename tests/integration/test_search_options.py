"""Confirmation, audited pruning, limits and several objectives through the whole loop, on children that sleep."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from optimization.engine import ConfigError, ModelOptimizer, OptimizationConfig
from optimization.engine.artifacts import FolderStore
from optimization.engine.executors.local import LocalExecutor
from optimization.engine.journal import JournalRecorder
from optimization.engine.recorder import TrialRecord
from optimization.engine.search_space import SearchSpace
from optimization.engine.trial import TrialState

RUN = "digits_20260101T000000Z_00000000"
SLEEP = ["--trainer", "sleep", "--sleep-epoch-s", "0.01"]


def config_of(folder: Path, **values: Any) -> OptimizationConfig:
    small = {"trials": 3, "max_epochs_per_trial": 2, "pruner": "none", "sampler": "random", "show_progress": False}
    return OptimizationConfig(dataset_name="digits", results_dir=str(folder), **(small | values))


@contextmanager
def opened(config: OptimizationConfig) -> Iterator[ModelOptimizer]:
    folder = Path(config.results_dir)
    recorder = JournalRecorder(folder / RUN, config)
    executor = LocalExecutor(FolderStore(folder), recorder, runner_args=SLEEP)
    optimizer = ModelOptimizer(config, run_name=RUN, recorder=recorder, executor=executor)
    try:
        yield optimizer
    finally:
        executor.close()
        recorder.close()


def run_until(optimizer: ModelOptimizer, is_reached: Callable[[list[TrialRecord]], bool]) -> None:
    """Take steps until the trials are so far."""
    while not is_reached(optimizer.trials):
        assert optimizer.step(0.05), "the job ended before that"


def finished_in(trials: list[TrialRecord]) -> int:
    return sum(record.state.is_finished for record in trials)


def test_the_best_trials_are_confirmed_after_the_search_and_do_not_count(tmp_path: Path) -> None:
    config = config_of(tmp_path, confirm_top_k=2, confirm_seeds=2)
    with opened(config) as optimizer:
        result = optimizer.optimize_model()
    by_score = sorted(optimizer.trials[:3], key=lambda record: -(record.total_score or 0))
    assert [record.confirms for record in optimizer.trials[3:]] == [record.number for record in by_score[:2]] * 2
    assert (result.total_trials, result.completed, len(result.trials)) == (3, 3, 7)
    assert result.best_trial_number == result.confirmation[0].number
    means = [row.mean for row in result.confirmation]
    assert means == sorted(means, reverse=True)
    assert all(row.low < row.mean < row.high for row in result.confirmation)


def test_confirmation_goes_on_after_an_interruption_as_if_there_had_been_none(tmp_path: Path) -> None:
    values = {"confirm_top_k": 2, "confirm_seeds": 2}
    with opened(config_of(tmp_path / "whole", **values)) as optimizer:
        whole = optimizer.optimize_model()
    pieces = config_of(tmp_path / "pieces", **values)
    with opened(pieces) as optimizer:
        run_until(optimizer, lambda trials: finished_in(trials) == 5)
    with opened(pieces) as optimizer:
        result = optimizer.optimize_model()
    assert result.confirmation == whole.confirmation
    assert result.best_trial_number == whole.best_trial_number


def test_a_job_stopped_while_it_confirms_says_so_and_keeps_the_searchs_best(tmp_path: Path) -> None:
    with opened(config_of(tmp_path, confirm_top_k=1, confirm_seeds=5)) as optimizer:
        run_until(optimizer, lambda trials: finished_in(trials) == 4)
        optimizer.request_stop(now=True)
        result = optimizer.optimize_model()
    assert result.state == "stopped"
    assert result.best_total_score == max(record.total_score or 0 for record in optimizer.trials[:3])


def test_audited_trials_run_on_and_the_result_says_how_often_pruning_is_wrong(tmp_path: Path) -> None:
    config = config_of(
        tmp_path, trials=14, max_epochs_per_trial=3, pruner="median", startup_trials=1, audited_share=0.4
    )
    with opened(config) as optimizer:
        report = optimizer.optimize_model().pruning
    pruned = [record for record in optimizer.trials if record.state is TrialState.PRUNED]
    audited = [record for record in optimizer.trials if record.would_be_pruned_at is not None]
    assert report is not None
    assert (report.pruned, report.audited) == (len(pruned), len(audited))
    assert min(report.pruned, report.audited) >= 2
    assert report.wrong_share == report.wrong / report.audited
    assert report.epochs_saved == sum(3 - len(record.intermediate) for record in pruned) > 0
    assert all(len(record.intermediate) == 3 for record in audited)


def test_a_search_for_several_objectives_ends_with_its_front(tmp_path: Path) -> None:
    objectives = ["val_accuracy", "training_time"]
    config = config_of(tmp_path, trials=5, objectives=objectives, pruner="asha", startup_trials=2, sampler="nsga2")
    with opened(config) as optimizer:
        result = optimizer.optimize_model()
    assert result.state == "completed"
    assert result.best_trial_number in result.pareto_front
    assert optimizer.trials[0].objective_values["training_time"] == pytest.approx(0.5, abs=0.2)


def test_a_limit_that_no_model_is_known_to_keep_leaves_the_job_without_a_best(tmp_path: Path) -> None:
    with opened(config_of(tmp_path, max_latency_ms=5)) as optimizer:
        result = optimizer.optimize_model()
    assert (result.state, result.best_trial_number, result.best_model_path) == ("failed", None, None)
    assert "no trial kept the job's limits" in result.reason
    assert "not measured" in result.reason


def test_a_grid_that_is_too_small_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    excluded = {name: {"exclude": True} for name in SearchSpace(config_of(tmp_path)).by_name if name != "optimizer"}
    config = config_of(tmp_path, sampler="grid", trials=9, search_space=excluded)
    with pytest.raises(ConfigError, match="grid of this search space has only 3 points"):
        ModelOptimizer(config)
