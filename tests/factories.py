"""Plain values that many tests need."""

from typing import Any

import numpy as np

from optimization.engine import ModelConfig
from optimization.engine.datasets import Modality, Splits
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


def same_splits(x: np.ndarray, y: np.ndarray, classes: int, modality: Modality = Modality.IMAGE) -> Splits:
    """The same examples for training, validation and test."""
    y = y.astype(np.int32)
    parts = {f"{kind}_{part}": of for part in ("train", "val", "test") for kind, of in (("x", x), ("y", y))}
    names = tuple(f"class {k}" for k in range(classes))
    return Splits(
        **parts, x_holdout=x[:0], y_holdout=y[:0], class_names=names, size="", sha256="0" * 64, modality=modality
    )
