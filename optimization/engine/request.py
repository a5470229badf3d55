"""What a person asks for. The same fields serve Python, the command line, the form and the API."""

import dataclasses
import difflib
import importlib.util
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

from .errors import ConfigError, DatasetUnavailable
from .narrowing import Narrowing, misfits
from .rules import Choice, Flag, Maybe, Proportions, Real, Several, Text, Whole, check_fields, required, ruled


class Mode(StrEnum):
    """Whether health counts towards the score; it is measured and shown in both modes."""

    SIMPLE = "simple"
    HEALTH = "health"


class Objective(StrEnum):
    """What a trial is judged by, on validation data; scoring.py maps each to [0, 1]."""

    VAL_ACCURACY = "val_accuracy"
    ACCURACY = "accuracy"
    TRAINING_TIME = "training_time"
    PARAMETER_EFFICIENCY = "parameter_efficiency"
    MEMORY_EFFICIENCY = "memory_efficiency"
    INFERENCE_SPEED = "inference_speed"
    OVERALL_HEALTH = "overall_health"
    NEURON_UTILIZATION = "neuron_utilization"
    TRAINING_STABILITY = "training_stability"
    GRADIENT_HEALTH = "gradient_health"

    @property
    def needs_health_mode(self) -> bool:
        return self in _HEALTH_OBJECTIVES


_HEALTH_OBJECTIVES = frozenset(
    {
        Objective.OVERALL_HEALTH,
        Objective.NEURON_UTILIZATION,
        Objective.TRAINING_STABILITY,
        Objective.GRADIENT_HEALTH,
    }
)


class HealthMetric(StrEnum):
    """The six components of health; HEALTH.md's definitions, each in [0, 1], larger is healthier."""

    NEURON_UTILIZATION = "neuron_utilization"
    PARAMETER_EFFICIENCY = "parameter_efficiency"
    TRAINING_STABILITY = "training_stability"
    GRADIENT_HEALTH = "gradient_health"
    CONVERGENCE_QUALITY = "convergence_quality"
    ACCURACY_CONSISTENCY = "accuracy_consistency"


class Sampler(StrEnum):
    """How the next trial's hyperparameters are chosen; samplers.py says how each is set up."""

    TPE = "tpe"
    GP = "gp"
    CMAES = "cmaes"
    QMC = "qmc"
    RANDOM = "random"
    GRID = "grid"
    NSGA2 = "nsga2"

    @property
    def problem_here(self) -> str:
        """Why this sampler cannot be used on this machine, or ""."""
        if self is Sampler.GP and importlib.util.find_spec("torch") is None:
            return "gp needs PyTorch, which is not installed here: install the extra gp, or use another sampler"
        return ""

    @property
    def takes_one_objective_only(self) -> bool:
        return self is Sampler.CMAES


class Pruner(StrEnum):
    """How a trial that falls behind is ended early, on validation accuracy by epoch."""

    MEDIAN = "median"
    ASHA = "asha"
    HYPERBAND = "hyperband"
    NONE = "none"


class PlotMode(StrEnum):
    """Which trials get plots."""

    ALL = "all"
    BEST = "best"
    NONE = "none"


