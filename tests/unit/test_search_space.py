"""A draw is a model within the limits and inside the person's ranges, trial 0 is the default model."""

import dataclasses

import optuna
import pytest

from optimization.engine import ModelConfig, OptimizationConfig
from optimization.engine.cost import cost_of
from optimization.engine.datasets import DATASETS, Modality
from optimization.engine.search_space import SPACE, HyperparameterSelector, SearchSpace, distribution

SHAPES = {"digits": (8, 8, 1), "fashion_mnist": (28, 28, 1), "cifar10": (32, 32, 3), "imdb": None, "reuters": None}


def config(dataset_name="fashion_mnist", **values):
    return OptimizationConfig(dataset_name=dataset_name, **values)


def selector(dataset_name="fashion_mnist", **values):
    return HyperparameterSelector(config(dataset_name, **values))


def suggest(chosen, **params):
    defaults = chosen.space.default_params()
    return chosen.suggest_hyperparameters(optuna.trial.FixedTrial(defaults | params))


def draws(chosen, count, seed=0):
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return [chosen.suggest_hyperparameters(study.ask()) for _ in range(count)]


def cost(model, dataset_name):
    info = DATASETS[dataset_name]
    return cost_of(model, info.shape, len(info.classes))


@pytest.mark.parametrize("name", SHAPES)
def test_the_default_parameters_build_the_default_model(name):
    suggestion = suggest(selector(name))
    assert (suggestion.model, suggestion.batch_size) == (ModelConfig(), config().batch_size)
    assert (suggestion.repairs, suggestion.fallbacks, suggestion.rejected) == ({}, {}, "")


def test_each_default_lies_in_its_range():
    for parameter in SPACE:
        distributed = distribution(parameter.range)
        assert parameter.range.check(parameter.default) == parameter.default
        assert distributed._contains(distributed.to_internal_repr(parameter.default)), parameter.name


def test_every_hyperparameter_is_a_field_of_the_model_and_is_explained():
    fields = {field.name for field in dataclasses.fields(ModelConfig)} | {"batch_size"}
    assert {parameter.name for parameter in SPACE} <= fields
    for parameter in SPACE:
        assert parameter.effect.endswith(".")
        assert len(parameter.help) > len(parameter.title) > 0


def test_conditions_name_hyperparameters_that_come_before():
    seen = set()
    for parameter in SPACE:
        assert {needs.name for needs in parameter.condition} <= seen
        seen.add(parameter.name)


def test_images_and_texts_each_have_their_own_space():
    images, texts = (set(SearchSpace(config(name)).by_name) for name in ("mnist", "imdb"))
    assert {"kernel_size", "data_augmentation"} <= images - texts
    assert {"vocab_size", "lstm_units", "use_bidirectional"} <= texts - images
    assert {"optimizer", "learning_rate", "num_layers_hidden"} <= images & texts
    assert "batch_size" not in images | texts


def test_momentum_is_drawn_for_sgd_only():
    assert suggest(selector(), optimizer="sgd", momentum=0.5).model.momentum == 0.5
    assert suggest(selector(), momentum=0.5).model.momentum == ModelConfig().momentum


def test_a_failing_suggestion_falls_back_to_the_default_and_is_recorded():
    chosen = selector()
    without = {name: value for name, value in chosen.space.default_params().items() if name != "learning_rate"}
    suggestion = chosen.suggest_hyperparameters(optuna.trial.FixedTrial(without))
    assert suggestion.model.learning_rate == ModelConfig().learning_rate
    assert list(suggestion.fallbacks) == ["learning_rate"]


def test_a_draw_too_costly_is_made_smaller_and_says_so():
    chosen = selector(max_parameters=100_000, search_space={"filters_per_conv_layer": {"low": 16, "high": 256}})
    suggestion = suggest(chosen, filters_per_conv_layer=256, kernel_size=5, first_hidden_layer_nodes=1024)
    assert cost(suggestion.model, "fashion_mnist").parameters <= 100_000
    assert cost(suggestion.model, "fashion_mnist").flops <= 20 * cost(ModelConfig(), "fashion_mnist").flops
    assert suggestion.repairs["filters_per_conv_layer"].startswith("256 → ")
    assert suggestion.repairs["first_hidden_layer_nodes"].startswith("1024 → ")
    assert not suggestion.rejected


def test_a_kernel_that_pooling_leaves_no_room_for_is_counted_as_a_repair():
    repaired = suggest(selector("digits"), kernel_size=5, padding="valid")
    assert repaired.repairs == {"kernel_size": "2×2 from layer 2 on, where the picture is no larger"}
    assert suggest(selector("fashion_mnist"), kernel_size=5, padding="valid").repairs == {}


def test_what_a_repair_brings_into_being_stays_in_its_narrowed_range():
    """Padding is drawn for two layers at most; a third that is repaired away must not leave the default padding."""
    changes = {"num_layers_conv": {"low": 2, "high": 3}, "padding": {"choices": ["valid"]}}
    fixed = {
        "filters_per_conv_layer": {"fixed": 64},
        "kernel_size": {"fixed": 3},
        "use_global_pooling": {"fixed": True},
    }
    chosen = selector("fashion_mnist", search_space=changes | fixed, max_flops=16_000_000)
    repaired = suggest(chosen, num_layers_conv=3)
    assert (repaired.model.num_layers_conv, repaired.model.padding) == (2, "valid")


