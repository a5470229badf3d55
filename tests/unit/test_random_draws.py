"""Whatever a random search draws is a model that takes a batch; tests/long does this on real shapes, 300 times."""

import keras
import numpy as np
import optuna
import pytest

from optimization.engine import OptimizationConfig
from optimization.engine.datasets import find_dataset
from optimization.engine.model_builder import build_model
from optimization.engine.search_space import HyperparameterSelector

DRAWS = 24
WORDS = 5


@pytest.mark.parametrize(("name", "shape"), [("digits", (8, 8, 1)), ("toy_reviews", (WORDS,))])
def test_every_draw_builds_and_takes_a_batch(name, shape):
    classes = len(find_dataset(name).classes)
    selector = HyperparameterSelector(OptimizationConfig(dataset_name=name))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    rng = np.random.default_rng(0)
    seen = set()
    for _ in range(DRAWS):
        model = selector.suggest_hyperparameters(study.ask()).model
        built = build_model(model, shape, classes, seed=1, total_steps=10)
        built.run_eagerly = True  # one batch is over before a graph would be drawn
        examples = rng.random((4, *shape)) if len(shape) == 3 else rng.integers(0, model.vocab_size, (4, *shape))
        logs = built.train_on_batch(examples, rng.integers(0, classes, 4), return_dict=True)
        assert np.isfinite(float(logs["loss"])), model
        seen.add(model)
        keras.utils.clear_session()
    assert len(seen) == DRAWS
