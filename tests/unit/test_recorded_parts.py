"""Parts of what a trial leaves: gates under their own layer, issues without noise, arrays whole or not at all."""

import warnings

import keras
import numpy as np
import pytest

from optimization.engine.examination import _label_issues
from optimization.engine.recorded import write_arrays
from optimization.engine.recorded.examples import _describe_recurrent, _gates, _recurrent


def test_the_gates_of_an_lstm_behind_other_recurrent_layers_keep_its_place():
    words = keras.Input((4,), dtype="int32")
    vectors = keras.layers.Embedding(9, 3)(words)
    cells = keras.layers.RNN([keras.layers.GRUCell(5)], return_sequences=True, name="cells")(vectors)
    states = keras.layers.Bidirectional(keras.layers.LSTM(2), name="lstm")(cells)
    model = keras.Model(words, keras.layers.Dense(2, activation="softmax")(states))
    assert set(_gates(model, np.array([1, 2, 3, 4]))) == {"hidden_1", "gates_1"}
    assert [_describe_recurrent(each) for each in _recurrent(model)] == [
        {"name": "cells", "units": 5, "directions": 1},
        {"name": "lstm", "units": 2, "directions": 2},
    ]


def test_looking_for_wrong_labels_says_nothing_of_rare_classes():
    labels = np.array([0] * 20 + [1] * 20 + [2])
    probabilities = np.full((41, 3), 0.05)
    probabilities[np.arange(41), labels] = 0.9
    probabilities[3] = [0.02, 0.96, 0.02]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _label_issues(probabilities, labels).tolist() == [3]


def test_arrays_that_cannot_be_written_whole_are_not_written(tmp_path):
    with pytest.raises(TypeError):
        write_arrays(tmp_path, {}, {"whole": np.zeros(9), "torn": np.array([(n for n in ())], dtype=object)})
    assert list(tmp_path.iterdir()) == []