class ExecutorKind(StrEnum):
    """Where trials run."""

    LOCAL = "local"


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizationRequest:
    """One request for an optimization. Raises ConfigError naming every field that is wrong.

    Strings are accepted for enums and turned into them; proportions become a complete mapping.
    """

    dataset_name: str = required(Text(100), "The data set to train on, by its registered name.")
    mode: Mode = ruled(
        Mode.HEALTH, Choice(Mode), "Score by the objective alone (simple), or by objective and health (health)."
    )
    optimize_for: Objective = ruled(
        Objective.VAL_ACCURACY, Choice(Objective), "What a good model is; measured on validation data only."
    )
    trials: int = ruled(50, Whole(1, 10_000), "How many models to train; trial 0 is the default model.")
    min_epochs_per_trial: int = ruled(
        1, Whole(1, 1000), "Epochs a trial trains before it may be pruned or stopped early."
    )
    max_epochs_per_trial: int = ruled(6, Whole(1, 1000), "Epochs a trial trains when nothing ends it sooner.")
    executor: ExecutorKind = ruled(ExecutorKind.LOCAL, Choice(ExecutorKind), "Where the trials run.")
    use_runpod_service: bool = ruled(False, Flag(), "Run the trials on RunPod; this version runs them locally.")
    concurrent: bool = ruled(False, Flag(), "Train several trials at once.")
    concurrent_workers: int = ruled(2, Whole(1, 6), "How many trials at once, where concurrent is on.")
    batch_size: int = ruled(32, Whole(1, 8192), "Examples in one gradient step.")
    validation_split: float = ruled(
        0.2, Real(0.05, 0.5), "Share of the training examples kept for validation, which decides the search."
    )
    random_seed: int = ruled(42, Whole(0, 2**31 - 1), "Same seed, same trials, when they run one at a time.")
    timeout_hours: float | None = ruled(
        None, Maybe(Real(0, 720, above=True)), "Hours after which no new trial starts and running ones stop."
    )
    minutes_per_trial: float | None = ruled(
        None, Maybe(Real(0, 1440, above=True)), "Minutes after which a trial fails with a time-out."
    )
    max_parameters: int = ruled(
        4_000_000, Whole(1000, 1_000_000_000), "Largest model, in weights; larger draws are made smaller."
    )
    max_latency_ms: float | None = ruled(
        None,
        Maybe(Real(0, 60_000, above=True)),
        "Longest time for one prediction, in milliseconds (p95, alone); a slower model is never the best.",
    )
    search_space: Mapping[str, Mapping[str, Any]] = ruled(
        {}, Narrowing(), "Changes to what is searched: narrow, fix or exclude hyperparameters, or open batch_size."
    )
    early_stopping_patience: int | None = ruled(
        None, Maybe(Whole(1, 1000)), "Epochs without a better validation accuracy that end a trial; off if left out."
    )
    accuracy_weight: float = ruled(
        0.85, Real(0, 1), "Share of the objective in the score in health mode; health has the rest."
    )
    health_component_proportions: Mapping[str, float] = ruled(
        {
            HealthMetric.NEURON_UTILIZATION: 0.25,
            HealthMetric.PARAMETER_EFFICIENCY: 0.15,
            HealthMetric.TRAINING_STABILITY: 0.20,
            HealthMetric.GRADIENT_HEALTH: 0.15,
            HealthMetric.CONVERGENCE_QUALITY: 0.15,
            HealthMetric.ACCURACY_CONSISTENCY: 0.10,
        },
        Proportions(tuple(HealthMetric)),
        "Weight of each health metric in overall health.",
    )
    sampler: Sampler = ruled(Sampler.TPE, Choice(Sampler), "How the next hyperparameters are chosen.")
    pruner: Pruner = ruled(Pruner.MEDIAN, Choice(Pruner), "How a trial that falls behind is ended early.")
    objectives: tuple[Objective, ...] | None = ruled(
        None,
        Several(Objective, 2, 3),
        "Search for the best compromises between several objectives: a Pareto front; off if left out.",
    )
    confirm_top_k: int = ruled(
        0, Whole(0, 20), "Best trials that are trained again on other seeds before one is called best; 0 for none."
    )
    confirm_seeds: int = ruled(3, Whole(2, 20), "Seeds on which each of them is trained again, where it is on.")
    create_trial_plots: PlotMode = ruled(
        PlotMode.ALL, Choice(PlotMode), "Which trials get plots: all, the best one when the job ends, or none."
    )

    def __post_init__(self) -> None:
        problems = check_fields(self) or self.contradictions()
        if problems:
            raise ConfigError(problems)

    def contradictions(self) -> dict[str, str]:
        """Problems between fields that are each fine alone, by field name."""
        from .datasets import name_problem

        problems = {}
        if problem := name_problem(self.dataset_name):
            problems["dataset_name"] = problem
        if problem := self._objective_problem([self.optimize_for]):
            problems["optimize_for"] = problem
        if problem := self._objective_problem(self.objectives or ()):
            problems["objectives"] = problem
        if problem := self._sampler_problem():
            problems["sampler"] = problem
        if problem := self._search_space_problem():
            problems["search_space"] = problem
        if self.min_epochs_per_trial > self.max_epochs_per_trial:
            problems["min_epochs_per_trial"] = (
                f"must not exceed max_epochs_per_trial ({self.max_epochs_per_trial}); got {self.min_epochs_per_trial}"
            )
        if self.use_runpod_service:
            problems["use_runpod_service"] = "must be false: RunPod is not configured here"
        return problems

    def _objective_problem(self, objectives: Sequence[Objective]) -> str:
        for objective in objectives:
            if objective.needs_health_mode and self.mode is Mode.SIMPLE:
                others = [other for other in Objective if not other.needs_health_mode]
                return f"{objective} needs mode health; in simple mode use {', '.join(others)}"
        return ""

    def _sampler_problem(self) -> str:
        if self.objectives and self.sampler.takes_one_objective_only:
            suitable = [sampler.value for sampler in Sampler if not sampler.takes_one_objective_only]
            return f"{self.sampler} follows one objective only, and objectives names several; use {', '.join(suitable)}"
        return self.sampler.problem_here

    def _search_space_problem(self) -> str:
        from .datasets import find_dataset

        try:
            info = find_dataset(self.dataset_name, getattr(self, "data_dir", None))
        except DatasetUnavailable:
            return ""  # said at dataset_name, or when the job looks for its data
        return misfits(self.search_space, info.modality)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from untrusted input. Raises ConfigError naming unknown and missing fields too."""
        names = [field.name for field in dataclasses.fields(cls)]
        problems = {str(name): _not_a_field(str(name), names) for name in data if name not in names}
        if "dataset_name" not in data:
            problems["dataset_name"] = "is required"
        if problems:
            raise ConfigError(problems)
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, complete; from_dict reads it back to an equal request."""
        return {field.name: _plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def _not_a_field(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f"is not a field; did you mean {close[0]}?" if close else f"is not a field; use {', '.join(names)}"


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
