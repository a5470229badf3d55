"""Searches whose trials train in no time: a curve made up from the model, told to a real study."""

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

from optimization.engine import ModelConfig, OptimizationConfig
from optimization.engine.judging import judged
from optimization.engine.recorder import DRAWN_PARAMETERS, PRUNED_AT, TrialRecord
from optimization.engine.request import Sampler
from optimization.engine.search_space import HyperparameterSelector
from optimization.engine.study import Study
from optimization.engine.trial import HealthMeasurement, TrialResult, TrialState
from tests.factories import trial_spec

SAMPLERS = [sampler for sampler in Sampler if not sampler.problem_here]
"""Those that can be used here: gp only where its extra is installed."""


def config_of(sampler: Sampler = Sampler.TPE, **values: Any) -> OptimizationConfig:
    """A small search of digits."""
    small = {"dataset_name": "digits", "trials": 12, "max_epochs_per_trial": 4, "sampler": sampler, "audited_share": 0}
    return OptimizationConfig(**(small | values))


def accuracy(model: ModelConfig, epoch: int) -> float:
    """A training curve that depends on the model, so that the sampler has something to learn."""
    distance = abs(math.log10(model.learning_rate) + 3) + abs(model.num_layers_conv - 3) / 4
    return (1 - math.exp(-epoch)) / (1 + distance)


def result_of(record: TrialRecord, *, epochs: int, **changes: Any) -> TrialResult:
    """How a made-up attempt ends."""
    value = accuracy(record.spec.model, epochs)
    calm = HealthMeasurement(metric="training_stability", value=1 - record.spec.model.first_hidden_layer_dropout)
    values = {
        "state": TrialState.COMPLETED,
        "epochs": epochs,
        "val_accuracy": value,
        "val_balanced_accuracy": value,
        "majority_share": 0.1,
        "training_s": 2.0 * epochs,
        "latency_p95_s": record.spec.model.num_layers_conv / 1000,
        "parameters": 1000,
        "health": {"training_stability": calm},
    }
    return TrialResult(number=record.number, attempt=1, **(values | changes))


class MadeUpSearch:
    """A search one trial after the other; `rebuild` throws the study away before each ask, epoch and tell.

    late: epochs that a pruned trial goes on before the verdict reaches it. as_stored: what a store makes of a
    record on its way.
    """

    def __init__(
        self,
        config: OptimizationConfig,
        *,
        rebuild: bool = False,
        late: int = 0,
        as_stored: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> None:
        self.config, self._rebuild, self._late, self._as_stored = config, rebuild, late, as_stored
        self._selector = HyperparameterSelector(config)
        self.records: list[TrialRecord] = []
        self.study = Study(config, self.records)

    def run(self, trials: int | None = None) -> list[TrialRecord]:
        for _ in range(trials or self.config.trials):
            self.ask()
            self.train(len(self.records) - 1)
        return self.records

    def ask(self) -> TrialRecord:
        self._again()
        trial = self.study.ask()
        suggestion = self._selector.suggest_hyperparameters(trial)
        trial.set_user_attr(DRAWN_PARAMETERS, suggestion.parameters)
        spec = trial_spec(trial.number, model=suggestion.model, max_epochs=self.config.max_epochs_per_trial)
        self.records.append(TrialRecord(spec=spec, **self.study.remembered(trial.number)))
        return self.records[-1]

    def train(self, number: int, **result: Any) -> TrialRecord:
        for epoch in range(1, self.config.max_epochs_per_trial + 1):
            self.report(number, epoch)
            pruned_at = self.study.remembered(number)["user_attrs"].get(PRUNED_AT)
            if pruned_at is not None and epoch >= min(self.config.max_epochs_per_trial, pruned_at + self._late):
                break
        return self.end(number, **result)

    def report(self, number: int, epoch: int, *, alarm: str = "") -> bool:
        """An epoch; whether the trial is to be pruned. alarm: what is wrong with its health."""
        record = self.records[number]
        known = {**record.intermediate, epoch: accuracy(record.spec.model, epoch)}
        alarms = {**record.alarms, epoch: alarm} if alarm else record.alarms
        self.records[number] = dataclasses.replace(record, intermediate=known, alarms=alarms)
        self._again()
        shown: Iterable[int] = known if self._rebuild else [epoch]
        verdicts = [self.study.gives_up(self.records[number], past) for past in shown]
        return any(verdicts)

    def end(self, number: int, **changes: Any) -> TrialRecord:
        record = dataclasses.replace(self.records[number], **self.study.remembered(number))
        result = result_of(record, epochs=len(record.intermediate), **changes)
        baseline = self.records[0].result
        self.records[number] = judged(self.config, record, result, baseline)
        self.study.tell(self.records[number])
        return self.records[number]

    def _again(self) -> None:
        if self._rebuild:
            wire = [TrialRecord.from_dict(self._as_stored(record.to_dict())) for record in self.records]
            self.study = Study(self.config, wire, self.study.attrs)


def searched(config: OptimizationConfig, **options: Any) -> list[TrialRecord]:
    return MadeUpSearch(config, **options).run()
