"""What is recorded of recurrent layers stands under the layer that it belongs to."""

import keras
import numpy as np

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
