"""Where what happens is written. The record is the truth: a loop can be rebuilt from it at any moment."""

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any, Protocol

from .trial import EpochReport, HealthMeasurement, JobState, Message, TrialResult, TrialSpec, TrialState

PRUNED_AT = "pruned_at_epoch"
"""User attribute of a trial: the epoch after which the pruner gave it up."""

DRAWN_PARAMETERS = "drawn_parameters"
"""User attribute of a trial: the weights of its draw before any repair."""

SAMPLER_FAILED = "sampler_failed"
"""User attribute of a trial: why its sampler could propose nothing, so that it was drawn at random."""

WOULD_BE_PRUNED_AT = "would_be_pruned_at_epoch"
"""User attribute of an audited trial: the pruner gave it up after this epoch, and it was let run on."""

HEALTH_ALARM = "health_alarm"
"""User attribute of a trial that the health pruner gave up: what it saw."""

BEST_THEN = "best_score_when_given_up"
"""User attribute of an audited trial: the highest total score of the job at that moment; none before the first."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialRecord(Message):
    """One trial as the record holds it; enough to rebuild its part of the Optuna study.

    params, user_attrs, system_attrs: as Optuna holds them, JSON values; distributions: name -> Optuna's
    JSON text. intermediate: epoch -> validation accuracy; alarms: epoch -> why the health pruner would end the
    trial there, where it would. repairs: what was changed to keep a draw
    affordable, fallbacks: which parameters fell back to the default, name -> sentence.
    objective, overall_health, total_score: set when completed, and objective_values, by name, in a search
    for several objectives. violations: limits that the model does not keep, name -> sentence; such a trial
    is never the best. confirms: the number of the trial that this one trains again on another seed.
    """

    spec: TrialSpec
    state: TrialState = TrialState.QUEUED
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    distributions: Mapping[str, str] = dataclasses.field(default_factory=dict)
    user_attrs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    system_attrs: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    repairs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    fallbacks: Mapping[str, str] = dataclasses.field(default_factory=dict)
    intermediate: Mapping[int, float] = dataclasses.field(default_factory=dict)
    alarms: Mapping[int, str] = dataclasses.field(default_factory=dict)
    objective: float | None = None
    overall_health: float | None = None
    total_score: float | None = None
    objective_values: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    violations: Mapping[str, str] = dataclasses.field(default_factory=dict)
    confirms: int | None = None
    reason: str = ""
    result: TrialResult | None = None

    @property
    def number(self) -> int:
        return self.spec.number

    def without_evidence(self) -> "TrialRecord":
        """The same without the sizes of its files, and with its health's values alone, or why there are none: what a
        loop of hundreds of trials needs."""
        if self.result is None:
            return self
        light = dataclasses.replace(
            self.result,
            files={},
            health={sys.intern(name): _light(measurement) for name, measurement in self.result.health.items()},
            extras={sys.intern(name): value for name, value in self.result.extras.items()},
            overfitting=_light(self.result.overfitting) if self.result.overfitting else None,
        )
        return dataclasses.replace(self, result=light)

    @property
    def counts(self) -> bool:
        """Whether it counts towards the number of trials asked for."""
        return self.state.counts and self.confirms is None

    @property
    def may_be_best(self) -> bool:
        return self.state is TrialState.COMPLETED and self.confirms is None and not self.violations

    @property
    def pruned_at(self) -> int | None:
        return self.user_attrs.get(PRUNED_AT)

    @property
    def would_be_pruned_at(self) -> int | None:
        """The epoch after which an audited trial would have been pruned."""
        return self.user_attrs.get(WOULD_BE_PRUNED_AT)

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {
            "spec": self.spec.to_dict(),
            "result": self.result.to_dict() if self.result else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TrialRecord":
        result = data.get("result")
        return super().from_dict(
            {
                **data,
                "spec": TrialSpec.from_dict(data["spec"]),
                "state": TrialState(data["state"]),
                "intermediate": {int(epoch): value for epoch, value in data.get("intermediate", {}).items()},
                "alarms": {int(epoch): alarm for epoch, alarm in data.get("alarms", {}).items()},
                "result": TrialResult.from_dict(result) if result else None,
            }
        )


def _light(measurement: HealthMeasurement) -> HealthMeasurement:
    """Texts that many trials share are held once."""
    return HealthMeasurement(
        metric=sys.intern(measurement.metric),
        value=measurement.value,
        verdict=sys.intern(measurement.verdict),
        reason=sys.intern(measurement.reason),
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PruningReport:
    """What pruning did in a job; auditing.py defines each.

    pruned: trials ended by the pruner; audited: trials it gave up that were let run to their end; wrong:
    those of them that then were the best so far; wrong_share: None where too few were audited to say.
    """

    pruned: int
    audited: int
    wrong: int
    wrong_share: float | None
    epochs_saved: int
    seconds_saved: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confirmation:
    """One of the best trials, trained again on other seeds.

    score: of the trial itself, which was chosen for being high. scores: of the runs on other seeds, in
    order; mean and its 95 % interval [low, high], cut at 0 and 1, are over these alone. None where there are too few.
    """

    number: int
    score: float
    scores: tuple[float, ...]
    mean: float | None
    low: float | None
    high: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobOutcome(Message):
    """What is known of a job when it ends (or so far). improvement: best minus baseline total score,
    the best's mean on other seeds (and the baseline's) where it was confirmed.

    pareto_front: numbers of the trials that no other beats in every objective; empty with one objective.
    repaired, fallen_back, rejected: trials whose draw was changed to keep the limits, took a default where a
    suggestion failed, or could not be trained within the limits. confirmation: the best trials by their mean
    on other seeds, where that was asked for.
    """

    best_trial_number: int | None = None
    best_total_score: float | None = None
    test_accuracy: float | None = None
    baseline_total_score: float | None = None
    improvement: float | None = None
    best_model_path: str | None = None
    pareto_front: tuple[int, ...] = ()
    repaired: int = 0
    fallen_back: int = 0
    rejected: int = 0
    pruning: PruningReport | None = None
    confirmation: tuple[Confirmation, ...] = ()


class Recorder(Protocol):
    """What the loop and the trial's host write. Every method commits before it returns.

    Two implementations: journal.JournalRecorder (Python use), optimization.recording (portal).
    Any method may raise LeaseLost when somebody else writes this job now.
    """

    def trials(self) -> list[TrialRecord]:
        """Every trial of the job, by number, with all epochs reported so far."""
        ...

    def elapsed_s(self) -> float:
        """Seconds since the job first ran."""
        ...

    def study_attrs(self) -> dict[str, Any]:
        """The study's system attributes, as last saved."""
        ...

    def save_study_attrs(self, attrs: Mapping[str, Any]) -> None: ...

    def trial_asked(self, record: TrialRecord) -> None:
        """A new trial, queued. Its number is the next free one."""
        ...

    def trial_retried(self, spec: TrialSpec, reason: str) -> None:
        """An attempt was lost; the trial is queued again with the spec's attempt."""
        ...

    def trial_finished(self, record: TrialRecord) -> None:
        """The trial's end: state, score, result."""
        ...

    def trial_files(self, number: int, files: Mapping[str, int]) -> None:
        """What a finished trial's folder holds now, path -> size in bytes: plots may be added to it later."""
        ...

    def job_state(self, state: JobState, *, reason: str = "", outcome: JobOutcome | None = None) -> None: ...


class AttemptRecorder(Protocol):
    """What the host of one running attempt writes, under the attempt's own lease."""

    def started(self, spec: TrialSpec, *, worker: str) -> None: ...

    def epoch(self, report: EpochReport) -> None:
        """Idempotent by (number, attempt, epoch)."""
        ...
