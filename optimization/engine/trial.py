"""The wire format between the loop and whoever trains: TrialSpec in, EpochReports, TrialResult out.

Everything is plain JSON with a version; NaN and infinity become None in `to_json` and nowhere else.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from .errors import OptimizationError
from .model_config import ModelConfig

WIRE_VERSION = 1

NO_HOLDOUT = 0.0
"""What a specification holds that was written before there was a holdout split."""


class TrialState(StrEnum):
    """Where a trial stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PRUNED = "pruned"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_finished(self) -> bool:
        return self not in (TrialState.QUEUED, TrialState.RUNNING)

    @property
    def counts(self) -> bool:
        """Whether the trial counts towards the number asked for."""
        return self in (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED)


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_finished(self) -> bool:
        return self in (JobState.STOPPED, JobState.COMPLETED, JobState.FAILED)


DIVERGED = "diverged"
"""How the reason of a trial begins whose loss left the numbers; it is pruned, by itself."""


class Verdict(StrEnum):
    """What the loop decides about a running trial."""

    PRUNE = "prune"
    STOP = "stop"

    @property
    def end_state(self) -> TrialState:
        """The state of a trial that was ended by this verdict."""
        return TrialState.PRUNED if self is Verdict.PRUNE else TrialState.STOPPED


def finite(value: Any) -> Any:
    """The same plain value with NaN and infinity as None: JSON has no word for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value


def to_json(value: Any) -> str:
    """One line of strict JSON."""
    return json.dumps(finite(value), allow_nan=False, separators=(",", ":"), ensure_ascii=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """A dataclass that goes over the wire with its kind and version."""

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = finite({"version": WIRE_VERSION} | dataclasses.asdict(self))
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Raises OptimizationError when the other side speaks a newer version."""
        if data.get("version", 0) > WIRE_VERSION:
            raise OptimizationError(f"{cls.__name__}: wire version {data['version']} is newer than {WIRE_VERSION}")
        names = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in names})


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialSpec(Message):
    """Everything a runner needs to train one trial, and nothing about the search.

    run_name and number name the trial; attempt counts from 1. seed derives from (job seed, number).
    split_seed is the job's, so that all trials see the same splits; both shares are of the training examples.
    time_limit_s bounds the whole attempt and is kept by the runner's parent, as are min_free_mb (room on the
    disk at the start) and max_trial_mb (size of the finished folder). draw_plots: whether the trial's plots are
    drawn when it ends. plugins: modules that the runner imports first; model_builder: one that they register, or
    None for Tunewell's own.
    """

    run_name: str
    number: int
    attempt: int = 1
    seed: int
    split_seed: int
    dataset_name: str
    data_dir: str | None
    validation_split: float
    holdout_split: float = NO_HOLDOUT
    batch_size: int
    min_epochs: int
    max_epochs: int
    early_stopping_patience: int | None
    time_limit_s: float | None
    health_monitoring_frequency: int
    min_free_mb: int
    max_trial_mb: int
    draw_plots: bool = False
    plugins: tuple[str, ...] = dataclasses.field(default_factory=tuple)
    model_builder: str | None = None
    model: ModelConfig

    def to_dict(self) -> dict[str, Any]:
        return super().to_dict() | {"model": self.model.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        plugins = tuple(data.get("plugins") or ())
        return super().from_dict({**data, "plugins": plugins, "model": ModelConfig.from_dict(data["model"])})

    def next_attempt(self) -> Self:
        return dataclasses.replace(self, attempt=self.attempt + 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HealthMeasurement(Message):
    """One metric of health. value is None when it could not be measured; reason then says why.

    evidence: plain data the value rests on (layers, epochs). advice: one sentence for a person.
    """

    metric: str
    value: float | None
    verdict: str = ""
    reason: str = ""
    advice: str = ""
    evidence: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _measurements(data: Mapping[str, Any] | None) -> dict[str, HealthMeasurement]:
    return {name: HealthMeasurement.from_dict(item) for name, item in (data or {}).items()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class EpochReport(Message):
    """One finished epoch. Unique by (number, attempt, epoch); epoch counts from 1.

    Losses in nats, accuracies in [0, 1], duration in seconds, ended_at in seconds since 1970 by the
    runner's clock. health maps each metric to its provisional value, None where not measured; measurements are
    the same with evidence and advice, and "overfitting" among them. monitoring_s: seconds of the epoch
    that went into measuring health. alarm: why the health pruner would end the
    trial here, "" where it would not.
    """

    number: int
    attempt: int
    epoch: int
    epochs: int
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    val_balanced_accuracy: float | None
    learning_rate: float | None
    duration_s: float
    ended_at: float
    health: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    measurements: Mapping[str, HealthMeasurement] = dataclasses.field(default_factory=dict)
    alarm: str = ""
    monitoring_s: float = 0.0

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return super().from_dict({**data, "measurements": _measurements(data.get("measurements"))})

    def without_measurements(self) -> Self:
        """The same for a record that is kept for long: evidence by layer and epoch would add up."""
        return dataclasses.replace(self, measurements={})


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialResult(Message):
    """How an attempt ended. The runner sends it once, after its files are complete.

    state: completed, pruned, stopped or failed. Accuracies in [0, 1] on the named split; test figures
    are for reporting only. model_file is relative to the trial's folder. files maps each file's relative
    path to its size in bytes. majority_share: share of the most frequent class in the validation split.
    trainer: what trained it, keras or sleep; empty where nothing did. extras: figures that are shown and not
    scored, by name, a unit at its end where it has one. overfitting: value = the gap between training and
    validation accuracy, verdict none, some or strong.
    """

    number: int
    attempt: int
    state: TrialState
    reason: str = ""
    traceback: str = ""
    trainer: str = ""
    epochs: int = 0
    val_loss: float | None = None
    val_accuracy: float | None = None
    val_balanced_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    majority_share: float | None = None
    classes: int | None = None
    parameters: int | None = None
    flops: int | None = None
    model_bytes: int | None = None
    latency_p95_s: float | None = None
    training_s: float | None = None
    duration_s: float | None = None
    model_file: str | None = None
    dataset_size: str = ""
    files: Mapping[str, int] = dataclasses.field(default_factory=dict)
    health: Mapping[str, HealthMeasurement] = dataclasses.field(default_factory=dict)
    extras: Mapping[str, float | None] = dataclasses.field(default_factory=dict)
    overfitting: HealthMeasurement | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        overfitting = data.get("overfitting")
        return super().from_dict(
            {
                **data,
                "state": TrialState(data["state"]),
                "health": _measurements(data.get("health")),
                "overfitting": HealthMeasurement.from_dict(overfitting) if overfitting else None,
            }
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrialLost(Message):
    """The attempt's process or host is gone without a result."""

    number: int
    attempt: int
    reason: str
