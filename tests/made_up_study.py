"""Trials of a job of any size, never trained: drawn at random, with accuracy and health made up from the draw."""

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import distribution_to_json

from optimization.engine import ModelConfig, OptimizationConfig
from optimization.engine.ranges import Choices, RealRange
from optimization.engine.recorder import TrialRecord
from optimization.engine.repairs import as_field
from optimization.engine.request import HealthMetric
from optimization.engine.scoring import overall_health
from optimization.engine.search_space import SearchSpace
from optimization.engine.trial import HealthMeasurement, TrialResult, TrialState
from tests.factories import trial_spec

EPOCHS = 6


def made_up_records(
    count: int, *, objectives: Sequence[str] = (), confirmed: int = 0, seed: int = 0, **asked: Any
) -> list[TrialRecord]:
    """A job's trials: about a quarter pruned, some failed. confirmed: how many of the best were trained again, on three
    other seeds each. asked: fields of the job's configuration."""
    config = OptimizationConfig(**({"dataset_name": "digits", "trials": count} | asked))
    space = SearchSpace(config)
    texts = {name: distribution_to_json(item) for name, item in space.distributions.items()}
    dice = random.Random(seed)
    records = [_record(number, _drawn(space, dice) if number else space.default_params(), texts, dice, objectives)
               for number in range(count)]  # fmt: skip
    best = sorted((r for r in records if r.total_score is not None), key=lambda r: -(r.total_score or 0))
    for leader in best[:confirmed]:
        records += [_again(leader, len(records) + turn, dice) for turn in range(3)]
    return records


def made_up_times(records: Sequence[TrialRecord], *, start: float = 1_750_000_000.0) -> dict[int, tuple[float, float]]:
    """One trial after the other."""
    times = {}
    for record in records:
        took = 2.0 + len(record.intermediate) * 1.5
        times[record.number] = (start, start + took)
        start += took + 0.1
    return times


def best_of(records: Sequence[TrialRecord]) -> int:
    return max((r for r in records if r.may_be_best), key=lambda r: r.total_score or 0.0).number


def _drawn(space: SearchSpace, dice: random.Random) -> dict[str, Any]:
    values = space.unsearched
    params = {}
    for parameter in space.parameters:
        if parameter.exists_for(values):
            params[parameter.name] = values[parameter.name] = _one(parameter.range, dice)
    return params


def _one(values: Any, dice: random.Random) -> Any:
    if isinstance(values, Choices):
        return dice.choice(values.values)
    low, high = (math.log(values.low), math.log(values.high)) if values.log else (values.low, values.high)
    place = dice.uniform(low, high)
    place = math.exp(place) if values.log else place
    return values.nearest(place if isinstance(values, RealRange) else round(place))


def _record(
    number: int, params: dict[str, Any], texts: Mapping[str, str], dice: random.Random, objectives: Sequence[str]
) -> TrialRecord:
    model = ModelConfig(**{n: as_field(n, value) for n, value in params.items() if n != "batch_size"})
    chance = dice.random()
    reach = _reach(model, dice)
    pruned = number > 3 and reach < 0.75 and chance < 0.7
    failed = number > 3 and not pruned and chance > 0.98
    state = TrialState.PRUNED if pruned else TrialState.FAILED if failed else TrialState.COMPLETED
    epochs = 0 if failed else dice.randint(1, 3) if pruned else EPOCHS
    curve = {epoch: reach * (1 - math.exp(-0.9 * epoch)) for epoch in range(1, epochs + 1)}
    health = {} if failed else _health(model, dice)
    overall = overall_health(health, {metric.value: 1 / 6 for metric in HealthMetric})
    completed = state is TrialState.COMPLETED
    score = 0.85 * reach + 0.15 * (overall or 0)
    result = TrialResult(
        number=number,
        attempt=1,
        state=state,
        epochs=epochs,
        val_accuracy=curve.get(epochs),
        val_balanced_accuracy=curve.get(epochs),
        parameters=10_000 * model.num_layers_conv,
        health={n: HealthMeasurement(metric=n, value=value) for n, value in health.items()},
    )
    return TrialRecord(
        spec=trial_spec(number, model=model, max_epochs=EPOCHS),
        state=state,
        params=params,
        distributions={name: texts[name] for name in params},
        intermediate=curve,
        objective=reach if completed else None,
        overall_health=overall,
        total_score=score if completed else None,
        objective_values={n: health.get(n, overall if n == "overall_health" else reach) for n in objectives}
        if completed
        else {},
        result=result,
    )


def _reach(model: ModelConfig, dice: random.Random) -> float:
    distance = abs(math.log10(model.learning_rate) + 2.7) / 2 + abs(model.num_layers_conv - 3) / 12
    slow = 0.15 if model.activation == "sigmoid" else 0.0
    return max(0.1, min(0.99, 0.98 - 0.35 * distance - slow + dice.gauss(0, 0.02)))


def _health(model: ModelConfig, dice: random.Random) -> dict[str, float]:
    rate = math.log10(model.learning_rate) + 4  # 0 to 2
    kills = (0.35 * rate if model.activation == "relu" else 0.05 * rate) + (0 if model.batch_normalization else 0.1)
    vanishes = (
        0.12 * (model.num_layers_hidden + model.num_layers_conv) if model.activation in ("sigmoid", "tanh") else 0.0
    )
    values = {
        "neuron_utilization": 0.98 - kills,
        "parameter_efficiency": 0.9 - 0.1 * model.num_layers_hidden,
        "training_stability": 1.0 - 0.15 * rate,
        "gradient_health": 0.95 - vanishes,
        "convergence_quality": 0.5 + 0.2 * rate,
        "accuracy_consistency": 0.8,
    }
    return {name: max(0.0, min(1.0, value + dice.gauss(0, 0.03))) for name, value in values.items()}


def _again(leader: TrialRecord, number: int, dice: random.Random) -> TrialRecord:
    return TrialRecord(
        spec=trial_spec(number, model=leader.spec.model, max_epochs=EPOCHS),
        state=TrialState.COMPLETED,
        params=leader.params,
        distributions=leader.distributions,
        total_score=(leader.total_score or 0.0) - abs(dice.gauss(0.01, 0.01)),
        confirms=leader.number,
    )
