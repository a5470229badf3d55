"""Trials in runner children: real processes, with the trainer that sleeps."""

import json
import os
import signal
import sys
import time

import pytest

from optimization.engine.artifacts import FolderStore
from optimization.engine.executors.child import RunnerChild
from optimization.engine.executors.local import LocalExecutor
from optimization.engine.results import trial_name
from optimization.engine.trial import EpochReport, TrialLost, TrialResult, TrialState, Verdict
from tests.factories import trial_spec

SLEEP = ["--trainer", "sleep", "--sleep-epoch-s"]


TRAINED = TrialResult(number=0, attempt=1, state=TrialState.COMPLETED, model_file="model.keras")
DRAWS = """
import json, sys, time
trained = json.loads(sys.argv[1])
print(json.dumps({"kind": "ready"}), flush=True)
sys.stdin.readline()
print(json.dumps({"kind": "trained", "result": trained}), flush=True)
if sys.argv[2] == "obeys":
    sys.stdin.readline()
    print(json.dumps({"kind": "result", "result": trained}), flush=True)
time.sleep(60)
"""
"""A runner whose model is complete, and which draws until it is told to end, or until it is ended."""


class Notes:
    """An AttemptRecorder that keeps what it is told."""

    def __init__(self):
        self.started_specs, self.epochs = [], []

    def started(self, spec, *, worker):
        self.started_specs.append(spec)

    def epoch(self, report):
        self.epochs.append(report)


@pytest.fixture
def drawing(tmp_path):
    made = []

    def start(how):
        child = RunnerChild(grace_s=0.1)
        child._args = [sys.executable, "-c", DRAWS, json.dumps(TRAINED.to_dict()), how]
        made.append(child)
        child.start(trial_spec(0), tmp_path)
        deadline = time.monotonic() + 30
        while child._trained is None and time.monotonic() < deadline:
            assert child.poll(0.2) == []
        return child

    yield start
    for child in made:
        child.close()


@pytest.fixture
def make_executor(tmp_path):
    made = []

    def make(*, epoch_s, slots=1):
        made.append(LocalExecutor(FolderStore(tmp_path), Notes(), slots=slots, runner_args=[*SLEEP, str(epoch_s)]))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


def until(executor, condition, *, limit_s=30):
    """Collect reports until the condition holds for them."""
    reports = []
    deadline = time.monotonic() + limit_s
    while not condition(reports):
        assert time.monotonic() < deadline, f"only {reports} within {limit_s} s"
        reports += executor.poll(0.2)
    return reports


def ended(reports):
    return any(isinstance(report, TrialResult | TrialLost) for report in reports)


def test_epochs_come_in_order_and_files_are_published_before_the_result_is_seen(make_executor, tmp_path):
    executor = make_executor(epoch_s=0.01)
    spec = trial_spec(0, max_epochs=3)
    executor.submit(spec)
    assert executor.free_slots() == 0
    *epochs, result = until(executor, ended)
    assert [report.epoch for report in epochs] == [1, 2, 3]
    assert result.state is TrialState.COMPLETED
    assert executor.free_slots() == 1
    folder = tmp_path / trial_name(spec.run_name, 0)
    assert list(folder.parent.iterdir()) == [folder]
    assert result.files == {path.name: path.stat().st_size for path in folder.iterdir()}
    assert {"history.json", "manifest.json", "trial.log"} <= set(result.files)
    assert executor._recorder.epochs == epochs


def test_one_warm_process_serves_trial_after_trial(make_executor):
    executor = make_executor(epoch_s=0.01)
    pids = []
    for number in range(2):
        executor.submit(trial_spec(number))
        pids.append(executor._children[0].pid)
        until(executor, ended)
    assert pids[0] == pids[1]


@pytest.mark.parametrize(("verdict", "state"), [(Verdict.PRUNE, TrialState.PRUNED), (Verdict.STOP, TrialState.STOPPED)])
def test_a_verdict_ends_a_trial_within_its_epoch(make_executor, verdict, state):
    executor = make_executor(epoch_s=60)
    executor.submit(trial_spec(0))
    executor.verdict(0, verdict)
    (result,) = until(executor, ended)
    assert result.state is state


def test_a_trial_past_its_time_limit_fails_with_the_reason(make_executor):
    executor = make_executor(epoch_s=60)
    executor.submit(trial_spec(0, time_limit_s=0.5))
    (result,) = until(executor, ended)
    assert result.state is TrialState.FAILED
    assert "time-out" in result.reason
    assert "0.5 s" in result.reason


