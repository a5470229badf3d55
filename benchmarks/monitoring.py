"""What watching a model's health costs while it trains, and what drawing a trial costs after it."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from optimization.engine.datasets import Modality, Splits
from optimization.engine.feeding import TrainingData
from optimization.engine.model_config import ModelConfig
from optimization.engine.training import train_on
from optimization.engine.trial import EpochReport, TrialSpec
from visualization.figures.catalog import PLOTS

from .loop import SEED
from .table import Row

EXAMPLES, VALIDATION, SIDE, CLASSES = 20_000, 5_000, 28, 10
EPOCHS = 7
MODEL = ModelConfig(first_hidden_layer_nodes=128)
PLOTS_ALLOWED_S = 6.0


def rows() -> Iterator[Row]:
    """The epoch whose share is the median stands for all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        epochs = sorted(_train(folder), key=lambda report: report.monitoring_s / report.duration_s)
        typical = epochs[len(epochs) // 2]
        yield Row(
            what=f"measuring health, in an epoch of {EXAMPLES:,} pictures through 200,000 weights",
            against="the whole epoch",
            ours=typical.monitoring_s,
            peer=typical.duration_s,
            unit="s",
        )
        yield Row(
            what="drawing all plots of that trial, film aside",
            against="what is allowed",
            ours=_drawing_s(folder),
            peer=PLOTS_ALLOWED_S,
            unit="CPU s",
        )


def _train(folder: Path) -> list[EpochReport]:
    reports: list[EpochReport] = []
    spec = TrialSpec(
        run_name="benchmark",
        number=0,
        seed=SEED,
        split_seed=SEED,
        dataset_name="made_up",
        data_dir=None,
        validation_split=VALIDATION / (EXAMPLES + VALIDATION),
        batch_size=32,
        min_epochs=1,
        max_epochs=EPOCHS,
        early_stopping_patience=None,
        time_limit_s=None,
        health_monitoring_frequency=1,
        min_free_mb=0,
        max_trial_mb=1000,
        model=MODEL,
    )
    train_on(_pictures(), spec, folder, on_epoch=reports.append, verdict=lambda: None)
    return reports


def _pictures() -> TrainingData:
    """A pattern for each class, under noise."""
    import tensorflow as tf

    rng = np.random.default_rng(SEED)
    patterns = rng.random((CLASSES, SIDE, SIDE, 1), np.float32)
    parts = {}
    for name, count in (("train", EXAMPLES), ("val", VALIDATION), ("test", 1000), ("holdout", 0)):
        labels = rng.integers(CLASSES, size=count).astype(np.int32)
        noisy = patterns[labels] * 0.4 + rng.normal(0.3, 0.3, (count, SIDE, SIDE, 1)).astype(np.float32)
        parts[f"x_{name}"], parts[f"y_{name}"] = np.clip(noisy, 0, 1), labels
    names = tuple(str(label) for label in range(CLASSES))
    splits = Splits(**parts, class_names=names, size="", sha256="", modality=Modality.IMAGE)
    return TrainingData(splits, tf.constant(splits.x_train), tf.constant(splits.y_train))


def _drawing_s(folder: Path) -> float:
    """CPU seconds of the process that draws, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    still = [plot.name for plot in PLOTS if not plot.moves]
    subprocess.run([sys.executable, "-m", "visualization.figures", str(folder), "--only", *still], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
