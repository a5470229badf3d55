"""The recorders of the portal: rows and events, each write fenced by the writer's lease."""

import logging
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Coalesce, Now

from optimization.engine.errors import LeaseLost
from optimization.engine.recorder import JobOutcome, TrialRecord
from optimization.engine.trial import EpochReport, JobState, TrialResult, TrialSpec, TrialState, Verdict
from optimization.events import EventWriter, NothingNew, numbered
from optimization.models import EPOCH_COLUMNS, LEASE, EpochMetrics, HealthMetrics, Job, StopRequest, Trial, from_now

logger = logging.getLogger(__name__)

FINDINGS = frozenset({"pareto_front", "repaired", "fallen_back", "rejected", "pruning", "confirmation"})
"""Fields of a JobOutcome that the job's row keeps together."""

_FREE: dict[str, Any] = {"lease_token": None, "lease_expires": None}


class JobRecorder:
    """What the loop writes, while it holds the job's lease."""

    def __init__(self, job_id: uuid.UUID, token: uuid.UUID) -> None:
        self.job_id = job_id
        self.token = token

    @classmethod
    def claim(cls, job_id: uuid.UUID) -> Self | None:
        """Take the lease of an unfinished job; None when somebody holds it or there is nothing to do."""
        token = uuid.uuid4()
        free = Job.objects.claimable().filter(pk=job_id)
        claimed = free.update(lease_token=token, lease_expires=from_now(LEASE))
        return cls(job_id, token) if claimed else None

    def renew(self) -> None:
        if not self._held().update(lease_expires=from_now(LEASE)):
            raise LeaseLost(f"job {self.job_id} is run by somebody else now")

    def release(self) -> None:
        """Give the lease back; its end is remembered, so that a forgotten job is noticed."""
        self._held().update(lease_token=None, lease_expires=Now())

    def trials(self) -> list[TrialRecord]:
        accuracies: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
        alarms: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
        rows = EpochMetrics.objects.filter(trial__job_id=self.job_id)
        columns = rows.values_list("trial_id", "attempt", "epoch", "val_accuracy", "alarm")
        for trial_id, attempt, epoch, accuracy, alarm in columns:
            accuracies[trial_id, attempt][epoch] = 0.0 if accuracy is None else accuracy
            if alarm:
                alarms[trial_id, attempt][epoch] = alarm
        trials = Trial.objects.filter(job_id=self.job_id).order_by("number")
        attempts = [(trial, (trial.pk, trial.attempt)) for trial in trials]
        return [trial.as_record(accuracies[attempt], alarms[attempt]) for trial, attempt in attempts]

    def elapsed_s(self) -> float:
        span = ExpressionWrapper(Now() - F("started_at"), output_field=DurationField())
        elapsed: timedelta | None = self._job().annotate(span=span).values_list("span", flat=True).get()
        return elapsed.total_seconds() if elapsed else 0.0

    def study_attrs(self) -> dict[str, Any]:
        return self._job().values_list("study_attrs", flat=True).get()

    def save_study_attrs(self, attrs: Mapping[str, Any]) -> None:
        if not self._held().update(study_attrs=dict(attrs), lease_expires=from_now(LEASE)):
            raise LeaseLost(f"job {self.job_id} is run by somebody else now")

    def trial_asked(self, record: TrialRecord) -> None:
        with self._write(1) as events:
            Trial.objects.create(
                job_id=self.job_id,
                number=record.number,
                attempt=record.spec.attempt,
                spec=record.spec.to_dict(),
                distributions=dict(record.distributions),
                repairs=dict(record.repairs),
                fallbacks=dict(record.fallbacks),
                confirms=record.confirms,
                **_study_columns(record),
            )
            events.trial(record.number)

    def trial_retried(self, spec: TrialSpec, reason: str) -> None:
        with self._write(2) as events:
            self._trial(spec.number).update(
                state=TrialState.QUEUED,
                attempt=spec.attempt,
                spec=spec.to_dict(),
                verdict="",
                result=None,
                live_health={},
                reason=reason,
                worker="",
                queued_at=Now(),
                started_at=None,
                **_FREE,
            )
            events.trial(spec.number)
            events.job()

    def trial_finished(self, record: TrialRecord) -> None:
        with self._write(2) as events:
            self._trial(record.number).update(
                state=record.state,
                reason=record.reason,
                objective=record.objective,
                overall_health=record.overall_health,
                total_score=record.total_score,
                objective_values=dict(record.objective_values),
                violations=dict(record.violations),
                finished_at=Now(),
                **_study_columns(record),
                **_result_columns(record.result),
                **_FREE,
            )
            if record.result is not None:
                self._note_health(record, record.result)
                self._job().filter(dataset_size="").update(dataset_size=record.result.dataset_size)
            events.trial(record.number)
            events.job()

    def trial_files(self, number: int, files: Mapping[str, int]) -> None:
        with self._write(1) as events:
            if not note_files(self.job_id, number, files):
                raise NothingNew
            events.trial(number)

    def job_state(self, state: JobState, *, reason: str = "", outcome: JobOutcome | None = None) -> None:
        with self._write(1) as events:
            changes: dict[str, Any] = {"state": state, "reason": reason, **_outcome_columns(outcome)}
            if not state.is_finished and self._job().filter(**changes, started_at__isnull=False).exists():
                raise NothingNew
            if state.is_finished:
                self._end_what_still_runs(reason or f"the job is {state}")
                changes["finished_at"] = Now()
            self._job().update(**changes, started_at=Coalesce("started_at", Now()))
            events.job()

    def pause(self) -> bool:
        """The job rests from now on; False when its owner wants it to go on after all."""
        with self._write(1) as events:
            asked = self._job().filter(stop_request=StopRequest.PAUSE)
            if not asked.update(state=JobState.PAUSED, stop_request=StopRequest.NONE):
                raise NothingNew
            events.job()
        return self._job().filter(state=JobState.PAUSED).exists()

    def _end_what_still_runs(self, reason: str) -> None:
        """A finished job has no unfinished trial: a host that still trains one finds its lease gone."""
        unfinished = Trial.objects.unfinished().filter(job_id=self.job_id)
        unfinished.update(state=TrialState.STOPPED, reason=reason, finished_at=Now(), **_FREE)

    def _note_health(self, record: TrialRecord, result: TrialResult) -> None:
        values = {name: measurement.value for name, measurement in result.health.items()}
        measurements = {name: measurement.to_dict() for name, measurement in result.health.items()}
        HealthMetrics.objects.update_or_create(
            trial=self._trial(record.number).get(),
            defaults={**values, "overall_health": record.overall_health, "measurements": measurements},
        )

    @contextmanager
    def _write(self, count: int) -> Iterator[EventWriter]:
        fence = {"lease_token": self.token}
        with numbered(self.job_id, count, fence=fence, lease_expires=from_now(LEASE)) as events:
            yield events

    def _job(self) -> Any:
        return Job.objects.filter(pk=self.job_id)

    def _held(self) -> Any:
        return self._job().filter(lease_token=self.token)

    def _trial(self, number: int) -> Any:
        return Trial.objects.filter(job_id=self.job_id, number=number)


