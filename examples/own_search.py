"""Search for a good network of one's own kind on data of one's own: `python examples/own_search.py`."""

from optimization.engine import ModelOptimizer, OptimizationConfig

if __name__ == "__main__":
    config = OptimizationConfig(
        plugins=("own_data", "own_model"),  # the modules beside this file that register the two names below
        dataset_name="shapes",
        model_builder="two_scales",
        trials=3,
        max_epochs_per_trial=3,
        search_space={"filters_per_conv_layer": {"low": 16, "high": 32}},
    )
    result = ModelOptimizer(config).optimize_model()
    print(result.trials[["state", "val_accuracy", "test_accuracy", "parameters"]])
    print(f"best: trial {result.best_trial_number}, its model is {result.best_model_path}")
