"""Where what happens is written. The record is the truth: a loop can be rebuilt from it at any moment."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from .trial import EpochReport, JobState, Message, TrialResult, TrialSpec, TrialState


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialRecord(Message):
    """One trial as the record holds it; enough to rebuild its part of the Optuna study.

    params, user_attrs, system_attrs: as Optuna holds them, JSON values; distributions: name -> Optuna's
    JSON text. intermediate: epoch -> validation accuracy. repairs: what was changed to keep a draw
    affordable, fallbacks: which parameters fell back to the default, name -> sentence.
    objective, health_score, total_score: set when completed; is_final: the loop has told the study.
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
    objective: float | None = None
    overall_health: float | None = None
    total_score: float | None = None
    reason: str = ""
    result: TrialResult | None = None

    @property
    def number(self) -> int:
        return self.spec.number

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
                "result": TrialResult.from_dict(result) if result else None,
            }
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobOutcome(Message):
    """What is known of a job when it ends (or so far). improvement: best minus baseline total score."""

    best_trial_number: int | None = None
    best_total_score: float | None = None
    test_accuracy: float | None = None
    baseline_total_score: float | None = None
    improvement: float | None = None
    best_model_path: str | None = None


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

    def job_state(self, state: JobState, *, reason: str = "", outcome: JobOutcome | None = None) -> None: ...


class AttemptRecorder(Protocol):
    """What the host of one running attempt writes, under the attempt's own lease."""

    def started(self, spec: TrialSpec, *, worker: str) -> None: ...

    def epoch(self, report: EpochReport) -> None:
        """Idempotent by (number, attempt, epoch)."""
        ...
