"""Plain values that many tests need."""

from typing import Any

from optimization.engine import ModelConfig
from optimization.engine.trial import TrialSpec


def trial_spec(number: int, **changes: Any) -> TrialSpec:
    """A small digits trial."""
    values: dict[str, Any] = {
        "run_name": "digits_20260101T000000Z_00000000",
        "number": number,
        "seed": number,
        "split_seed": 0,
        "dataset_name": "digits",
        "data_dir": None,
        "validation_split": 0.2,
        "batch_size": 32,
        "min_epochs": 1,
        "max_epochs": 2,
        "early_stopping_patience": None,
        "time_limit_s": None,
        "health_monitoring_frequency": 1,
        "min_free_mb": 0,
        "max_trial_mb": 1000,
        "model": ModelConfig(),
    }
    return TrialSpec(**(values | changes))
