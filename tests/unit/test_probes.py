"""What probes keep of a layer stands for all of it."""

import keras
import numpy as np

from optimization.engine.probes import UnitProbe, some_values


def test_the_kept_activations_are_of_every_unit_alike():
    conv = keras.layers.Conv2D(32, 1, activation="relu")
    inputs = keras.Input((8, 8, 1))
    pooled = keras.layers.GlobalMaxPooling2D()(conv(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(pooled))
    conv.set_weights([np.zeros((1, 1, 1, 32)), np.arange(32)])  # each unit answers with its number
    values = UnitProbe(model, np.zeros((256, 8, 8, 1), np.float32)).read()[0].values
    counts = np.bincount(values.astype(int), minlength=32)
    assert counts.min() >= 0.9 * counts.max() > 0


def test_the_kept_weights_are_of_every_unit_alike():
    kernel = keras.Variable(np.broadcast_to(np.arange(64), (1000, 64)))
    counts = np.bincount(some_values(kernel).astype(int), minlength=64)
    assert counts.min() >= 0.9 * counts.max() > 0
