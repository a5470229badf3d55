"""A search interrupted anywhere proposes exactly what an uninterrupted one does."""

import dataclasses
import math

import pytest

from optimization.engine import ModelConfig, OptimizationConfig
from optimization.engine.recorder import PRUNED_AT, TrialRecord
from optimization.engine.request import Pruner, Sampler
from optimization.engine.search_space import HyperparameterSelector, SearchSpace
from optimization.engine.seeds import derive_seed
from optimization.engine.study import Study
from optimization.engine.trial import TrialState
from tests.factories import trial_spec

TRIALS = 12
EPOCHS = 4
SAMPLERS = [sampler for sampler in Sampler if not sampler.problem_here]


def accuracy(model: ModelConfig, epoch: int) -> float:
    """A made-up training curve that depends on the model, so that the sampler has something to learn."""
    distance = abs(math.log10(model.learning_rate) + 3) + abs(model.num_layers_conv - 3) / 4
    return (1 - math.exp(-epoch)) / (1 + distance)


def pruned_epochs(study: Study, number: int) -> int:
    return study.remembered(number)["user_attrs"][PRUNED_AT]


def searched(config: OptimizationConfig, *, rebuild: bool, late: int = 0) -> list[TrialRecord]:
    """Run the search; with rebuild, throw the study away before each ask, epoch and tell.

    late: epochs that a pruned trial goes on before the verdict reaches it.
    """
    selector = HyperparameterSelector(config)
    records: list[TrialRecord] = []
    study = Study(config, records)

    def again(study: Study) -> Study:
        wire = [TrialRecord.from_dict(record.to_dict()) for record in records]
        return Study(config, wire, study.attrs) if rebuild else study

    for _ in range(TRIALS):
        study = again(study)
        trial = study.ask()
        model = selector.suggest_hyperparameters(trial).model
        records.append(
            TrialRecord(spec=trial_spec(trial.number, model=model, max_epochs=EPOCHS), **study.remembered(trial.number))
        )
        study = again(study)
        state = TrialState.COMPLETED
        for epoch in range(1, EPOCHS + 1):
            value = accuracy(model, epoch)
            intermediate = {**records[-1].intermediate, epoch: value}
            records[-1] = dataclasses.replace(records[-1], intermediate=intermediate)
            study = again(study)
            seen = intermediate if rebuild else [epoch]
            verdicts = [study.falls_behind(trial.number, past, intermediate[past]) for past in seen]
            if any(verdicts):
                state = TrialState.PRUNED
            if state is TrialState.PRUNED and epoch >= min(EPOCHS, pruned_epochs(study, trial.number) + late):
                break
        score = value if state is TrialState.COMPLETED else None
        remembered = study.remembered(trial.number)
        records[-1] = dataclasses.replace(records[-1], state=state, total_score=score, **remembered)
        study.tell(records[-1])
    return records


@pytest.mark.parametrize("pruner", list(Pruner))
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_interrupted_everywhere_equals_uninterrupted(sampler, pruner):
    config = OptimizationConfig(
        dataset_name="digits", trials=TRIALS, max_epochs_per_trial=EPOCHS, sampler=sampler, pruner=pruner
    )
    whole, pieces = searched(config, rebuild=False), searched(config, rebuild=True)
    assert [record.to_dict() for record in pieces] == [record.to_dict() for record in whole]


@pytest.mark.parametrize("rebuild", [False, True])
def test_how_late_a_verdict_arrives_changes_no_later_trial(rebuild):
    config = OptimizationConfig(dataset_name="digits", trials=TRIALS, max_epochs_per_trial=EPOCHS)
    prompt, tardy = searched(config, rebuild=False), searched(config, rebuild=rebuild, late=2)
    assert any(len(slow.intermediate) > len(quick.intermediate) for quick, slow in zip(prompt, tardy, strict=True))
    assert [(r.params, r.state) for r in tardy] == [(r.params, r.state) for r in prompt]


def test_the_median_pruner_prunes_and_none_does_not():
    states = {}
    for pruner in Pruner:
        config = OptimizationConfig(dataset_name="digits", trials=TRIALS, max_epochs_per_trial=EPOCHS, pruner=pruner)
        states[pruner] = {record.state for record in searched(config, rebuild=False)}
    assert states[Pruner.MEDIAN] == {TrialState.COMPLETED, TrialState.PRUNED}
    assert states[Pruner.NONE] == {TrialState.COMPLETED}


def test_no_trial_is_pruned_before_the_least_number_of_epochs():
    config = OptimizationConfig(
        dataset_name="digits", trials=TRIALS, max_epochs_per_trial=EPOCHS, min_epochs_per_trial=3
    )
    pruned = [r for r in searched(config, rebuild=False) if r.state is TrialState.PRUNED]
    assert pruned
    assert all(max(record.intermediate) >= 3 for record in pruned)


def test_trial_zero_is_the_default_model_for_every_sampler_and_seed():
    for sampler in SAMPLERS:
        for seed in (0, 7):
            config = OptimizationConfig(dataset_name="digits", sampler=sampler, random_seed=seed)
            assert dict(searched(config, rebuild=False)[0].params) == SearchSpace(config).default_params()


def test_another_seed_proposes_other_trials():
    first, second = (
        searched(OptimizationConfig(dataset_name="digits", random_seed=seed), rebuild=False)[1].params
        for seed in (1, 2)
    )
    assert first != second


def test_draws_stay_inside_their_distributions():
    config = OptimizationConfig(dataset_name="digits")
    by_name = SearchSpace(config).distributions
    for record in searched(config, rebuild=False):
        for name, value in record.params.items():
            assert by_name[name]._contains(by_name[name].to_internal_repr(value)), name


def test_seeds_of_trials_differ_and_repeat():
    seeds = [derive_seed(42, number) for number in range(100)]
    assert len(set(seeds)) == 100
    assert seeds == [derive_seed(42, number) for number in range(100)]
    assert all(0 <= seed < 2**31 for seed in seeds)
