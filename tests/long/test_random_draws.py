"""300 random draws for pictures and for texts, with as many weights as a search gives them, build and take a batch."""

import math

import pytest

from optimization.engine import ModelConfig
from optimization.engine.cost import cost_of
from optimization.engine.datasets import find_dataset
from optimization.engine.hyperparameters import SPACE
from optimization.engine.ranges import Choices
from tests.draws import loss_of_one_batch, random_draws

DRAWS = 300
MOST_REPAIRED = 0.2
COSTLIEST = 20


@pytest.mark.parametrize(("name", "words"), [("cifar10", None), ("imdb", 4)])
def test_300_draws_build_and_take_a_batch(name: str, words: int | None) -> None:
    """The texts are cut short: an LSTM's weights do not depend on their length, its time does."""
    info = find_dataset(name)
    drawn = list(random_draws(name, DRAWS, seed=42))
    models = [suggestion.model for suggestion in drawn]
    assert len(set(models)) == DRAWS
    assert sum(bool(suggestion.repairs) for suggestion in drawn) < MOST_REPAIRED * DRAWS
    for parameter in SPACE:
        if isinstance(parameter.range, Choices) and info.modality in parameter.applies_to and parameter.searched:
            values = {getattr(model, parameter.name) for model in models}
            seen = {size for size, _ in values} if parameter.name == "kernel_size" else values
            assert seen >= set(parameter.range.values), parameter.name
    most = COSTLIEST * cost_of(ModelConfig(), info.shape, len(info.classes)).flops
    for suggestion in drawn:
        assert not suggestion.rejected
        assert cost_of(suggestion.model, info.shape, len(info.classes)).flops <= most
        assert math.isfinite(loss_of_one_batch(suggestion.model, name, words=words)), suggestion.model
