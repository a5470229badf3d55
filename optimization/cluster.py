"""Trials on the workers of the trials queue: the loop's side (ClusterExecutor) and the worker's side."""

import functools
import logging
import os
import socket
import time
import uuid

from django.conf import settings
from django.db.models import F, Q

from optimization import lifeline
from optimization.artifacts import artifact_store
from optimization.engine.errors import LeaseLost
from optimization.engine.executors.attempt_files import AttemptFiles
from optimization.engine.executors.base import Report
from optimization.engine.executors.child import RunnerChild
from optimization.engine.request import OptimizationRequest
from optimization.engine.trial import EpochReport, TrialLost, TrialResult, TrialSpec, TrialState, Verdict
from optimization.leases import renewed
from optimization.models import EpochMetrics, Trial, nobody_holds_it
from optimization.recording import AttemptRecorder
from optimization.tasks import wake_trials

logger = logging.getLogger(__name__)

POLL_S = 0.05
SLICE_S = 60
LINGER_S = 1.0
"""How long a worker looks for another trial after one, which is quicker than a wake-up through the queue."""
TURN_S = 0.5
"""Longest time until a worker looks at the loop's verdict again."""


class ClusterExecutor:
    """The engine's Executor over rows: workers write reports, this reads them; it holds nothing itself.

    A concurrent job has some trials more than it may run at once: they wait until one ends, so that its
    worker need not wait for the loop.
    """

    def __init__(self, job_id: uuid.UUID, request: OptimizationRequest) -> None:
        self._trials = Trial.objects.filter(job_id=job_id)
        self._room = request.concurrent_workers + _ahead(request.concurrent_workers) if request.concurrent else 1
        self._last_epoch_row = 0

    def free_slots(self) -> int:
        return self._room - self._trials.unfinished().count()

    def submit(self, spec: TrialSpec) -> None:
        """The trial's row, written by the recorder, is what waits; this only wakes a worker up for it.

        Nobody is woken for a trial that waits for its place: the worker that makes room looks for it.
        """
        if self._trials.claimable().filter(number=spec.number, attempt=spec.attempt).exists():
            wake_trials()

    def poll(self, timeout_s: float) -> list[Report]:
        deadline = time.monotonic() + timeout_s
        while True:
            ends = self._ends()  # read before the epochs, of which an ended trial then has all
            reports = [*self._new_epochs(), *ends]
            left_s = deadline - time.monotonic()
            if reports or left_s <= 0:
                return reports
            time.sleep(min(POLL_S, left_s))

    def verdict(self, number: int, verdict: Verdict) -> None:
        self._trials.unfinished().filter(number=number, result__isnull=True).update(verdict=verdict)

    def is_training(self) -> bool:
        """Whether a trial of the job runs, or has run and was not taken in yet."""
        return self._trials.filter(Q(state=TrialState.RUNNING) | ~nobody_holds_it()).exists()

    def withdraw(self) -> None:
        """End the trials that no worker has begun."""
        self._trials.waiting().update(verdict=Verdict.STOP)

    def close(self) -> None:
        """Nothing is held: running trials belong to their workers."""

    def _new_epochs(self) -> list[Report]:
        rows = EpochMetrics.objects.filter(
            pk__gt=self._last_epoch_row, trial__in=self._trials.unfinished(), attempt=F("trial__attempt")
        )
        reports: list[Report] = []
        for row in rows.select_related("trial").order_by("pk"):
            self._last_epoch_row = row.pk
            reports.append(row.as_report(row.trial))
        return reports

    def _ends(self) -> list[Report]:
        results = self._trials.unfinished().filter(result__isnull=False)
        silent = self._trials.filter(nobody_holds_it(), result__isnull=True)
        lost = silent.filter(state=TrialState.RUNNING)
        never_began = silent.filter(state=TrialState.QUEUED).exclude(verdict="")
        return [
            *(TrialResult.from_dict(trial.result) for trial in results),
            *(TrialLost(number=t.number, attempt=t.attempt, reason=t.reason or _silent(t)) for t in lost),
            *(_stopped_before_it_began(trial) for trial in never_began),
        ]


def _ahead(slots: int) -> int:
    """Trials that wait: each knows less of the others, and more than half the slots seldom end at once."""
    return (slots + 1) // 2


def _silent(trial: Trial) -> str:
    return f"its worker {trial.worker} stopped answering"


def _stopped_before_it_began(trial: Trial) -> TrialResult:
    reason = "stopped before it began"
    return TrialResult(number=trial.number, attempt=trial.attempt, state=TrialState.STOPPED, reason=reason)


@functools.cache
def warm_runner() -> RunnerChild:
    """This process' runner; started once, so that a trial need not wait for TensorFlow."""
    runner = RunnerChild(settings.TUNEWELL_RUNNER_ARGS)
    runner.warm_up()
    return runner


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def run_next_trials() -> None:
    """Run the trials whose turn it is, one after the other, until none waits or the slice is over."""
    slice_ends = time.monotonic() + SLICE_S
    with lifeline.working():
        attempt = AttemptRecorder.claim_next()
        while attempt is not None:
            run_attempt(attempt)
            attempt = _one_more() if time.monotonic() < slice_ends else None
    if not lifeline.is_draining() and Trial.objects.claimable().exists():
        wake_trials()


def _one_more() -> AttemptRecorder | None:
    """The next trial's attempt, when there is one within a moment."""
    deadline = time.monotonic() + LINGER_S
    while not lifeline.is_draining():
        if (attempt := AttemptRecorder.claim_next()) is not None or time.monotonic() > deadline:
            return attempt
        time.sleep(POLL_S)
    return None


def run_attempt(attempt: AttemptRecorder) -> None:
    """Run one claimed attempt to its end, or hand it back when this worker has to stop."""
    spec = attempt.spec
    files = AttemptFiles(artifact_store(), spec)
    runner = warm_runner()
    try:
        attempt.started(spec, worker=worker_name())
        if refusal := files.refusal():
            attempt.finished(refusal)
            return
        runner.start(spec, files.folder)
        _attend(attempt, runner, files)
    except LeaseLost as error:
        logger.warning("%s; its runner is ended", error)
        files.discard()
    finally:
        if runner.spec is not None:
            runner.close()


def _attend(attempt: AttemptRecorder, runner: RunnerChild, files: AttemptFiles) -> None:
    while True:
        for report in runner.poll(TURN_S):
            match report:
                case EpochReport():
                    attempt.epoch(report)
                case TrialResult():
                    attempt.renew()  # only who still holds the lease may put files in place
                    with renewed(attempt):
                        result = files.publish(report)
                    attempt.finished(result)
                    return
                case TrialLost():
                    attempt.renew()
                    with renewed(attempt):
                        files.publish_log()
                    attempt.lost(report.reason)
                    return
        if lifeline.is_draining():
            runner.close()
            files.discard()
            attempt.handed_back()
            return
        if verdict := attempt.beat():
            runner.send_verdict(verdict)
