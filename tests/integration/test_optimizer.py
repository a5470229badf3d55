"""The loop with a real journal and real runner children that sleep instead of training."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading

import pytest

from optimization.engine import ModelOptimizer, OptimizationConfig
from optimization.engine.artifacts import FolderStore
from optimization.engine.callbacks import OptimizationCallback
from optimization.engine.executors.local import LocalExecutor
from optimization.engine.journal import JournalRecorder
from optimization.engine.results import best_of
from optimization.engine.trial import JobState, TrialLost, TrialResult, TrialState

SLEEP = ["--trainer", "sleep", "--sleep-epoch-s"]
RUN = "digits_20260101T000000Z_00000000"


class Watcher(OptimizationCallback):
    def __init__(self, on_epoch=None):
        self.names, self.optimizer, self._on_epoch = [], None, on_epoch

    def on_start(self, config, run_name):
        self.names.append("start")

    def on_trial_start(self, record):
        self.names.append(f"trial {record.number}")

    def on_epoch_end(self, report):
        self.names.append(f"epoch {report.number}.{report.epoch}")
        if self._on_epoch:
            self._on_epoch(self.optimizer, report)

    def on_trial_end(self, record):
        self.names.append(f"{record.state} {record.number}")

    def on_end(self, result):
        self.names.append("end")


@pytest.fixture
def search(tmp_path):
    """Run an optimization to its end; returns (result, optimizer, watcher)."""

    def run(*, epoch_s=0.01, on_epoch=None, **values):
        values = {"trials": 3, "max_epochs_per_trial": 2, "pruner": "none"} | values
        config = OptimizationConfig(dataset_name="digits", results_dir=str(tmp_path), **values)
        recorder = JournalRecorder(tmp_path / RUN, config)
        slots = config.concurrent_workers if config.concurrent else 1
        executor = LocalExecutor(FolderStore(tmp_path), recorder, slots=slots, runner_args=[*SLEEP, str(epoch_s)])
        watcher = Watcher(on_epoch)
        optimizer = watcher.optimizer = ModelOptimizer(config, run_name=RUN, recorder=recorder, executor=executor)
        try:
            return optimizer.optimize_model(callbacks=[watcher]), optimizer, watcher
        finally:
            recorder.close()

    return run


def test_the_asked_number_of_trials_is_run_and_numbered_without_gaps(search):
    result, optimizer, watcher = search(trials=4)
    assert (result.state, result.total_trials, result.completed) == ("completed", 4, 4)
    assert [record.number for record in optimizer.trials] == [0, 1, 2, 3]
    assert watcher.names[:4] == ["start", "trial 0", "epoch 0.1", "epoch 0.2"]
    assert watcher.names[-1] == "end"


def test_the_best_trial_and_its_distance_from_the_default_model_are_reported(search):
    result, optimizer, _ = search()
    best = best_of(optimizer.trials)
    assert result.best_trial_number == best.number
    assert result.best_total_score == best.total_score
    assert result.improvement == pytest.approx(best.total_score - optimizer.trials[0].total_score)
    assert result.test_accuracy == best.result.test_accuracy


def test_concurrent_trials_are_the_same_number(search):
    result, _, watcher = search(trials=4, concurrent=True, concurrent_workers=2, epoch_s=0.05)
    assert result.completed == 4
    assert watcher.names[1:3] == ["trial 0", "trial 1"]


def test_a_relative_objective_waits_for_the_baseline(search):
    _, _, watcher = search(optimize_for="memory_efficiency", concurrent=True)
    assert watcher.names.index("trial 1") > watcher.names.index("completed 0")


def test_stop_now_ends_the_running_trial_and_keeps_what_there_is(search):
    def stop_in_second_trial(optimizer, report):
        if report.number == 1:
            optimizer.request_stop(now=True)

    result, optimizer, _ = search(trials=5, epoch_s=0.2, on_epoch=stop_in_second_trial)
    assert result.state == "stopped"
    assert [record.state for record in optimizer.trials] == [TrialState.COMPLETED, TrialState.STOPPED]
    assert result.best_trial_number == 0


def test_stop_after_running_lets_the_running_trial_end(search):
    def stop_in_second_trial(optimizer, report):
        if report.number == 1:
            optimizer.request_stop(now=False)

    result, optimizer, _ = search(trials=5, on_epoch=stop_in_second_trial)
    assert result.state == "stopped"
    assert [record.state for record in optimizer.trials] == [TrialState.COMPLETED] * 2


def test_ctrl_c_stops_cleanly_and_returns_what_there_is(search):
    assert threading.current_thread() is threading.main_thread()
    result, optimizer, _ = search(
        trials=5, epoch_s=0.2, on_epoch=lambda optimizer, report: os.kill(os.getpid(), signal.SIGINT)
    )
    assert (result.state, result.reason) == ("stopped", "stopped by Ctrl-C")
    assert optimizer.trials[0].state is TrialState.STOPPED
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_time_limit_stops_the_job_with_its_reason(search):
    result, _, _ = search(trials=1000, timeout_hours=0.5 / 3600, epoch_s=0.05)
    assert result.state == "stopped"
    assert "time limit" in result.reason


def test_a_killed_runner_repeats_the_trial_as_attempt_two_with_the_same_parameters(search):
    killed = []

    def kill_once(optimizer, report):
        if report.number == 1 and not killed:
            killed.append(optimizer._executor._children[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    result, optimizer, watcher = search(epoch_s=0.1, on_epoch=kill_once)
    assert killed
    assert result.completed == 3
    assert [record.spec.attempt for record in optimizer.trials] == [1, 2, 1]
    assert watcher.names.count("epoch 1.1") == 2
    undisturbed = search(random_seed=OptimizationConfig.random_seed)[1]
    assert [r.params for r in undisturbed.trials] == [r.params for r in optimizer.trials]


def test_a_trial_lost_three_times_fails_with_that_reason(search):
    def kill_always(optimizer, report):
        if report.number == 1:
            os.kill(optimizer._executor._children[0].pid, signal.SIGKILL)

    result, optimizer, _ = search(epoch_s=0.1, on_epoch=kill_always)
    assert result.failed == 1
    assert optimizer.trials[1].spec.attempt == 3
    assert optimizer.trials[1].reason.startswith("lost 3 times")


class FailingExecutor:
    """Answers every trial with the same failure."""

    def __init__(self):
        self.pending = []

    def free_slots(self):
        return 1 - len(self.pending)

    def submit(self, spec):
        self.pending.append(spec)

    def poll(self, timeout_s):
        return [
            TrialResult(number=s.number, attempt=s.attempt, state=TrialState.FAILED, reason="no memory", traceback="…")
            for s in (self.pending.pop() for _ in list(self.pending))
        ]

    def verdict(self, number, verdict): ...

    def close(self): ...


def test_three_failures_in_a_row_with_one_cause_fail_the_job(tmp_path):
    config = OptimizationConfig(dataset_name="digits", results_dir=str(tmp_path), trials=10)
    recorder = JournalRecorder(tmp_path / RUN, config)
    optimizer = ModelOptimizer(config, run_name=RUN, recorder=recorder, executor=FailingExecutor())
    result = optimizer.optimize_model()
    assert (result.state, result.failed) == ("failed", 3)
    assert result.reason == "3 trials in a row failed: no memory"
    recorder.close()


def test_a_killed_process_resumes_from_its_folder_without_repeating_trials(tmp_path):
    script = f"""
