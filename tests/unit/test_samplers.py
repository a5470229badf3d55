"""What each sampler is for, and that none leaves the space it was given."""

import itertools
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.samplers import BaseSampler, RandomSampler

from optimization.engine import ConfigError
from optimization.engine.grid import Grid, values_of
from optimization.engine.ranges import Choices, RealRange, WholeRange
from optimization.engine.recorder import SAMPLER_FAILED
from optimization.engine.request import Sampler
from optimization.engine.samplers import Careful
from optimization.engine.search_space import SearchSpace
from optimization.engine.study import Study
from optimization.engine.trial import TrialState
from tests.made_up_search import SAMPLERS, MadeUpSearch, config_of, searched

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

NARROWED: dict[str, dict[str, dict[str, Any]]] = {
    "digits": {
        "learning_rate": {"low": 2e-4, "high": 5e-4},
        "num_layers_conv": {"low": 3, "high": 4},
        "num_layers_hidden": {"low": 2, "high": 2},
        "first_hidden_layer_dropout": {"low": 0.1, "high": 0.2},
        "activation": {"choices": ["swish", "tanh"]},
        "optimizer": {"fixed": "sgd"},
        "l2": {"exclude": True},
        "batch_size": {"choices": [64, 128]},
    },
    "toy_reviews": {
        "learning_rate": {"low": 2e-4, "high": 5e-4},
        "lstm_units": {"low": 40, "high": 48},
        "optimizer": {"choices": ["sgd", "adamw"]},
        "embedding_dim": {"fixed": 32},
    },
}


@pytest.mark.parametrize("dataset_name", list(NARROWED))
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_narrowed_space_never_produces_a_value_outside_it(sampler, dataset_name):
    changes = NARROWED[dataset_name]
    config = config_of(
        sampler, dataset_name=dataset_name, search_space=changes, trials=22, max_epochs_per_trial=1, pruner="none"
    )
    drawn = [record.params for record in searched(config)]
    for name, change in changes.items():
        values = {params[name] for params in drawn if name in params}
        if "low" in change:
            assert all(change["low"] <= value <= change["high"] for value in values), name
        else:
            assert values <= set(change.get("choices", ())), name
    assert len({tuple(sorted(params.items(), key=str)) for params in drawn}) > len(drawn) / 2


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_fixed_value_is_built_into_every_model(sampler):
    config = config_of(sampler, trials=6, max_epochs_per_trial=1, search_space=NARROWED["digits"])
    records = searched(config)
    assert {record.spec.model.optimizer for record in records} == {"sgd"}
    assert {record.spec.model.l2 for record in records} == {0.0}


def test_a_quasi_random_search_spreads_more_evenly_than_a_random_one():
    def worst_gap(sampler: Sampler) -> float:
        search = MadeUpSearch(config_of(sampler, trials=33))
        rates = sorted(np.log10([search.ask().params["learning_rate"] for _ in range(33)][1:]))
        return max(b - a for a, b in itertools.pairwise([-4, *rates, -2]))

    assert worst_gap(Sampler.QMC) < 2 * 2 / 32 < worst_gap(Sampler.RANDOM)


def test_a_search_that_learns_comes_closer_than_one_that_does_not():
    def reached(sampler: Sampler) -> float:
        config = config_of(sampler, trials=30, max_epochs_per_trial=1, pruner="none")
        return float(np.mean([record.total_score for record in searched(config)][-10:]))

    chance = reached(Sampler.RANDOM)
    for sampler in (Sampler.TPE, Sampler.CMAES, Sampler.NSGA2):
        assert reached(sampler) > chance, sampler


def test_concurrent_asks_propose_different_models():
    for sampler in SAMPLERS:
        search = MadeUpSearch(config_of(sampler))
        search.run(6)
        asked = [search.ask().params for _ in range(4)]
        assert len({tuple(sorted(params.items(), key=str)) for params in asked}) == 4, sampler


def test_cma_es_refuses_a_space_without_numbers():
    changes = {name: {"exclude": True} for name in SearchSpace(config_of()).by_name if name != "learning_rate"}
    changes["num_layers_conv"] = {"low": 2, "high": 2}  # one value is none to search
    config = config_of(Sampler.CMAES, search_space=changes)
    with pytest.raises(ConfigError, match=r"cmaes needs 2 or more numbers.*learning_rate is left"):
        Study(config, [])


