"""The Optuna study of a job: rebuilt from records, seeded by number, told of every end."""

import functools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.exceptions import ExperimentalWarning
from optuna.study import StudyDirection
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from .config import OptimizationConfig
from .constraints import in_order
from .grid import Grid
from .pruning import STATES, Race, seen
from .recorder import TrialRecord
from .request import Sampler
from .samplers import check_sampler, make_sampler
from .search_space import SearchSpace
from .trial import TrialState

optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.filterwarnings("ignore", category=ExperimentalWarning)

_FIXED = "fixed_params"
"""Where Optuna keeps the values of a trial that was put in its queue."""

DRAWS_KEPT = 64
"""Kinds of draws by which hyperparameters they have."""


class Study:
    """An in-memory Optuna study that can be rebuilt from the record at any moment.

    Trials that confirm others take a number there and tell nothing: what they measure is luck.
    """

    def __init__(
        self, config: OptimizationConfig, records: Sequence[TrialRecord], attrs: Mapping[str, Any] | None = None
    ) -> None:
        """Raises ConfigError where the sampler cannot work on the job's search space."""
        self._config = config
        self._space = SearchSpace(config)
        check_sampler(config, self._space)
        self._grid = self._make_grid()
        self._race = Race(config, records)
        self._stopped = {record.number for record in records if record.state is TrialState.STOPPED}
        directions = [StudyDirection.MAXIMIZE] * len(config.objectives or [config.optimize_for])
        self._optuna = optuna.create_study(directions=directions, pruner=optuna.pruners.NopPruner())
        self._storage = self._optuna._storage
        for name, value in (attrs or {}).items():
            self._storage.set_study_system_attr(self._optuna._study_id, name, value)
        self._optuna.add_trials([self._frozen(record) for record in records])

    def ask(self) -> optuna.trial.Trial:
        """The next trial; its number is the next free one. Trial 0 is the defaults."""
        number = len(self._trials())
        if number == 0:
            self._optuna.enqueue_trial(self._space.default_params())
        elif self._grid is not None:
            self._optuna.enqueue_trial(self._grid.next_point(self._tried()))
        self._optuna.sampler = make_sampler(self._config, number, self._space)
        self._race.enter()
        return self._optuna.ask()

    def pass_over(self) -> None:
        """The next number is a trial's that confirms another."""
        self._race.pass_over()
        self._optuna.add_trial(create_trial(state=OptunaState.FAIL))

    def gives_up(self, record: TrialRecord, epoch: int) -> bool:
        """Whether a running trial is to be pruned after this epoch (from 1), for its accuracy or its health."""
        return self._race.gives_up(record.number, epoch, record.intermediate[epoch], record.alarms.get(epoch, ""))

    def see_again(self, record: TrialRecord, epoch: int) -> bool:
        """The same of an epoch on which an earlier loop has judged already: by its health alone."""
        return self._race.see_again(record.number, epoch, record.intermediate[epoch], record.alarms.get(epoch, ""))

    def forget_attempt(self, number: int) -> None:
        """A running trial's attempt was lost: the next one starts from its first epoch."""
        self._race.forget(number)

    def tell(self, record: TrialRecord) -> None:
        """Close a finished trial."""
        self._race.leave(record)
        if record.state is TrialState.STOPPED:
            self._stopped.add(record.number)
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._optuna._study_id, record.number)
        for name, value in in_order(record.system_attrs).items():
            self._storage.set_trial_system_attr(trial_id, name, value)
        for epoch, value in self._shown(record).items():
            self._storage.set_trial_intermediate_value(trial_id, epoch, value)
        told = self._trials()[record.number]
        told.distributions = _shared(tuple(told.distributions.items()))
        values = self._values(record) if record.state is TrialState.COMPLETED else None
        self._optuna.tell(record.number, values, state=STATES[record.state])

    def remembered(self, number: int) -> dict[str, Any]:
        """What the record must keep of a trial to rebuild it: fields of TrialRecord."""
        trial = self._trials()[number]
        return {
            "params": trial.params,
            "distributions": _as_text(tuple(trial.distributions.items())),
            "user_attrs": trial.user_attrs | self._race.user_attrs(number),
            "system_attrs": trial.system_attrs | self._race.system_attrs(number),
        }

    @property
    def attrs(self) -> dict[str, Any]:
        """The study's own system attributes; some samplers keep their state there."""
        return dict(self._storage.get_study_system_attrs(self._optuna._study_id))

    def _make_grid(self) -> Grid | None:
        config = self._config
        if config.sampler is not Sampler.GRID:
            return None
        return Grid(self._space, asked_for=list(config.search_space), trials=config.trials, seed=config.random_seed)

    def _tried(self) -> list[Mapping[str, Any]]:
        trials = [trial for trial in self._trials() if trial.number not in self._stopped]
        return [trial.system_attrs.get(_FIXED, {}) for trial in trials[1:]]

    def _trials(self) -> list[optuna.trial.FrozenTrial]:
        return self._optuna.get_trials(deepcopy=False)

    def _values(self, record: TrialRecord) -> list[float]:
        """What Optuna holds as a completed trial's values; what was not measured counts nothing.

        CMA-ES knows no constraints: to it a trial that breaks a limit is worth nothing.
        """
        if record.violations and self._config.sampler is Sampler.CMAES:
            return [0.0]
        if self._config.objectives is None:
            return [record.total_score or 0.0]
        return [record.objective_values.get(objective) or 0.0 for objective in self._config.objectives]

    def _shown(self, record: TrialRecord) -> dict[int, float]:
        """The accuracies by which samplers tell pruned trials apart, where they can."""
        return seen(record) if record.state is TrialState.PRUNED and self._config.objectives is None else {}

    def _frozen(self, record: TrialRecord) -> optuna.trial.FrozenTrial:
        if record.confirms is not None:
            return create_trial(state=OptunaState.FAIL)
        state, shown = STATES[record.state], self._shown(record)
        return create_trial(
            state=state,
            values=self._values(record) if state is OptunaState.COMPLETE else [shown[max(shown)]] if shown else None,
            params=dict(record.params),
            distributions={name: json_to_distribution(text) for name, text in record.distributions.items()},
            user_attrs=dict(record.user_attrs),
            system_attrs=in_order(record.system_attrs),
            intermediate_values=shown,
        )


@functools.lru_cache(maxsize=DRAWS_KEPT)
def _shared(distributions: tuple[tuple[str, BaseDistribution], ...]) -> dict[str, BaseDistribution]:
    """The same mapping for all trials that have these; Optuna makes new ones for each, most of a trial's size."""
    return dict(distributions)


@functools.lru_cache(maxsize=DRAWS_KEPT)
def _as_text(distributions: tuple[tuple[str, BaseDistribution], ...]) -> dict[str, str]:
    """Each as JSON; shared in the same way, since a record holds them too."""
    return {name: _one_as_text(item) for name, item in distributions}


_one_as_text = functools.lru_cache(maxsize=DRAWS_KEPT)(distribution_to_json)