import os
from optimization.engine import ModelOptimizer, OptimizationConfig
from optimization.engine.artifacts import FolderStore
from optimization.engine.callbacks import OptimizationCallback
from optimization.engine.executors.local import LocalExecutor
from optimization.engine.journal import JournalRecorder
from pathlib import Path

class Die(OptimizationCallback):
    def on_epoch_end(self, report):
        if report.number == 2:
            os.kill(os.getpid(), 9)

results = Path({str(tmp_path)!r})
config = OptimizationConfig(dataset_name="digits", results_dir=str(results), trials=4, pruner="none")
recorder = JournalRecorder(results / {RUN!r}, config)
executor = LocalExecutor(FolderStore(results), recorder, runner_args={[*SLEEP, "0.02"]!r})
ModelOptimizer(config, run_name={RUN!r}, recorder=recorder, executor=executor).optimize_model(callbacks=[Die()])
"""
    died = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL
    config = OptimizationConfig(dataset_name="digits", results_dir=str(tmp_path), trials=4, pruner="none")
    recorder = JournalRecorder(tmp_path / RUN, config)
    before = {r.number: r.without_evidence() for r in recorder.trials()}
    executor = LocalExecutor(FolderStore(tmp_path), recorder, runner_args=[*SLEEP, "0.02"])
    optimizer = ModelOptimizer(config, run_name=RUN, recorder=recorder, executor=executor)
    result = optimizer.optimize_model()
    recorder.close()
    assert result.completed == 4
    assert [record.spec.attempt for record in optimizer.trials] == [1, 1, 2, 1]
    for number in (0, 1):
        assert optimizer.trials[number] == before[number]


def test_reports_of_finished_trials_and_old_attempts_are_dropped(search):
    _, optimizer, _ = search()
    before = optimizer.trials
    optimizer._take(TrialResult(number=0, attempt=1, state=TrialState.FAILED))
    optimizer._take(TrialLost(number=0, attempt=1, reason="late"))
    assert optimizer.trials == before


def test_a_job_without_any_completed_trial_fails_with_the_last_reason(tmp_path):
    config = OptimizationConfig(dataset_name="digits", results_dir=str(tmp_path), trials=2)
    recorder = JournalRecorder(tmp_path / RUN, config)
    optimizer = ModelOptimizer(config, run_name=RUN, recorder=recorder, executor=FailingExecutor())
    result = optimizer.optimize_model()
    assert optimizer.state is JobState.FAILED
    assert "no memory" in result.reason
    assert dataclasses.asdict(result)["best_model_path"] is None
    recorder.close()