def test_a_draw_that_no_repair_can_save_is_rejected_with_the_limit():
    fixed = {"filters_per_conv_layer": {"fixed": 256}, "num_layers_conv": {"fixed": 4}, "kernel_size": {"fixed": 5}}
    chosen = selector(search_space=fixed)
    suggestion = suggest(chosen)
    assert "max_flops" in suggestion.rejected
    assert suggestion.rejected == chosen.rejection(suggestion.model)
    assert "max_parameters (1,000)" in suggest(selector(max_parameters=1000)).rejected


@pytest.mark.parametrize("name", SHAPES)
def test_random_draws_stay_within_the_limits_and_few_are_repaired(name):
    drawn = draws(selector(name), 600)
    default = cost(ModelConfig(), name)
    for suggestion in drawn:
        assert not suggestion.rejected
        assert cost(suggestion.model, name).flops <= 20 * default.flops
        assert cost(suggestion.model, name).parameters <= config().max_parameters
    assert sum(bool(suggestion.repairs) for suggestion in drawn) < 0.2 * len(drawn)


@pytest.mark.parametrize("name", SHAPES)
def test_random_draws_see_every_choice(name):
    models = [suggestion.model.to_dict() for suggestion in draws(selector(name), 600)]
    for parameter in SearchSpace(config(name)).parameters:
        if parameter.kind == "choice" and parameter.name != "kernel_size":
            assert {model[parameter.name] for model in models} == set(parameter.range.values), parameter.name


NARROW = {
    "fashion_mnist": {
        "num_layers_conv": {"low": 2, "high": 3},
        "filters_per_conv_layer": {"low": 60, "high": 250},
        "kernel_size": {"choices": [5]},
        "first_hidden_layer_nodes": {"low": 500},
        "first_hidden_layer_dropout": {"low": 0.12, "high": 0.33},
        "learning_rate": {"high": 3e-4},
        "optimizer": {"choices": ["sgd", "adamw"]},
        "momentum": {"low": 0.6, "high": 0.6},
        "activation": {"fixed": "tanh"},
        "l2": {"exclude": True},
        "batch_size": {"choices": [64, 128]},
    },
    "imdb": {
        "vocab_size": {"low": 15_000},
        "embedding_dim": {"low": 100},
        "lstm_units": {"low": 90, "high": 128},
        "sequence_length": {"low": 330, "high": 390},
        "use_bidirectional": {"fixed": True},
        "clip_norm": {"choices": [1.0]},
    },
}


def inside(parameter, value, change):
    if "fixed" in change:
        return value == change["fixed"]
    if "exclude" in change:
        return value == parameter.default
    if "choices" in change:
        return value in change["choices"]
    return change.get("low", parameter.range.low) <= value <= change.get("high", parameter.range.high)


@pytest.mark.parametrize("limits", [{}, {"max_parameters": 1_500_000}, {"max_flops": 150_000_000}])
@pytest.mark.parametrize("name", NARROW)
def test_a_narrowed_space_yields_no_value_outside_it_repairs_included(name, limits):
    by_name = {parameter.name: parameter for parameter in SPACE}
    chosen = selector(name, search_space=NARROW[name], **limits)
    for suggestion in [suggest(chosen), *draws(chosen, 300)]:
        values = suggestion.model.to_dict() | {"batch_size": suggestion.batch_size}
        values["kernel_size"] = values["kernel_size"][0]
        for parameter, change in ((by_name[key], change) for key, change in NARROW[name].items()):
            if parameter.exists_for(values):
                assert inside(parameter, values[parameter.name], change), (parameter.name, suggestion)
        assert suggestion.rejected or suggestion.rejected == chosen.rejection(suggestion.model)


def test_trial_0_takes_the_nearest_value_that_a_narrowed_space_leaves():
    params = SearchSpace(config(search_space=NARROW["fashion_mnist"], batch_size=100)).default_params()
    nearest = {
        "filters_per_conv_layer": 60,
        "kernel_size": 5,
        "first_hidden_layer_nodes": 500,
        "first_hidden_layer_dropout": 0.12,
        "learning_rate": 3e-4,
        "optimizer": "sgd",
        "momentum": 0.6,
        "batch_size": 128,
    }
    assert {name: params[name] for name in nearest} == nearest
    assert not {"activation", "l2"} & set(params)


def test_fixed_holds_what_the_person_fixed_and_excluded():
    assert SearchSpace(config(search_space=NARROW["fashion_mnist"])).fixed == {"activation": "tanh", "l2": 0.0}


def test_an_opened_batch_size_is_drawn():
    chosen = selector(search_space={"batch_size": {"choices": [16, 64]}})
    assert {suggestion.batch_size for suggestion in draws(chosen, 20)} == {16, 64}


def test_a_range_that_was_not_asked_for_ends_where_the_default_model_leaves_the_limits():
    bounded = SearchSpace(config()).by_name["filters_per_conv_layer"].range
    asked = {"filters_per_conv_layer": {"low": 16, "high": 256}}
    assert bounded.high < 256
    assert SearchSpace(config(search_space=asked)).by_name["filters_per_conv_layer"].range.high == 256
    assert SearchSpace(config(max_flops=10**12)).by_name["filters_per_conv_layer"].range.high == 256


def test_every_modality_has_draws():
    assert {DATASETS[name].modality for name in SHAPES} == set(Modality)
