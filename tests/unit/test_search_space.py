"""A draw is a model within the limits, trial 0 is the default model."""

import optuna
import pytest

from optimization.engine import ModelConfig, OptimizationConfig
from optimization.engine.cost import estimate_cost
from optimization.engine.search_space import CNN_SPACE, HyperparameterSelector, default_params


def selector(**values):
    return HyperparameterSelector(OptimizationConfig(dataset_name="fashion_mnist", **values))


def test_the_default_parameters_build_the_default_model():
    suggestion = selector().suggest_hyperparameters(optuna.trial.FixedTrial(default_params()))
    assert suggestion.model == ModelConfig()
    assert suggestion.repairs == {}
    assert suggestion.fallbacks == {}


def test_each_default_lies_in_its_distribution():
    for parameter in CNN_SPACE:
        internal = parameter.distribution.to_internal_repr(parameter.default)
        assert parameter.distribution._contains(internal), parameter.name


def test_every_hyperparameter_is_a_field_of_the_model():
    fields = set(ModelConfig().to_dict())
    assert {parameter.name for parameter in CNN_SPACE} <= fields
    assert all(parameter.effect.endswith(".") for parameter in CNN_SPACE)


def test_momentum_is_drawn_for_sgd_only():
    sgd = default_params() | {"optimizer": "sgd", "momentum": 0.5}
    assert selector().suggest_hyperparameters(optuna.trial.FixedTrial(sgd)).model.momentum == 0.5
    adam = selector().suggest_hyperparameters(optuna.trial.FixedTrial(default_params()))
    assert adam.model.momentum == ModelConfig().momentum


def test_a_failing_suggestion_falls_back_to_the_default_and_is_recorded():
    without = {name: value for name, value in default_params().items() if name != "learning_rate"}
    suggestion = selector().suggest_hyperparameters(optuna.trial.FixedTrial(without))
    assert suggestion.model.learning_rate == ModelConfig().learning_rate
    assert list(suggestion.fallbacks) == ["learning_rate"]


def test_a_draw_too_costly_is_narrowed_and_says_so():
    heavy = default_params() | {"filters_per_conv_layer": 256, "kernel_size": 5, "first_hidden_layer_nodes": 1024}
    chosen = selector(max_parameters=100_000)
    suggestion = chosen.suggest_hyperparameters(optuna.trial.FixedTrial(heavy))
    cost = estimate_cost(suggestion.model, (28, 28, 1), 10)
    default = estimate_cost(ModelConfig(), (28, 28, 1), 10)
    assert cost.parameters <= 100_000
    assert cost.flops <= 4 * default.flops
    assert suggestion.repairs["filters_per_conv_layer"].startswith("256 → ")
    assert suggestion.repairs["first_hidden_layer_nodes"].startswith("1024 → ")


@pytest.mark.parametrize("seed", range(3))
def test_random_draws_stay_within_the_limits(seed):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    default = estimate_cost(ModelConfig(), (28, 28, 1), 10)
    for _ in range(50):
        cost = estimate_cost(selector().suggest_hyperparameters(study.ask()).model, (28, 28, 1), 10)
        assert cost.flops <= 4 * default.flops
        assert cost.parameters <= OptimizationConfig(dataset_name="fashion_mnist").max_parameters
