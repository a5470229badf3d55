"""Changes to the search space are checked against the table, in words that say what is allowed."""

import pytest

from optimization.engine import ConfigError, OptimizationRequest

WRONG = [
    ({"lerning_rate": {"high": 1e-3}}, "lerning_rate: is not a hyperparameter; did you mean learning_rate?"),
    ({"zzz": {"fixed": 1}}, "zzz: is not a hyperparameter; use num_layers_conv, "),
    ({"learning_rate": {"low": 1e-3, "high": 1e-4}}, "learning_rate: the range is empty"),
    ({"learning_rate": {"low": 1e-9}}, "learning_rate: must be a number from 0.0001 to 0.01; got 1e-09"),
    ({"learning_rate": {"low": "fast"}}, "learning_rate: must be a number from 0.0001 to 0.01; got 'fast'"),
    ({"learning_rate": {"high": float("nan")}}, "learning_rate: must be a number"),
    ({"learning_rate": {"choices": [1e-3]}}, "learning_rate: cannot be changed by choices; use low, high, fixed"),
    ({"learning_rate": {"low": 1e-3, "fixed": 1e-3}}, "learning_rate: fixed and low do not go together"),
    ({"learning_rate": 1e-3}, "learning_rate: must be an object such as"),
    ({"num_layers_conv": {"low": 1.5}}, "num_layers_conv: must be a whole number from 1 to 4; got 1.5"),
    ({"num_layers_conv": {"fixed": True}}, "num_layers_conv: must be a whole number"),
    ({"activation": {"low": 1}}, "activation: cannot be changed by low; use choices, fixed, exclude"),
    ({"activation": {"choices": ["relu", "softplus"]}}, "activation: must be one of relu, leaky_relu"),
    ({"activation": {"choices": "relu"}}, "activation: choices must be a list"),
    ({"activation": {"choices": []}}, "activation: the choices are empty"),
    ({"batch_normalization": {"fixed": 1}}, "batch_normalization: must be one of false, true; got 1"),
    ({"l2": {"exclude": "perhaps"}}, "l2: exclude must be true"),
    ({"lstm_units": {"high": 32}}, "lstm_units: is for text data sets, this one is of image; use num_layers_conv"),
    (
        {"optimizer": {"fixed": "adam"}, "momentum": {"low": 0.8}},
        "momentum: applies only where optimizer is sgd, which your change to optimizer rules out",
    ),
    ({"num_layers_conv": {"low": 3}, "padding": {"fixed": "valid"}}, "padding: applies only where num_layers_conv"),
    ([1], "must be changes by hyperparameter"),
    ("{not json", "as JSON"),
]


def request(search_space, dataset_name="mnist"):
    return OptimizationRequest.from_dict({"dataset_name": dataset_name, "search_space": search_space})


@pytest.mark.parametrize(("changes", "said"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_change_names_the_hyperparameter_and_says_what_is_allowed(changes, said):
    with pytest.raises(ConfigError) as caught:
        request(changes)
    assert list(caught.value.errors) == ["search_space"]
    assert said in caught.value.errors["search_space"]


def test_every_wrong_change_is_named():
    with pytest.raises(ConfigError) as caught:
        request({"l2": {"fixed": 7}, "kernel_size": {"fixed": 4}})
    assert "l2: " in caught.value.errors["search_space"]
    assert "kernel_size: " in caught.value.errors["search_space"]


def test_a_right_change_comes_back_in_its_inner_types_and_survives_json():
    asked = request(
        {
            "learning_rate": {"low": "0.0005"},
            "num_layers_conv": {"low": 1, "high": 2.0},
            "l2": {"choices": [0, "0.001"]},
            "clip_norm": {"fixed": None},
            "batch_normalization": {"fixed": "true"},
            "activation": {"exclude": True},
            "batch_size": {},
        }
    )
    assert asked.search_space == {
        "learning_rate": {"low": 0.0005},
        "num_layers_conv": {"low": 1, "high": 2},
        "l2": {"choices": [0.0, 0.001]},
        "clip_norm": {"fixed": None},
        "batch_normalization": {"fixed": True},
        "activation": {"exclude": True},
        "batch_size": {},
    }
    assert type(asked.search_space["num_layers_conv"]["high"]) is int
    assert OptimizationRequest.from_dict(asked.to_dict()) == asked


def test_json_text_will_do():
    assert request('{"optimizer": {"fixed": "adam"}}').search_space == {"optimizer": {"fixed": "adam"}}
    assert request("").search_space == {}


def test_texts_refuse_what_images_have():
    assert request({"lstm_units": {"high": 32}}, "imdb").search_space
    with pytest.raises(ConfigError, match="kernel_size: is for image data sets, this one is of text"):
        request({"kernel_size": {"fixed": 3}}, "imdb")


def test_excluding_what_never_applies_is_no_contradiction():
    assert request({"optimizer": {"fixed": "adam"}, "momentum": {"exclude": True}}).search_space
