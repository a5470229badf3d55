"""Wrong input is refused at the edge, with the field's name and what is allowed."""

import dataclasses

import pytest

from optimization.engine import (
    ConfigError,
    Mode,
    Objective,
    OptimizationConfig,
    OptimizationRequest,
    create_optimization_config,
)

WRONG = [
    ({"dataset_name": "nope"}, "dataset_name", "digits, mnist, fashion_mnist"),
    ({"dataset_name": 7}, "dataset_name", "text"),
    ({"trials": 0}, "trials", "from 1 to 10,000"),
    ({"trials": "many"}, "trials", "whole number"),
    ({"trials": 2.5}, "trials", "whole number"),
    ({"trials": True}, "trials", "whole number"),
    ({"trials": float("nan")}, "trials", "whole number"),
    ({"mode": "fast"}, "mode", "simple, health"),
    ({"mode": "simple", "optimize_for": "overall_health"}, "optimize_for", "needs mode health"),
    ({"mode": "simple", "optimize_for": "gradient_health"}, "optimize_for", "needs mode health"),
    ({"min_epochs_per_trial": 7}, "min_epochs_per_trial", "max_epochs_per_trial (6)"),
    ({"validation_split": 0.9}, "validation_split", "0.05 to 0.5"),
    ({"validation_split": "nan"}, "validation_split", "0.05 to 0.5"),
    ({"timeout_hours": 0}, "timeout_hours", "above 0"),
    ({"accuracy_weight": 1.2}, "accuracy_weight", "from 0 to 1"),
    ({"health_component_proportions": {"gradient_health": 0.5}}, "health_component_proportions", "sum to 0.5"),
    ({"health_component_proportions": {"luck": 1}}, "health_component_proportions", "'luck'"),
    (
        {"health_component_proportions": {"gradient_health": 2, "training_stability": -1}},
        "health_component_proportions",
        "",
    ),
    ({"objectives": ["val_accuracy"]}, "objectives", "2 to 3 different ones"),
    ({"objectives": ["accuracy", "accuracy"]}, "objectives", "2 to 3 different ones"),
    ({"objectives": "accuracy,luck"}, "objectives", "2 to 3 different ones"),
    ({"objectives": 7}, "objectives", "2 to 3 different ones"),
    ({"objectives": ["accuracy", "overall_health"], "mode": "simple"}, "objectives", "needs mode health"),
    ({"objectives": ["accuracy", "overall_health"], "sampler": "cmaes"}, "sampler", "one objective only"),
    ({"sampler": "bayes"}, "sampler", "tpe, gp, cmaes, qmc, random, grid, nsga2"),
    ({"pruner": "sometimes"}, "pruner", "median, asha, hyperband, none"),
    ({"create_trial_plots": "some"}, "create_trial_plots", "all, best, none"),
    ({"max_latency_ms": 0}, "max_latency_ms", "above 0"),
    ({"confirm_seeds": 1}, "confirm_seeds", "from 2 to 20"),
    ({"use_runpod_service": True}, "use_runpod_service", "not configured"),
    ({"executor": "runpod"}, "executor", "local"),
    ({"concurrent": "perhaps"}, "concurrent", "true or false"),
    ({"trails": 3}, "trails", "did you mean trials?"),
]


@pytest.mark.parametrize(("values", "field", "said"), WRONG, ids=[f"{w[1]}-{n}" for n, w in enumerate(WRONG)])
def test_wrong_input_names_the_field_and_says_what_is_allowed(values, field, said):
    with pytest.raises(ConfigError) as caught:
        OptimizationRequest.from_dict({"dataset_name": "digits"} | values)
    assert list(caught.value.errors) == [field]
    assert said in caught.value.errors[field]


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        OptimizationRequest(dataset_name="digits", trials=0, batch_size=-1)
    assert list(caught.value.errors) == ["trials", "batch_size"]


def test_missing_data_set_is_named():
    with pytest.raises(ConfigError, match="dataset_name: is required"):
        OptimizationRequest.from_dict({})


def test_strings_become_enums_and_numbers():
    request = OptimizationRequest.from_dict({"dataset_name": "digits", "mode": "simple", "trials": "3"})
    assert request.mode is Mode.SIMPLE
    assert request.trials == 3
    assert request.optimize_for is Objective.VAL_ACCURACY


def test_request_survives_json():
    request = OptimizationRequest(dataset_name="digits", accuracy_weight=0.7, early_stopping_patience=2)
    assert OptimizationRequest.from_dict(request.to_dict()) == request


@pytest.mark.parametrize("given", [["accuracy", "overall_health"], "accuracy, overall_health"])
def test_several_objectives_keep_their_order_and_survive_json(given):
    request = OptimizationRequest(dataset_name="digits", objectives=given)
    assert request.objectives == (Objective.ACCURACY, Objective.OVERALL_HEALTH)
    assert request.to_dict()["objectives"] == ["accuracy", "overall_health"]
    assert OptimizationRequest.from_dict(request.to_dict()) == request


@pytest.mark.parametrize("given", [None, "", []])
def test_no_objectives_is_one_objective(given):
    assert OptimizationRequest(dataset_name="digits", objectives=given).objectives is None


def test_the_gaussian_process_says_which_extra_it_needs(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as caught:
        OptimizationRequest(dataset_name="digits", sampler="gp")
    assert list(caught.value.errors) == ["sampler"]
    assert "install the extra gp" in caught.value.errors["sampler"]


def test_a_health_metric_left_out_counts_nothing():
    request = OptimizationRequest(dataset_name="digits", health_component_proportions={"training_stability": 1})
    assert request.health_component_proportions["gradient_health"] == 0


def test_config_takes_the_request_and_adds_the_systems_values():
    request = OptimizationRequest(dataset_name="digits", trials=3)
    config = create_optimization_config(request, results_dir="elsewhere")
    assert (config.trials, config.results_dir, config.health_monitoring_frequency) == (3, "elsewhere", 1)
    assert config.timeout_hours is None


def test_config_built_directly_takes_absent_values_from_the_request():
    config = OptimizationConfig(dataset_name="digits")
    request = OptimizationRequest(dataset_name="digits")
    for field in dataclasses.fields(OptimizationRequest):
        assert getattr(config, field.name) == getattr(request, field.name)


def test_a_users_value_is_refused_as_a_system_value():
    with pytest.raises(ConfigError, match="trials"):
        create_optimization_config(OptimizationRequest(dataset_name="digits"), trials=3)
