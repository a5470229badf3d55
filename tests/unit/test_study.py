"""A search interrupted anywhere proposes exactly what an uninterrupted one does."""

import dataclasses
import json
from typing import Any

import pytest

from optimization.engine import OptimizationConfig
from optimization.engine.confirming import confirming_trial
from optimization.engine.recorder import TrialRecord
from optimization.engine.request import Pruner, Sampler
from optimization.engine.search_space import HyperparameterSelector, SearchSpace
from optimization.engine.seeds import derive_seed
from optimization.engine.study import Study
from optimization.engine.trial import TrialState
from tests.made_up_search import SAMPLERS, MadeUpSearch, config_of, searched

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

OBJECTIVES = ["val_accuracy", "overall_health"]


def same(config: OptimizationConfig, **options: Any) -> list[TrialRecord]:
    """The records of a search, which are the same whether it was interrupted or not."""
    whole, pieces = searched(config), searched(config, rebuild=True, **options)
    assert [record.to_dict() for record in pieces] == [record.to_dict() for record in whole]
    return whole


@pytest.mark.parametrize("pruner", list(Pruner))
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_interrupted_everywhere_equals_uninterrupted(sampler, pruner):
    same(config_of(sampler, pruner=pruner, trials=8, max_epochs_per_trial=3, startup_trials=3, audited_share=0.3))


def test_the_state_of_cma_es_survives_every_interruption():
    config = config_of(Sampler.CMAES, trials=27, max_epochs_per_trial=1, pruner="none")
    generations = [record.system_attrs.get("cmawm:generation") for record in same(config)]
    assert generations[-1] == 2


def test_the_generations_of_nsga_2_survive_every_interruption():
    config = config_of(Sampler.NSGA2, trials=14, max_epochs_per_trial=1, pruner="none")
    search = MadeUpSearch(config, rebuild=True)
    search.run()
    assert search.records[-1].system_attrs["NSGAIISampler:generation"] == 3
    assert "NSGAIISampler:parent:3" in search.study.attrs
    same(config)


@pytest.mark.parametrize("sampler", [sampler for sampler in SAMPLERS if not sampler.takes_one_objective_only])
def test_several_objectives_are_searched_and_pruned_through_interruptions(sampler):
    config = config_of(sampler, objectives=OBJECTIVES, pruner="asha", startup_trials=2)
    records = same(config)
    assert {record.state for record in records} == {TrialState.COMPLETED, TrialState.PRUNED}
    completed = [record for record in records if record.state is TrialState.COMPLETED]
    assert all(set(record.objective_values) == set(OBJECTIVES) for record in completed)


def backwards(data: dict[str, Any]) -> dict[str, Any]:
    """What a database may do to an object: the names come back in another order."""
    return json.loads(json.dumps(data), object_pairs_hook=lambda pairs: dict(sorted(pairs, reverse=True)))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_limits_told_to_the_sampler_survive_a_store_that_orders_names(sampler):
    config = config_of(sampler, max_latency_ms=2, max_epochs_per_trial=1, pruner="none")
    same(config, as_stored=backwards)


def test_limits_are_told_in_one_order_for_all_trials():
    search = MadeUpSearch(config_of(max_latency_ms=2, trials=4, pruner="none"), rebuild=True, as_stored=backwards)
    search.run()
    orders = [tuple(trial.constraints) for trial in search.study._optuna.get_trials()]
    assert orders == [("max_latency_ms", "max_parameters")] * 4


def test_a_slow_model_draws_the_sampler_elsewhere():
    drawn = [
        [record.params for record in searched(config_of(max_latency_ms=limit, trials=20, pruner="none"))]
        for limit in (None, 2)
    ]
    assert drawn[0][:4] == drawn[1][:4]  # before the sampler starts to learn
    assert drawn[0] != drawn[1]


def test_what_a_trial_that_confirms_another_measured_changes_no_suggestion():
    search = MadeUpSearch(config_of(trials=8))
    search.run(6)
    confirming = confirming_trial(search.config, search.records[2], 6)
    proposed = []
    for score in (0.0, 1.0):
        ended = dataclasses.replace(confirming, state=TrialState.COMPLETED, total_score=score)
        trial = Study(search.config, [*search.records, ended], search.study.attrs).ask()
        assert trial.number == 7
        proposed.append(HyperparameterSelector(search.config).suggest_hyperparameters(trial).model)
    search.study.pass_over()
    trial = search.study.ask()
    proposed.append(HyperparameterSelector(search.config).suggest_hyperparameters(trial).model)
    assert proposed[0] == proposed[1] == proposed[2]


def test_trial_zero_is_the_default_model_for_every_sampler_and_seed():
    for sampler in SAMPLERS:
        for seed in (0, 7):
            config = config_of(sampler, random_seed=seed)
            assert dict(MadeUpSearch(config).ask().params) == SearchSpace(config).default_params()


def test_another_seed_proposes_other_trials():
    first, second = (searched(config_of(random_seed=seed, trials=2))[1].params for seed in (1, 2))
    assert first != second


def test_draws_stay_inside_their_distributions():
    config = config_of()
    by_name = SearchSpace(config).distributions
    for record in searched(config):
        for name, value in record.params.items():
            assert by_name[name]._contains(by_name[name].to_internal_repr(value)), name


def test_a_failed_trial_is_told_and_the_search_goes_on():
    for sampler in SAMPLERS:
        search = MadeUpSearch(config_of(sampler, trials=8, max_epochs_per_trial=1), rebuild=True)
        for number in range(8):
            search.ask()
            search.train(number, **({"state": TrialState.FAILED, "reason": "no memory"} if number % 3 == 1 else {}))
        assert [record.state for record in search.records].count(TrialState.FAILED) == 3


def test_seeds_of_trials_differ_and_repeat():
    seeds = [derive_seed(42, number) for number in range(100)]
    assert len(set(seeds)) == 100
    assert seeds == [derive_seed(42, number) for number in range(100)]
    assert all(0 <= seed < 2**31 for seed in seeds)
