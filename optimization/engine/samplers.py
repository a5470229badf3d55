"""How each sampler is set up. One is made anew for every ask, from the job's seed and the trial's number.

What a sampler remembers stands in the attributes of trials and study, which the record keeps: the state of
CMA-ES and the generations of NSGA-II. The quasi-random sequence and the grid go by the trial's number.
"""

from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)
from optuna.trial import FrozenTrial, TrialState

from .config import OptimizationConfig
from .errors import ConfigError
from .recorder import SAMPLER_FAILED
from .request import Sampler
from .search_space import SearchSpace
from .seeds import derive_seed

SMALLEST_POPULATION, LARGEST_POPULATION = 4, 50
GENERATIONS = 5
"""Of NSGA-II in a job: its population is the trials shared among so many."""

FAILURES = (ArithmeticError, AssertionError, RuntimeError, ValueError)
"""What numerical code raises when it cannot go on."""

FEWEST_NUMBERS = 2
"""CMA-ES works on numbers, and on no fewer than these."""


def check_sampler(config: OptimizationConfig, space: SearchSpace) -> None:
    """Raises ConfigError where the sampler cannot work on this search space."""
    if config.sampler is Sampler.CMAES and len(numbers(space)) < FEWEST_NUMBERS:
        problem = f"cmaes needs {FEWEST_NUMBERS} or more numbers to search that exist for every model"
        raise ConfigError({"sampler": f"{problem}; {', '.join(numbers(space)) or 'none'} is left. Use tpe"})


def make_sampler(config: OptimizationConfig, number: int, space: SearchSpace) -> BaseSampler:
    """What it proposes depends on the seed, the number and the record only."""
    return Careful(_bare_sampler(config, number, space), RandomSampler(seed=derive_seed(config.random_seed, number)))


def _bare_sampler(config: OptimizationConfig, number: int, space: SearchSpace) -> BaseSampler:
    seed, startup = derive_seed(config.random_seed, number), config.startup_trials
    match config.sampler:
        case Sampler.TPE:
            return TPESampler(seed=seed, n_startup_trials=startup)
        case Sampler.GP:
            return GPSampler(seed=seed, n_startup_trials=startup)
        case Sampler.CMAES:
            return _CmaEs(config, seed, space)
        case Sampler.QMC:
            return _QuasiRandom(config, number, space)
        case Sampler.NSGA2:
            population = min(max(config.trials // GENERATIONS, SMALLEST_POPULATION), LARGEST_POPULATION)
            return NSGAIISampler(population_size=population, seed=seed)
    return RandomSampler(seed=seed)


def unconditional(space: SearchSpace) -> dict[str, BaseDistribution]:
    """What every draw of the space has, and more than one value of."""
    always = {parameter.name for parameter in space.parameters if not parameter.condition}
    return {name: item for name, item in space.distributions.items() if name in always and not item.single()}


def numbers(space: SearchSpace) -> dict[str, BaseDistribution]:
    return {name: item for name, item in unconditional(space).items() if not isinstance(item, CategoricalDistribution)}


class Careful(BaseSampler):
    """Draws at random where a sampler fails, as numerical ones may, and notes why on the trial."""

    def __init__(self, sampler: BaseSampler, instead: BaseSampler) -> None:
        self._sampler, self._instead = sampler, instead

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        try:
            return self._sampler.sample_relative(study, trial, search_space)
        except FAILURES as error:
            reason = f"drawn at random, since the sampler failed: {type(error).__name__}: {error}"
            study._storage.set_trial_user_attr(trial._trial_id, SAMPLER_FAILED, reason)
            self._sampler = self._instead
            return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._sampler.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self._sampler.after_trial(study, trial, state, values)


class _CmaEs(CmaEsSampler):
    """CMA-ES on the numbers that every model has; choices, and what only some models have, are drawn by TPE.

    The space is given, not read from the trials: it must not change while a generation is under way.
    """

    def __init__(self, config: OptimizationConfig, seed: int, space: SearchSpace) -> None:
        super().__init__(
            seed=seed,
            n_startup_trials=config.startup_trials,
            independent_sampler=TPESampler(seed=seed, n_startup_trials=config.startup_trials),
            warn_independent_sampling=False,
            with_margin=True,
        )
        self._space = numbers(space)

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, BaseDistribution]:
        return dict(self._space)

    def after_trial(self, study: optuna.Study, trial: Any, state: Any, values: Any) -> None:
        """Nothing: Optuna's would only warn that it knows no constraints. study.py lets such trials score 0."""


class _QuasiRandom(QMCSampler):
    """A scrambled Sobol sequence over what every model has, by the trial's number; the rest is random."""

    def __init__(self, config: OptimizationConfig, number: int, space: SearchSpace) -> None:
        super().__init__(
            scramble=True,
            seed=config.random_seed,
            independent_sampler=RandomSampler(seed=derive_seed(config.random_seed, number)),
            warn_independent_sampling=False,
        )
        self._number = number
        self._space = unconditional(space)

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, BaseDistribution]:
        return dict(self._space)

    def _find_sample_id(self, study: optuna.Study, search_space: dict[str, BaseDistribution]) -> int:
        return max(self._number - 1, 0)  # trial 0 is the default model