def test_a_runner_that_ignores_a_verdict_is_killed(make_executor):
    executor = make_executor(epoch_s=60)
    child = executor._children[0]
    child._grace_s = 0.2
    executor.submit(trial_spec(0))
    os.kill(child.pid, signal.SIGSTOP)
    executor.verdict(0, Verdict.STOP)
    (result,) = until(executor, ended)
    assert result.state is TrialState.STOPPED
    assert "by force" in result.reason


def test_a_killed_runner_is_a_lost_attempt_and_the_next_trial_gets_a_new_process(make_executor):
    executor = make_executor(epoch_s=60)
    executor.submit(trial_spec(0))
    first = executor._children[0].pid
    os.kill(first, signal.SIGKILL)
    (loss,) = until(executor, ended)
    assert isinstance(loss, TrialLost)
    assert "SIGKILL" in loss.reason
    executor.submit(trial_spec(0, attempt=2))
    assert executor._children[0].pid != first


@pytest.mark.parametrize("how", ["obeys", "does not listen"])
def test_a_trial_that_is_past_its_time_limit_while_it_is_drawn_is_complete(drawing, how):
    child = drawing(how)
    child._deadlines = child._kill_plan(0.0)
    (result,) = until(child, ended)
    assert (result.state, result.reason, result.model_file) == (TrialState.COMPLETED, "", "model.keras")


def test_a_trial_whose_runner_is_killed_while_it_is_drawn_is_complete(drawing):
    child = drawing("does not listen")
    os.kill(child.pid, signal.SIGKILL)
    (result,) = until(child, ended)
    assert result.state is TrialState.COMPLETED
    assert result.duration_s > 0


def test_several_slots_train_at_once(make_executor):
    executor = make_executor(epoch_s=0.3, slots=2)
    for number in range(2):
        executor.submit(trial_spec(number, max_epochs=3))
    assert executor.free_slots() == 0
    reports = until(executor, lambda reports: sum(isinstance(r, TrialResult) for r in reports) == 2)
    numbers = [report.number for report in reports if isinstance(report, EpochReport)]
    assert numbers.index(1) < len(numbers) - 1 - numbers[::-1].index(0)


def test_the_runner_ends_when_its_parent_closes(make_executor):
    executor = make_executor(epoch_s=60)
    executor.submit(trial_spec(0))
    pid = executor._children[0].pid
    executor.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_leftovers_of_a_lost_attempt_disappear_with_the_next_publication(make_executor, tmp_path):
    executor = make_executor(epoch_s=0.01)
    spec = trial_spec(0, attempt=2)
    old = FolderStore(tmp_path).scratch(trial_name(spec.run_name, 0), 1)
    executor.submit(spec)
    until(executor, ended)
    assert not old.exists()


def test_a_trial_whose_files_are_too_large_fails_and_keeps_the_small_ones(make_executor, tmp_path):
    executor = make_executor(epoch_s=1)
    spec = trial_spec(0, max_epochs=1, max_trial_mb=1)
    executor.submit(spec)
    (executor._files[0].folder / "huge").write_bytes(bytes(2_000_000))
    result = until(executor, ended)[-1]
    assert result.state is TrialState.FAILED
    assert "2 MB, more than the 1 MB" in result.reason
    assert "huge" not in result.files
    assert (tmp_path / trial_name(spec.run_name, 0) / "history.json").is_file()


def test_a_trial_that_is_too_large_by_its_pictures_alone_loses_them_and_is_complete(make_executor):
    executor = make_executor(epoch_s=1)
    executor.submit(trial_spec(0, max_epochs=1, max_trial_mb=2))
    folder = executor._files[0].folder
    (folder / "plots").mkdir()
    (folder / "plots" / "health_radar.png").write_bytes(bytes(1_500_000))
    (folder / "arrays.npz").write_bytes(bytes(1_000_000))
    result = until(executor, ended)[-1]
    assert result.state is TrialState.COMPLETED
    assert "arrays.npz" in result.files
    assert "plots/health_radar.png" not in result.files


def test_what_was_being_written_when_a_trial_ended_is_not_kept(make_executor):
    executor = make_executor(epoch_s=1)
    executor.submit(trial_spec(0, max_epochs=1))
    (executor._files[0].folder / "arrays.npz.partial").write_bytes(b"torn")
    assert "arrays.npz.partial" not in until(executor, ended)[-1].files


def test_no_trial_starts_on_a_full_disk(make_executor):
    executor = make_executor(epoch_s=0.01)
    executor.submit(trial_spec(0, min_free_mb=10**9))
    assert executor.free_slots() == 0
    (result,) = executor.poll(0)
    assert result.state is TrialState.FAILED
    assert "the disk is nearly full" in result.reason
    assert executor.free_slots() == 1
