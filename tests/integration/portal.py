"""What tests of the portal do again and again."""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from django.db import connection

from optimization.engine.recorder import TrialRecord
from optimization.engine.trial import EpochReport, HealthMeasurement, TrialResult, TrialState
from optimization.models import Job, JobEvent, from_now
from optimization.recording import AttemptRecorder, JobRecorder
from tests.factories import trial_spec


def claimed(job: Job) -> JobRecorder:
    recorder = JobRecorder.claim(job.pk)
    assert recorder is not None
    return recorder


def ask_trial(recorder: JobRecorder, number: int = 0, **changes: Any) -> TrialRecord:
    """A queued trial of the recorder's job."""
    run_name = Job.objects.get(pk=recorder.job_id).run_name
    record = TrialRecord(spec=trial_spec(number, run_name=run_name), params={"activation": "relu"}, **changes)
    recorder.trial_asked(record)
    return record


def begun_attempt() -> AttemptRecorder:
    """The attempt whose turn it is, started."""
    attempt = AttemptRecorder.claim_next()
    assert attempt is not None
    attempt.started(attempt.spec, worker="here:1")
    return attempt


def epoch_report(number: int, epoch: int, *, attempt: int = 1, **changes: Any) -> EpochReport:
    values: dict[str, Any] = {
        "loss": 0.5,
        "accuracy": 0.8,
        "val_loss": 0.6,
        "val_accuracy": 0.7,
        "val_balanced_accuracy": 0.7,
        "learning_rate": 0.001,
        "duration_s": 1.5,
        "ended_at": 1_750_000_000.25,
        "health": {"training_stability": 0.9},
    }
    return EpochReport(number=number, attempt=attempt, epoch=epoch, epochs=2, **(values | changes))


def trial_result(number: int, *, attempt: int = 1, **changes: Any) -> TrialResult:
    stability = HealthMeasurement(metric="training_stability", value=0.9, verdict="good", advice="Keep it.")
    values: dict[str, Any] = {
        "state": TrialState.COMPLETED,
        "epochs": 2,
        "val_accuracy": 0.7,
        "val_balanced_accuracy": 0.7,
        "test_accuracy": 0.68,
        "parameters": 1234,
        "model_file": "model.keras",
        "health": {"training_stability": stability},
    }
    return TrialResult(number=number, attempt=attempt, **(values | changes))


def events_of(job: Job) -> list[JobEvent]:
    return list(JobEvent.objects.filter(job=job).order_by("seq"))


def let_lease_expire(row: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(lease_expires=from_now(-timedelta(seconds=1)))


def at_once(count: int, call: Callable[[], Any]) -> list[Any]:
    """The results of `count` threads that call at the same moment, each on its own connection."""
    barrier, results = Barrier(count), []

    def run() -> None:
        barrier.wait()
        results.append(call())
        connection.close()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def wait_until(
    condition: Callable[[], Any], *, limit_s: float = 60.0, of: str = "the condition", every_s: float = 0.05
) -> Any:
    """What the condition gives once it is true."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{of} did not come about within {limit_s:g} s"
        time.sleep(every_s)
    return found
