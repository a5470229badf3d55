"""Which running trials are given up: those that fall behind by validation accuracy, whatever the job's objective, and
those whose health says that nothing good can come of them.

Optuna's pruners refuse studies of several objectives, and their state (rungs, brackets) must outlive the
process. So they work on a study of their own, the race, that holds nothing but accuracies by epoch and can
be rebuilt from the record.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from .auditing import is_audited
from .config import OptimizationConfig
from .recorder import BEST_THEN, HEALTH_ALARM, PRUNED_AT, WOULD_BE_PRUNED_AT, TrialRecord
from .request import Mode, Pruner
from .trial import TrialState

REDUCTION = 3
"""Of the trials that reach a rung, one in this many goes on; the next rung is this many times as far."""

STATES = {
    TrialState.QUEUED: OptunaState.RUNNING,
    TrialState.RUNNING: OptunaState.RUNNING,
    TrialState.COMPLETED: OptunaState.COMPLETE,
    TrialState.PRUNED: OptunaState.PRUNED,
    TrialState.FAILED: OptunaState.FAIL,
    TrialState.STOPPED: OptunaState.FAIL,
}

_WHY = {
    Pruner.MEDIAN: "was below the earlier trials' median",
    Pruner.ASHA: "was not in the best third of the trials that got so far",
    Pruner.HYPERBAND: "was not in the best third of its bracket's trials that got so far",
}


def make_pruner(config: OptimizationConfig) -> BasePruner:
    first = config.min_epochs_per_trial
    match config.pruner:
        case Pruner.MEDIAN:
            return MedianPruner(n_startup_trials=config.startup_trials, n_warmup_steps=first)
        case Pruner.ASHA:
            return SuccessiveHalvingPruner(min_resource=first, reduction_factor=REDUCTION)
        case Pruner.HYPERBAND:
            return HyperbandPruner(
                min_resource=first, max_resource=config.max_epochs_per_trial, reduction_factor=REDUCTION
            )
    return NopPruner()


class Race:
    """The accuracies of a job's trials by epoch, and what its pruner says of them."""

    def __init__(self, config: OptimizationConfig, records: Sequence[TrialRecord]) -> None:
        self._config = config
        self._pruner = make_pruner(config)
        self._start([_in_race(record) for record in records])

    def _start(self, trials: Sequence[optuna.trial.FrozenTrial]) -> None:
        # Hyperband draws a trial's bracket from the study's name and the trial's number.
        self._study = optuna.create_study(study_name=f"race {self._config.random_seed}", direction="maximize")
        self._storage = self._study._storage
        self._study.add_trials(trials)

    def enter(self) -> None:
        """The next trial starts."""
        self._study.add_trial(create_trial(state=OptunaState.RUNNING))

    def pass_over(self) -> None:
        """The next number is no part of the race."""
        self._study.add_trial(create_trial(state=OptunaState.FAIL))

    def forget(self, number: int) -> None:
        """An attempt was lost: its trial starts again from its first epoch."""
        trials = self._trials()
        trials[number] = create_trial(state=OptunaState.RUNNING)
        self._start(trials)

    def leave(self, record: TrialRecord) -> None:
        """A trial has ended."""
        state = STATES[record.state]
        values = [_score(record)] if state is OptunaState.COMPLETE else None
        self._storage.set_trial_state_values(self._id(record.number), state, values)

    def see_again(self, number: int, epoch: int, accuracy: float, alarm: str) -> bool:
        """An epoch on which an earlier loop has judged already: what other trials did since is not held against it.

        Whether it is to be pruned for its health, which does not depend on others.
        """
        self._storage.set_trial_intermediate_value(self._id(number), epoch, accuracy)
        self._falls_behind(number, epoch)  # for the rung that it notes
        attrs = self._trials()[number].user_attrs
        if PRUNED_AT in attrs or WOULD_BE_PRUNED_AT in attrs or not self._heeds(alarm, epoch):
            return PRUNED_AT in attrs
        return self._give_up(number, epoch, alarm)

    def gives_up(self, number: int, epoch: int, accuracy: float, alarm: str) -> bool:
        """Whether the trial is to be pruned now; always, once it was. alarm: as in EpochReport.

        Later epochs of a pruned trial are not looked at: how many more a runner manages before the verdict
        reaches it must not steer the search. An audited trial is noted once and runs on.
        """
        attrs = self._trials()[number].user_attrs
        if PRUNED_AT in attrs:
            return True
        self._storage.set_trial_intermediate_value(self._id(number), epoch, accuracy)
        if WOULD_BE_PRUNED_AT in attrs:
            return False
        heeded = alarm if self._heeds(alarm, epoch) else ""
        falls_behind = self._falls_behind(number, epoch)  # asked in any case: it notes the rung
        if not (falls_behind or heeded):
            return False
        return self._give_up(number, epoch, heeded)

    def user_attrs(self, number: int) -> dict[str, Any]:
        return self._trials()[number].user_attrs

    def system_attrs(self, number: int) -> dict[str, Any]:
        """Rungs reached, which the pruner compares later trials with."""
        return self._trials()[number].system_attrs

    def _give_up(self, number: int, epoch: int, alarm: str) -> bool:
        """Note it; False where the trial is audited and runs on."""
        if alarm:
            self._note(number, {HEALTH_ALARM: alarm})
        if is_audited(self._config, number):
            self._note(number, {WOULD_BE_PRUNED_AT: epoch, BEST_THEN: self._best()})
            return False
        self._note(number, {PRUNED_AT: epoch})
        return True

    def _heeds(self, alarm: str, epoch: int) -> bool:
        config = self._config
        return bool(alarm) and config.mode is Mode.HEALTH and config.health_pruner and self._may_end(epoch)

    def _may_end(self, epoch: int) -> bool:
        return self._config.min_epochs_per_trial <= epoch < self._config.max_epochs_per_trial

    def _falls_behind(self, number: int, epoch: int) -> bool:
        if not self._may_end(epoch):
            return False
        says = self._pruner.prune(self._study, self._storage.get_trial(self._id(number)))
        # Asked in any case: halving notes the rung that the trial has reached.
        return says and len(self._completed()) >= self._config.startup_trials

    def _best(self) -> float | None:
        return max((trial.value or 0.0 for trial in self._completed()), default=None)

    def _completed(self) -> list[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=(OptunaState.COMPLETE,))

    def _note(self, number: int, attrs: Mapping[str, Any]) -> None:
        for name, value in attrs.items():
            self._storage.set_trial_user_attr(self._id(number), name, value)

    def _trials(self) -> list[optuna.trial.FrozenTrial]:
        return self._study.get_trials(deepcopy=False)

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study._study_id, number)


