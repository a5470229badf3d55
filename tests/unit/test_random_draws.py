"""Whatever a random search draws is a model that takes a batch; tests/long does this on real shapes, 300 times."""

import math

import pytest

from tests.draws import loss_of_one_batch, random_draws

DRAWS = 12


@pytest.mark.parametrize(("name", "words"), [("digits", None), ("toy_reviews", 5)])
def test_every_draw_builds_and_takes_a_batch(name, words):
    models = [suggestion.model for suggestion in random_draws(name, DRAWS, seed=0)]
    assert len(set(models)) == DRAWS
    for model in models:
        assert math.isfinite(loss_of_one_batch(model, name, words=words)), model
