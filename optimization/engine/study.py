"""The Optuna study of a job: rebuilt from records, seeded by number, pruned on validation accuracy."""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from .config import OptimizationConfig
from .recorder import TrialRecord
from .request import Pruner, Sampler
from .search_space import default_params
from .trial import TrialState

optuna.logging.set_verbosity(optuna.logging.WARNING)
warnings.filterwarnings("ignore", category=ExperimentalWarning)

PRUNED_AT = "pruned_at_epoch"
"""User attribute of a trial: the epoch after which the pruner gave it up."""

_STATES = {
    TrialState.QUEUED: OptunaState.RUNNING,
    TrialState.RUNNING: OptunaState.RUNNING,
    TrialState.COMPLETED: OptunaState.COMPLETE,
    TrialState.PRUNED: OptunaState.PRUNED,
    TrialState.FAILED: OptunaState.FAIL,
    TrialState.STOPPED: OptunaState.FAIL,
}


def derive_seed(job_seed: int, number: int) -> int:
    """The seed of a trial, in [0, 2**31)."""
    return int(np.random.SeedSequence([job_seed, number]).generate_state(1)[0] >> 1)


def make_sampler(config: OptimizationConfig, number: int) -> BaseSampler:
    """A fresh sampler for one ask: what it proposes depends on the seed, the number and the record only."""
    seed = derive_seed(config.random_seed, number)
    if config.sampler is Sampler.RANDOM:
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, n_startup_trials=config.startup_trials)


def make_pruner(config: OptimizationConfig) -> BasePruner:
    if config.pruner is Pruner.NONE:
        return NopPruner()
    return MedianPruner(n_startup_trials=config.startup_trials, n_warmup_steps=config.min_epochs_per_trial)


class Study:
    """An in-memory Optuna study that can be rebuilt from the record at any moment."""

    def __init__(
        self, config: OptimizationConfig, records: Sequence[TrialRecord], attrs: Mapping[str, Any] | None = None
    ) -> None:
        self._config = config
        self._optuna = optuna.create_study(
            direction="maximize", sampler=make_sampler(config, len(records)), pruner=make_pruner(config)
        )
        for name, value in (attrs or {}).items():
            self._optuna._storage.set_study_system_attr(self._optuna._study_id, name, value)
        for record in records:
            self._optuna.add_trial(_frozen(record))
        self._open = {
            record.number: optuna.trial.Trial(self._optuna, self._optuna.trials[record.number]._trial_id)
            for record in records
            if not record.state.is_finished
        }

    def ask(self) -> optuna.trial.Trial:
        """The next trial; its number is the next free one. Trial 0 is the defaults."""
        number = len(self._optuna.get_trials(deepcopy=False))
        if number == 0:
            self._optuna.enqueue_trial(default_params())
        self._optuna.sampler = make_sampler(self._config, number)
        trial = self._optuna.ask()
        self._open[trial.number] = trial
        return trial

    def falls_behind(self, number: int, epoch: int, accuracy: float) -> bool:
        """Whether a running trial with this validation accuracy after an epoch (from 1) is to be pruned.

        Once it is, later epochs are not looked at: how many more a runner manages before the verdict
        reaches it must not steer the search.
        """
        trial = self._open[number]
        if PRUNED_AT in trial.user_attrs:
            return True
        trial.report(accuracy, epoch)
        if not self._config.min_epochs_per_trial <= epoch < self._config.max_epochs_per_trial:
            return False
        if not trial.should_prune():
            return False
        trial.set_user_attr(PRUNED_AT, epoch)
        return True

    def tell(self, record: TrialRecord) -> None:
        """Close a finished trial."""
        del self._open[record.number]
        values = record.total_score if record.state is TrialState.COMPLETED else None
        self._optuna.tell(record.number, values, state=_STATES[record.state])

    def remembered(self, number: int) -> dict[str, Any]:
        """What the record must keep of a trial to rebuild it: fields of TrialRecord."""
        trial = self._optuna.get_trials(deepcopy=False)[number]
        return {
            "params": trial.params,
            "distributions": {name: distribution_to_json(item) for name, item in trial.distributions.items()},
            "user_attrs": trial.user_attrs,
            "system_attrs": trial.system_attrs,
        }

    @property
    def attrs(self) -> dict[str, Any]:
        """The study's own system attributes; some samplers keep their state there."""
        return dict(self._optuna._storage.get_study_system_attrs(self._optuna._study_id))


def _value(record: TrialRecord) -> float | None:
    """What Optuna holds as a trial's value: the score, or a pruned trial's last validation accuracy."""
    if record.state is TrialState.COMPLETED:
        return record.total_score
    seen = _seen(record)
    if record.state is TrialState.PRUNED and seen:
        return seen[max(seen)]
    return None


def _seen(record: TrialRecord) -> dict[int, float]:
    """The epochs that the pruner was shown; none yet of a running trial, whose loop shows them again."""
    if not record.state.is_finished:
        return {}
    last = record.user_attrs.get(PRUNED_AT, math.inf)
    return {epoch: value for epoch, value in record.intermediate.items() if epoch <= last}


def _frozen(record: TrialRecord) -> optuna.trial.FrozenTrial:
    return create_trial(
        state=_STATES[record.state],
        value=_value(record),
        params=dict(record.params),
        distributions={name: json_to_distribution(text) for name, text in record.distributions.items()},
        user_attrs=dict(record.user_attrs),
        system_attrs=dict(record.system_attrs),
        intermediate_values=_seen(record),
    )