def seen(record: TrialRecord) -> dict[int, float]:
    """The epochs that the pruner was shown; none yet of a running trial, whose loop shows them again."""
    if not record.state.is_finished:
        return {}
    last = math.inf if record.pruned_at is None else record.pruned_at
    return {epoch: value for epoch, value in record.intermediate.items() if epoch <= last}


def why_pruned(config: OptimizationConfig, record: TrialRecord) -> str:
    """The pruner's reason, for a trial that it gave up."""
    epoch = record.pruned_at or record.would_be_pruned_at or 0
    if alarm := record.user_attrs.get(HEALTH_ALARM):
        return f"health: {alarm} after epoch {epoch}"
    return f"validation accuracy {record.intermediate[epoch]:.3f} after epoch {epoch} {_WHY[config.pruner]}"


def _score(record: TrialRecord) -> float:
    return 0.0 if record.violations else record.total_score or 0.0


def _in_race(record: TrialRecord) -> optuna.trial.FrozenTrial:
    if record.confirms is not None:
        return create_trial(state=OptunaState.FAIL)
    state = STATES[record.state]
    return create_trial(
        state=state,
        value=_score(record) if state is OptunaState.COMPLETE else None,
        user_attrs=dict(record.user_attrs),
        system_attrs=dict(record.system_attrs),
        intermediate_values=seen(record),
    )
