"""A job's search space in Optuna's terms, and how a draw becomes a ModelConfig.

Knows Optuna and no Keras; the tests drive it with optuna.trial.FixedTrial.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial

from .config import OptimizationConfig
from .cost import cost_of
from .datasets import find_dataset
from .hyperparameters import SPACE, Hyperparameter
from .model_config import ModelConfig
from .narrowing import EXCLUDED, narrowed
from .ranges import Choices, Range, WholeRange
from .repairs import Limits, as_field

__all__ = ["SPACE", "Hyperparameter", "HyperparameterSelector", "SearchSpace", "Suggestion", "distribution"]

COSTLIEST_DRAW = 20
"""Work of the costliest draw, in multiples of the default model's, where max_flops is left out."""


class SearchSpace:
    """What this job searches: the table, for the data set's modality, with the person's changes.

    parameters: those that are drawn, in the table's order. fixed: the values of those that the person fixed
    or excluded.
    """

    def __init__(self, config: OptimizationConfig) -> None:
        info = find_dataset(config.dataset_name, config.data_dir)
        changes = config.search_space
        table = [parameter for parameter in SPACE if info.modality in parameter.applies_to]
        self._defaults = {p.name: config.batch_size if p.name == "batch_size" else p.default for p in table}
        shape, classes = info.shape, len(info.classes)
        max_flops = config.max_flops or COSTLIEST_DRAW * cost_of(ModelConfig(), shape, classes).flops
        self.limits = Limits(shape, classes, max_parameters=config.max_parameters, max_flops=max_flops)
        drawn = [
            narrowed(parameter, changes.get(parameter.name, {} if parameter.searched else EXCLUDED))
            for parameter in table
        ]
        self.parameters = tuple(p if p.name in changes else self._bounded(p) for p in drawn if p is not None)
        self.by_name = {parameter.name: parameter for parameter in self.parameters}
        self.fixed: dict[str, Any] = {
            name: change.get("fixed", self._defaults[name])
            for name, change in changes.items()
            if name not in self.by_name
        }

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        return {parameter.name: distribution(parameter.range) for parameter in self.parameters}

    @property
    def unsearched(self) -> dict[str, Any]:
        """A value for everything, by name, before anything is drawn: fixed ones, and else the defaults."""
        return self._defaults | self.fixed

    def default_params(self) -> dict[str, Any]:
        """Trial 0: the default model's values, or the nearest that the person's changes leave, for every
        hyperparameter that exists for them."""
        values = self.unsearched
        params: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.exists_for(values):
                params[parameter.name] = values[parameter.name] = self.default(parameter)
        return params

    def default(self, parameter: Hyperparameter) -> Any:
        """The value that stands in where none was drawn."""
        return parameter.range.nearest(self._defaults[parameter.name])

    def _bounded(self, parameter: Hyperparameter) -> Hyperparameter:
        """A size ends where the default model, with this size alone, leaves the job's limits: beyond it nearly
        every draw would have to be made smaller. A range that a person gave stays as given."""
        now = parameter.range
        if not isinstance(now, WholeRange) or parameter.name == "batch_size":
            return parameter
        default = self.default(parameter)
        largest = next(v for v in (now.high, *now.smaller(now.high)) if v <= default or self._fits(parameter.name, v))
        return dataclasses.replace(parameter, range=now.narrowed(now.low, max(largest, default)))

    def _fits(self, name: str, value: Any) -> bool:
        return self.limits.admit(ModelConfig(**{name: as_field(name, value)}))


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """One draw. repairs, fallbacks: hyperparameter -> what happened to it, in words.

    rejected: why the draw must not be trained, "" if it may. batch_size: the request's, unless it is searched.
    parameters: weights of the draw before any repair.
    """

    model: ModelConfig
    repairs: Mapping[str, str]
    fallbacks: Mapping[str, str]
    batch_size: int
    parameters: int
    rejected: str = ""


class HyperparameterSelector:
    """Draws models for one job and keeps each within the job's size and work limits."""

    def __init__(self, config: OptimizationConfig) -> None:
        self.space = SearchSpace(config)

    def suggest_hyperparameters(self, trial: BaseTrial) -> Suggestion:
        """A model for the trial. A suggestion that fails falls back to the default value."""
        values = self.space.unsearched
        fallbacks: dict[str, str] = {}
        for parameter in self.space.parameters:
            if not parameter.exists_for(values):
                continue
            try:
                values[parameter.name] = _suggest(trial, parameter)
            except (ValueError, RuntimeError) as error:
                values[parameter.name] = self.space.default(parameter)
                fallbacks[parameter.name] = f"{type(error).__name__}: {error}"
        batch_size = values.pop("batch_size")
        drawn = ModelConfig(**{name: as_field(name, value) for name, value in values.items()})
        repaired = self.space.limits.repair(drawn, self.space.by_name)
        weights = self.space.limits.cost(drawn).parameters
        return Suggestion(repaired.model, repaired.repairs, fallbacks, batch_size, weights, repaired.rejected)

    def rejection(self, model: ModelConfig) -> str:
        """Why a model must not be trained in this job, "" if it may."""
        return self.space.limits.rejection(model)


def distribution(values: Range) -> BaseDistribution:
    """A range in Optuna's terms."""
    if isinstance(values, Choices):
        return CategoricalDistribution(values.values)
    if isinstance(values, WholeRange):
        return IntDistribution(values.low, values.high, log=values.log, step=values.step or 1)
    return FloatDistribution(values.low, values.high, log=values.log, step=values.step)


def _suggest(trial: BaseTrial, parameter: Hyperparameter) -> Any:
    match distribution(parameter.range):
        case CategoricalDistribution(choices=options):
            return trial.suggest_categorical(parameter.name, options)
        case IntDistribution(low=low, high=high, log=log, step=step):
            return trial.suggest_int(parameter.name, low, high, step=step, log=log)
        case FloatDistribution(low=low, high=high, log=log, step=step):
            return trial.suggest_float(parameter.name, low, high, step=step, log=log)
    raise TypeError(f"{parameter.name}: no way to suggest it")
