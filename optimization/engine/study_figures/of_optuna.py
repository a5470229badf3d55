"""All that study figures take from Optuna: its plots, and importances by PED-ANOVA. The only one that names it here.

A study is made for each plot, of the trials that the plot shows, with hyperparameters by the names that people
see. Optuna's importances by random forest (fANOVA) take minutes where PED-ANOVA takes a tenth of a second.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna import visualization
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    json_to_distribution,
)
from optuna.exceptions import ExperimentalWarning
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import FrozenTrial, create_trial
from optuna.trial import TrialState as OptunaState

from ..ranges import Choices, Range, RealRange, WholeRange
from .figure import Plotly

optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.filterwarnings("ignore", category=ExperimentalWarning)

_LIMITS = "constraints:limits"
"""Among a trial's system attributes, where Optuna 5 looks for constraints: above 0 is broken."""


class Label(str):
    """A choice as text. Optuna shows choices by their repr, whose quotes would stand on every axis."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def range_of(text: str) -> Range:
    """A range from a distribution as records hold it."""
    match json_to_distribution(text):
        case CategoricalDistribution(choices=choices):
            return Choices(tuple(choices))
        case IntDistribution() as whole:
            return WholeRange(whole.low, whole.high, log=whole.log, step=whole.step)
        case FloatDistribution() as real:
            return RealRange(real.low, real.high, log=real.log, step=real.step)
        case other:
            raise TypeError(f"{type(other).__name__}: no range is known for it")


def study_of(
    values: Mapping[int, Sequence[float]],
    params: Mapping[int, Mapping[str, Any]],
    ranges: Mapping[str, Range],
    *,
    breaks_limits: Sequence[int] = (),
    intermediate: Mapping[int, Mapping[int, float]] | None = None,
) -> optuna.Study:
    """Completed trials under their own numbers, all values to be maximized; every number between is left empty.

    params, ranges: by the names and with the choices that the plot shows.
    """
    distributions = {name: _distribution(searched) for name, searched in ranges.items()}
    objectives = len(next(iter(values.values()), (0.0,)))
    study = optuna.create_study(directions=["maximize"] * objectives)
    empty = create_trial(state=OptunaState.FAIL)
    trials = []
    for number in range(max(values, default=-1) + 1):
        if number not in values:
            trials.append(empty)
            continue
        chosen = params.get(number, {})
        trials.append(
            create_trial(
                state=OptunaState.COMPLETE,
                values=list(values[number]),
                params={name: Label(value) if isinstance(value, str) else value for name, value in chosen.items()},
                distributions={name: distributions[name] for name in chosen},
                system_attrs={_LIMITS: float(number in breaks_limits)} if breaks_limits else None,
                intermediate_values=dict((intermediate or {}).get(number, {})),
            )
        )
    study.add_trials(trials)
    return study


def importances(study: optuna.Study, losses: Mapping[int, float], *, quantile: float) -> dict[str, float]:
    """How far each hyperparameter sets the trials with the lowest losses apart from all: a Pearson divergence, 0 or
    more, by PED-ANOVA (Watanabe, Bansal & Hutter 2023), with conditional hyperparameters as in its extension.

    losses: by trial; trials without one play no part. quantile: which share of them counts as the lowest.
    """

    def loss(trial: FrozenTrial) -> float:
        return losses.get(trial.number, float("nan"))

    return PedAnovaImportanceEvaluator(target_quantile=quantile).evaluate(study, target=loss)


def optimization_history(study: optuna.Study, score: str) -> Plotly:
    return _plain(visualization.plot_optimization_history(study, target_name=score))


def slices(study: optuna.Study, name: str, score: str) -> Plotly:
    return _plain(visualization.plot_slice(study, [name], target_name=score))


def contour(study: optuna.Study, names: tuple[str, str], score: str) -> Plotly:
    return _plain(visualization.plot_contour(study, list(names), target_name=score))


def rank(study: optuna.Study, names: tuple[str, str], score: str) -> Plotly:
    return _plain(visualization.plot_rank(study, list(names), target_name=score))


def parallel_coordinate(study: optuna.Study, names: Sequence[str], score: str) -> Plotly:
    return _plain(visualization.plot_parallel_coordinate(study, list(names), target_name=score))


def edf(study: optuna.Study, score: str) -> Plotly:
    return _plain(visualization.plot_edf(study, target_name=score))


def intermediate_values(study: optuna.Study) -> Plotly:
    return _plain(visualization.plot_intermediate_values(study))


def pareto_front(study: optuna.Study, names: Sequence[str]) -> Plotly:
    """Of two or three objectives."""
    return _plain(visualization.plot_pareto_front(study, target_names=list(names), targets=lambda trial: trial.values))


def hypervolume_history(study: optuna.Study, reference_point: Sequence[float]) -> Plotly:
    return _plain(visualization.plot_hypervolume_history(study, reference_point))


def _distribution(values: Range) -> BaseDistribution:
    if isinstance(values, Choices):
        return CategoricalDistribution([Label(choice) for choice in values.values])
    if isinstance(values, WholeRange):
        return IntDistribution(values.low, values.high, log=values.log, step=values.step or 1)
    return FloatDistribution(values.low, values.high, log=values.log, step=values.step)


def _plain(figure: Any) -> Plotly:
    """Without Optuna's look: the page and the notebook have their own."""
    plain: Plotly = figure.to_plotly_json()
    for name in ("template", "title", "plot_bgcolor", "width"):
        plain["layout"].pop(name, None)
    return plain
