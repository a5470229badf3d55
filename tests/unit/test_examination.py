"""What is measured of a complete model beside health, where the right answer is known."""

import keras
import numpy as np
import pytest

from optimization.engine.datasets import Modality
from optimization.engine.evaluation import Predictor
from optimization.engine.examination import MOST_FEATURES, UNKNOWN_WORD, effective_rank, examine
from tests.factories import same_splits

RNG = np.random.default_rng(0)


def centred(rows, columns):
    """Directions at right angles to each other, each with a mean of zero."""
    directions = np.linalg.qr(np.hstack([np.ones((rows, 1)), RNG.normal(size=(rows, columns))]))[0]
    return directions[:, 1:]


def examined(model, of):
    predictor = Predictor(model)
    return examine(model, predictor, of, predictor.probabilities(of.x_val))


def finder(words, places=6):
    """A model that says 1 where one of these words is among a text's first places."""
    inputs = keras.Input((6,), dtype="int32")
    embedding = keras.layers.Embedding(10, 1)
    found = keras.layers.GlobalMaxPooling1D()(embedding(inputs)[:, :places])
    output = keras.layers.Dense(2, activation="softmax")
    model = keras.Model(inputs, output(found))
    embedding.set_weights([np.isin(np.arange(10), words).astype(float)[:, None]])
    output.set_weights([np.array([[0.0, 20.0]]), np.array([0.0, -10.0])])
    return model


def padded_texts():
    """400 texts of three words after three of padding, all of class 0."""
    x = RNG.integers(3, 10, (400, 6)).astype(np.int32)
    x[:, :3] = 0
    return same_splits(x, np.zeros(400), 2, Modality.TEXT)


def pictures(label):
    """100 pictures of one grey each, and what `label` makes of the grey."""
    x = np.broadcast_to(RNG.random((100, 1, 1, 1)), (100, 4, 4, 1)).astype(np.float32)
    return same_splits(x, label(x[:, 0, 0, 0]), 2)


def brightness(of=1):
    """A model that says 1 for pictures whose mean is above a half; of: as the mean of so many alike."""
    inputs = keras.Input((4, 4, 1))
    mean = keras.layers.GlobalAveragePooling2D()(inputs)
    heads = [keras.layers.Dense(2, activation="softmax") for _ in range(of)]
    said = [head(mean) for head in heads]
    model = keras.Model(inputs, said[0] if of == 1 else keras.layers.Average()(said))
    for head in heads:
        head.set_weights([np.array([[0.0, 20.0]]), np.array([0.0, -10.0])])
    return model


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_the_effective_rank_of_even_directions_is_their_number(rank):
    features = centred(50, rank) @ np.linalg.qr(RNG.normal(size=(8, 8)))[0][:rank]
    assert effective_rank(features) == pytest.approx(rank, rel=1e-4)


def test_the_effective_rank_of_uneven_directions_is_the_exponential_of_their_entropy():
    features = centred(50, 2) * [3.0, 1.0]
    assert effective_rank(features) == pytest.approx(4 / 3**0.75)  # shares of 3/4 and 1/4


def test_the_effective_rank_forgets_what_all_examples_share():
    features = centred(50, 2)
    assert effective_rank(features + 100) == pytest.approx(2)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4 / 3])
def test_features_that_are_all_alike_have_no_rank(value):
    assert effective_rank(np.full((600, 8), value, np.float32)) is None


def test_noise_on_texts_leaves_padding_alone():
    noise = examined(finder(words=range(1, 10), places=3), padded_texts()).noise
    assert noise.accuracies == (1,) * 5
    assert noise.examples == 400


def test_noise_on_texts_makes_the_stated_share_of_words_unknown():
    noise = examined(finder(words=[UNKNOWN_WORD]), padded_texts()).noise
    untouched = [(1 - share) ** 3 for share in noise.levels]
    assert noise.levels[0] == 0
    assert noise.accuracies == pytest.approx(untouched, abs=0.08)


def test_noise_on_pictures_costs_a_model_that_averages_it_away_little():
    noise = examined(brightness(), pictures(lambda grey: grey > 0.5)).noise
    assert noise.accuracies[0] == 1
    assert min(noise.accuracies) > 0.9


def test_the_likeliest_label_errors_are_those_the_model_is_surest_of():
    def with_errors(grey):
        labels = grey > 0.5
        wrong = np.argsort(np.abs(grey - 0.5))[[-1, -2, -3]]  # far from the border
        labels[wrong] = ~labels[wrong]
        with_errors.rows = wrong
        return labels

    found = examined(brightness(), pictures(with_errors))
    assert found.label_issues[:3].tolist() == with_errors.rows.tolist()


def test_features_are_what_the_last_layer_sees():
    of = pictures(lambda grey: grey > 0.5)
    found = examined(brightness(), of)
    assert found.features == pytest.approx(of.x_val[found.feature_rows].mean((1, 2)), abs=1e-6)
    assert len(found.features) <= MOST_FEATURES


def test_a_last_layer_that_sees_several_values_has_them_all_as_features():
    found = examined(brightness(of=3), pictures(lambda grey: grey > 0.5))
    assert found.features.shape == (100, 3 * 2)
    assert found.features[:, 2:] == pytest.approx(np.tile(found.features[:, :2], 2))