class AttemptRecorder:
    """What the host of one attempt writes, while it holds the attempt's lease."""

    def __init__(self, trial: Trial, token: uuid.UUID) -> None:
        self.spec = TrialSpec.from_dict(trial.spec)
        self._job_id = trial.job_id
        self._trial_id = trial.pk
        self._token = token

    @classmethod
    def claim_next(cls) -> Self | None:
        """Take the lease of the queued trial whose turn it is; None when none waits."""
        token = uuid.uuid4()
        while (pk := Trial.objects.claimable().fairly().values_list("pk", flat=True).first()) is not None:
            if Trial.objects.waiting().filter(pk=pk).update(lease_token=token, lease_expires=from_now(LEASE)):
                return cls(Trial.objects.get(pk=pk), token)
        return None

    def started(self, spec: TrialSpec, *, worker: str) -> None:
        with self._write(2, state=TrialState.RUNNING, worker=worker, started_at=Now()) as events:
            events.trial(spec.number)
            events.job()

    def epoch(self, report: EpochReport) -> None:
        live = {name: measurement.to_dict() for name, measurement in report.measurements.items()}
        with self._write(1, **({"live_health": live} if live else {})) as events:
            _, is_new = EpochMetrics.objects.get_or_create(
                trial_id=self._trial_id,
                attempt=report.attempt,
                epoch=report.epoch,
                defaults={
                    **{name: getattr(report, name) for name in EPOCH_COLUMNS},
                    "ended_at": datetime.fromtimestamp(report.ended_at, UTC),
                },
            )
            if not is_new:
                raise NothingNew
            events.epoch(report)

    def renew(self) -> None:
        self._update(lease_expires=from_now(LEASE))

    def beat(self) -> Verdict | None:
        """Renew the lease; what the loop wants of the attempt."""
        self.renew()
        verdict = self._held().values_list("verdict", flat=True).first()
        return Verdict(verdict) if verdict else None

    def finished(self, result: TrialResult) -> None:
        """The attempt's result, its files being in place. The loop makes of it the trial's end."""
        self._update(result=result.to_dict(), **_FREE)

    def lost(self, reason: str) -> None:
        """The attempt's process is gone without a result; the loop decides what follows."""
        self._update(reason=reason, **_FREE)

    def handed_back(self) -> None:
        """The attempt did not take place: its host stops, another may start it."""
        with self._write(2, state=TrialState.QUEUED, worker="", started_at=None, live_health={}, **_FREE) as events:
            EpochMetrics.objects.filter(trial_id=self._trial_id, attempt=self.spec.attempt).delete()
            events.trial(self.spec.number)
            events.job()

    @contextmanager
    def _write(self, count: int, **changes: Any) -> Iterator[EventWriter]:
        with numbered(self._job_id, count) as events:
            self._update(**{"lease_expires": from_now(LEASE), **changes})
            yield events

    def _update(self, **changes: Any) -> None:
        if not self._held().update(**changes):
            raise LeaseLost(f"trial {self.spec.number} of {self.spec.run_name} is run by somebody else now")

    def _held(self) -> Any:
        return Trial.objects.filter(pk=self._trial_id, lease_token=self._token)