class Singular(RandomSampler):
    """Fails as a Gaussian process does whose matrix cannot be inverted."""

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
        return {"x": FloatDistribution(0, 1)}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        raise np.linalg.LinAlgError("singular matrix")


def test_where_a_sampler_fails_the_trial_is_drawn_at_random_and_says_so():
    def drawn(sampler: BaseSampler) -> tuple[float, Any]:
        study = optuna.create_study(sampler=sampler)
        value = study.ask().suggest_float("x", 0, 1)
        return value, study.trials[0].user_attrs.get(SAMPLER_FAILED)

    value, reason = drawn(Careful(Singular(seed=1), RandomSampler(seed=2)))
    assert value == drawn(RandomSampler(seed=2))[0]
    assert reason == "drawn at random, since the sampler failed: LinAlgError: singular matrix"


def grid_of(trials: int, **changes: Any) -> Grid:
    config = config_of(Sampler.GRID, trials=trials, **changes)
    asked_for = list(config.search_space)
    return Grid(SearchSpace(config), asked_for=asked_for, trials=trials, seed=config.random_seed)


@pytest.mark.parametrize("trials", [2, 10, 50, 500])
def test_a_grid_has_about_as_many_points_as_there_are_trials_all_different(trials):
    points = grid_of(trials).points
    assert trials - 1 <= len(points) < 2 * trials
    assert len({frozenset(point.items()) for point in points}) == len(points)


def test_what_the_person_changed_is_varied_first():
    points = grid_of(4, search_space={"l2": {"choices": [0.0, 1e-4, 1e-3]}, "padding": {}}).points
    assert {point["l2"] for point in points} == {0.0, 1e-4} or {point["l2"] for point in points} == {0.0, 1e-4, 1e-3}
    assert len({point["learning_rate"] for point in points}) == 1


ONLY = {"optimizer": {"choices": ["adam", "sgd"]}, "activation": {"choices": ["relu", "tanh"]}}


def all_excluded_but(*kept: str) -> dict[str, dict[str, Any]]:
    rest = {name: {"exclude": True} for name in SearchSpace(config_of()).by_name if name not in kept}
    return rest | {name: ONLY[name] for name in kept}


def test_a_grid_covers_every_combination_of_a_small_space_and_none_twice():
    config = config_of(Sampler.GRID, trials=4, search_space=all_excluded_but("optimizer", "activation"), pruner="none")
    pairs = [(r.params["optimizer"], r.params["activation"]) for r in searched(config)]
    assert sorted(pairs) == sorted(itertools.product(["adam", "sgd"], ["relu", "tanh"]))


def test_more_trials_than_the_grid_has_points_are_refused():
    config = config_of(Sampler.GRID, trials=5, search_space=all_excluded_but("optimizer", "activation"))
    with pytest.raises(ConfigError, match="only 3 points beside the default model: ask for at most 4 trials"):
        Study(config, [])


def test_the_point_of_a_stopped_trial_comes_again():
    search = MadeUpSearch(config_of(Sampler.GRID, trials=4, search_space=all_excluded_but("optimizer", "activation")))
    search.run(1)
    stopped = search.ask()
    search.end(1, state=TrialState.STOPPED)
    assert search.ask().params == stopped.params


def test_ranges_are_cut_into_equal_parts_and_choices_begin_with_the_default():
    assert values_of(RealRange(0.0, 1.0), 0.3, 1) == [0.3]
    assert values_of(RealRange(0.0, 1.0), 0.3, 2) == [0.25, 0.75]
    assert values_of(RealRange(1e-4, 1e-2, log=True), 1e-3, 3)[1] == 1e-3
    assert values_of(WholeRange(1, 4), 2, 4) == [1, 2, 3, 4]
    assert values_of(WholeRange(1, 4), 2, 9) == [1, 2, 3, 4]
    assert values_of(RealRange(0.0, 0.2, step=0.05), 0.0, 5) == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2])
    assert values_of(Choices(("a", "b", "c")), "b", 2) == ["b", "a"]
