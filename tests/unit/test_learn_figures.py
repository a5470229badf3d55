"""The pictures of the learn pages show what the models really compute."""

import keras
import numpy as np
import pytest

from optimization.engine.hyperparameters import SPACE
from optimization.engine.model_builder import make_optimizer
from optimization.engine.model_config import ModelConfig
from optimization.engine.training import PLATEAU_FACTOR
from optimization.pages import learn_figures

STEPS = 100
BY_NAME = {parameter.name: parameter for parameter in SPACE}


@pytest.mark.parametrize("name", BY_NAME["activation"].range.values)
def test_an_activation_is_drawn_as_keras_computes_it(name: str) -> None:
    inputs = np.linspace(-4, 4, 9)
    drawn = [learn_figures.ACTIVATIONS[name](float(x)) for x in inputs]
    assert drawn == pytest.approx(np.asarray(keras.activations.get(name)(inputs)), abs=1e-6)


@pytest.mark.parametrize("name", ["constant", "cosine", "exponential"])
def test_a_schedule_is_drawn_as_the_optimizer_follows_it(name: str) -> None:
    optimizer = make_optimizer(ModelConfig(learning_rate=1.0, learning_rate_schedule=name), STEPS)
    for step in range(0, STEPS, 9):
        optimizer.iterations.assign(step)
        drawn = learn_figures.SCHEDULES[name](step / STEPS)
        assert drawn == pytest.approx(float(optimizer.learning_rate), abs=1e-5)


def test_the_plateau_falls_by_the_factor_that_training_uses() -> None:
    rates = {learn_figures.SCHEDULES["reduce_on_plateau"](step / STEPS) for step in range(STEPS + 1)}
    falls = len(learn_figures.NOT_BETTER)
    assert sorted(rates, reverse=True) == [PLATEAU_FACTOR**times for times in range(falls + 1)]


def test_every_schedule_has_a_drawing() -> None:
    assert set(learn_figures.SCHEDULES) == set(BY_NAME["learning_rate_schedule"].range.values)


def test_dropout_switches_off_about_its_share() -> None:
    units = [on for panel in learn_figures.dropout_figure(0.2).panels for _, _, on in panel.units]
    assert 0.1 <= units.count(False) / len(units) <= 0.3