def note_files(job_id: uuid.UUID, number: int, files: Mapping[str, int]) -> bool:
    """Within a transaction: what a finished trial's folder holds now; False where its row says so already."""
    trial = Trial.objects.get(job_id=job_id, number=number)
    if trial.result is None or trial.result.get("files") == dict(files):
        return False
    return bool(Trial.objects.filter(pk=trial.pk).update(result={**trial.result, "files": dict(files)}))


def _study_columns(record: TrialRecord) -> dict[str, Any]:
    return {
        "params": dict(record.params),
        "user_attrs": dict(record.user_attrs),
        "system_attrs": dict(record.system_attrs),
    }


def _result_columns(result: TrialResult | None) -> dict[str, Any]:
    if result is None:
        return {}
    return {
        "result": result.to_dict(),
        "traceback": result.traceback,
        "val_accuracy": result.val_accuracy,
        "test_accuracy": result.test_accuracy,
        "parameters": result.parameters,
        **({"live_health": {}} if result.health else {}),
    }


def _outcome_columns(outcome: JobOutcome | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    findings = {name: value for name, value in outcome.to_dict().items() if name in FINDINGS}
    return best_columns(outcome) | {"findings": findings}


def best_columns(outcome: JobOutcome) -> dict[str, Any]:
    """Which trial is the best, as columns of its job."""
    return {
        "best_trial_number": outcome.best_trial_number,
        "best_total_score": outcome.best_total_score,
        "test_accuracy": outcome.test_accuracy,
        "baseline_total_score": outcome.baseline_total_score,
        "improvement": outcome.improvement,
        "best_model_path": outcome.best_model_path or "",
    }
