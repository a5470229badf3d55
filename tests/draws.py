"""Random draws of the search space, each built and given one batch."""

from collections.abc import Iterator

import keras
import numpy as np
import optuna

from optimization.engine import ModelConfig, OptimizationConfig
from optimization.engine.blueprint import example_shape
from optimization.engine.datasets import find_dataset
from optimization.engine.model_builder import build_model
from optimization.engine.search_space import HyperparameterSelector, Suggestion

BATCH = 4


def random_draws(dataset_name: str, count: int, *, seed: int) -> Iterator[Suggestion]:
    selector = HyperparameterSelector(OptimizationConfig(dataset_name=dataset_name))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    for _ in range(count):
        yield selector.suggest_hyperparameters(study.ask())


def loss_of_one_batch(model: ModelConfig, dataset_name: str, *, words: int | None = None) -> float:
    """After one gradient step on noise. words: length of the texts, where the model's own would take too long."""
    info = find_dataset(dataset_name)
    shape, classes = (words,) if words else example_shape(info.shape, model), len(info.classes)
    rng = np.random.default_rng(0)
    examples = rng.random((BATCH, *shape)) if info.shape else rng.integers(0, model.vocab_size, (BATCH, *shape))
    keras.utils.clear_session()
    built = build_model(model, shape, classes, seed=1, total_steps=10)
    built.run_eagerly = True  # one batch is over before a graph would be drawn
    logs = built.train_on_batch(examples, rng.integers(0, classes, BATCH), return_dict=True)
    return float(logs["loss"])
