"""Which layers probes watch, that what they read is right, and that what they keep of a layer stands for all of it."""

import keras
import numpy as np
import pytest

from optimization.engine import ModelConfig
from optimization.engine.hyperparameters import SPACE
from optimization.engine.model_builder import build_model
from optimization.engine.probes import GradientProbe, StepProbe, UnitProbe, some_values, unit_layers, weight_name

ACTIVATIONS = next(each.range.values for each in SPACE if each.name == "activation")
SMALL = ModelConfig(num_layers_conv=1, filters_per_conv_layer=4, first_hidden_layer_nodes=5)
TEXT = ModelConfig(vocab_size=20, embedding_dim=3, lstm_units=2, first_hidden_layer_nodes=5)
RNG = np.random.default_rng(0)


def watched(model):
    return [(each.layer.name, each.activation) for each in unit_layers(model)]


def built(model, shape=(4, 4, 1)):
    return build_model(model, shape, 3, seed=1, total_steps=10)


def residual(x):
    """A small network whose middle goes around itself."""
    inputs = keras.Input((4, 4, 1))
    first = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="first")(inputs)
    second = keras.layers.Conv2D(3, 3, padding="same", name="second")(first)
    joined = keras.layers.ReLU(name="joined")(keras.layers.Add()([first, second]))
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.Flatten()(x(joined)))
    return keras.Model(inputs, outputs)


def dense(kernel, bias, activation):
    """One layer of units with given weights, then two classes."""
    inputs = keras.Input((len(kernel),))
    layer = keras.layers.Dense(len(bias), activation=activation, name="hidden")
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="output")(layer(inputs)))
    layer.set_weights([np.asarray(kernel, np.float32), np.asarray(bias, np.float32)])
    return model


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


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_units_are_watched_after_every_activation_of_the_search_space(activation):
    name = {"swish": "silu"}.get(activation, activation)  # as Keras calls it
    plain = built(SMALL.replace(activation=activation, batch_normalization=False))
    normalized = built(SMALL.replace(activation=activation, batch_normalization=True))
    assert watched(plain) == [("conv_1", name), ("hidden_1", name)]
    assert watched(normalized) == [("activation_1", name), ("hidden_1", name)]


@pytest.mark.parametrize("both_ways", [False, True])
def test_units_of_recurrent_layers_are_watched_but_not_the_word_vectors(both_ways):
    model = built(TEXT.replace(num_layers_lstm=2, use_bidirectional=both_ways), (6,))
    assert watched(model) == [("lstm_1", "tanh"), ("lstm_2", "tanh"), ("hidden_1", "leaky_relu")]
    assert [each.is_recurrent for each in unit_layers(model)] == [True, True, False]


def test_in_a_residual_model_units_are_watched_where_their_activation_is():
    assert watched(residual(lambda x: x)) == [("first", "relu"), ("joined", "relu")]


def test_a_layer_called_twice_is_left_out():
    twice = keras.layers.Conv2D(3, 1, activation="tanh", name="twice")
    assert "twice" not in dict(watched(residual(lambda x: twice(twice(x)))))
    assert "twice" in dict(watched(residual(twice)))


def test_a_residual_models_probes_read_all_watched_layers():
    x = RNG.random((6, 4, 4, 1), np.float32)
    model = residual(lambda x: x)
    readings = UnitProbe(model, x).read()
    outputs = keras.Model(model.input, [each.output for each in unit_layers(model)])(x)
    for reading, output in zip(readings, outputs, strict=True):
        fires = (np.asarray(output) > 0).any((1, 2)).mean(0)
        assert reading.units.fires == pytest.approx(fires)
        assert reading.picture == pytest.approx(np.abs(np.asarray(output[0])).mean(-1), abs=1e-6)


def test_readings_of_units_are_those_of_numpy():
    x = RNG.normal(0, 1, (50, 3)).astype(np.float32)
    kernel, bias = RNG.normal(0, 1, (3, 4)), np.array([0.0, 0.5, -1.0, -100.0])  # the last is dead
    (reading,) = UnitProbe(dense(kernel, bias, "relu"), x).read()
    output = np.maximum(x @ kernel + bias, 0)
    units = reading.units
    assert units.fires == pytest.approx((output > 0).mean(0))
    assert units.spread == pytest.approx(output.std(0) / np.sqrt((output**2).mean()), rel=1e-4)
    assert units.strength == pytest.approx(output.mean(0) / output.mean(), rel=1e-4)
    assert (units.fires[3], units.weights()[3], units.saturated, reading.picture) == (0, 0, None, None)
    assert (reading.mean, reading.std) == pytest.approx((output.mean(), output.std()), rel=1e-4)
    assert reading.zero_share == pytest.approx((output == 0).mean())
    assert np.sort(reading.values) == pytest.approx(np.sort(output.ravel()), abs=1e-5)


@pytest.mark.parametrize(("activation", "low"), [("tanh", -1), ("sigmoid", 0)])
def test_outputs_near_the_ends_of_the_range_are_saturated(activation, low):
    x = np.linspace(-8, 8, 41, dtype=np.float32)[:, None]
    (reading,) = UnitProbe(dense([[1.0]], [0.0], activation), x).read()
    output = np.tanh(x) if activation == "tanh" else 1 / (1 + np.exp(-x))
    near = 0.03 * (1 - low) / 2
    assert reading.units.saturated == pytest.approx(((output < low + near) | (output > 1 - near)).mean(0))


def test_a_unit_of_tanh_fires_on_either_side_and_a_constant_one_has_no_spread():
    x = np.linspace(-2, -1, 10, dtype=np.float32)[:, None]
    (reading,) = UnitProbe(dense([[1.0, 0.0]], [0.0, 0.7], "tanh"), x).read()
    assert reading.units.fires.tolist() == [1, 1]
    assert reading.units.spread == pytest.approx([reading.units.spread[0], 0], abs=1e-6)
    assert reading.units.weights() == pytest.approx([1, 0], abs=1e-4)


def test_gradients_of_a_kernel_are_those_of_numpy_a_mean_over_batches():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax", name="output")(inputs))
    kernel, _ = model.get_weights()
    x, y = RNG.normal(0, 1, (16, 3)).astype(np.float32), RNG.integers(0, 3, 16)
    x[:, 2] = 0  # an input that is never there: its weights get no gradient
    parts = [slice(0, 8), slice(8, 16)]
    expected = []
    for part in parts:
        scores = np.exp(x[part] @ kernel)
        g = x[part].T @ (scores / scores.sum(1, keepdims=True) - np.eye(4)[y[part]]) / 8
        expected.append([np.linalg.norm(g), np.linalg.norm(g) / np.linalg.norm(kernel), 1 / 3, np.abs(g).mean()])
    probe = GradientProbe(model, [(x[part], y[part]) for part in parts])
    read = probe.read(7)
    assert (read.epoch, read.kernels) == (7, ("output",))
    found = [read.norm[0], read.ratio[0], read.zero_share[0], read.mean_abs[0]]
    assert found == pytest.approx(np.mean(expected, axis=0), rel=1e-4)
    assert np.linalg.norm(probe.values[0]) == pytest.approx(expected[0][0], rel=1e-4)


def test_of_an_embedding_the_rows_alone_count_whose_words_occur():
    model = built(TEXT, (4,))
    texts = np.array([[0, 0, 3, 7], [0, 7, 7, 3]], np.int32)
    probe = GradientProbe(model, [(texts, np.array([0, 1]))])
    read = probe.read(1)
    assert read.kernels[0] == "embedding"
    assert probe.values[0].size == 3 * 3  # words 0, 3 and 7, of three values each
    assert read.zero_share[0] < 0.5
    assert read.ratio[0] == pytest.approx(read.norm[0] / np.linalg.norm(model.get_weights()[0][[0, 3, 7]]), rel=1e-4)


def test_gradients_leave_the_l2_penalty_out():
    plain, penalized = (built(SMALL.replace(l2=l2)) for l2 in (0.0, 0.1))
    batch = (RNG.random((8, 4, 4, 1), np.float32), RNG.integers(0, 3, 8))
    norms = [GradientProbe(model, [batch]).read(1).norm for model in (plain, penalized)]
    assert norms[0] == pytest.approx(norms[1], rel=1e-4)


def test_each_way_of_a_bidirectional_has_a_name_of_its_own():
    names = [weight_name(each) for each in built(TEXT.replace(use_bidirectional=True), (4,)).trainable_variables]
    kernels = {name for name in names if name.startswith("lstm")}
    assert kernels == {f"lstm_1_{way}{kind}" for way in ("forward", "backward") for kind in ("", " recurrent")}


def test_a_steps_ratio_is_its_length_over_that_of_the_weights():
    model = dense([[3.0, 0.0], [0.0, 4.0]], [0.0, 0.0], "relu")
    probe = StepProbe(model)
    probe.before_step()
    model.get_layer("hidden").kernel.assign_add([[0.0, 0.5], [0.0, 0.0]])
    assert probe.after_step() == pytest.approx([0.1, 0.0])


def test_probing_changes_no_weight_and_draws_no_random_number():
    model = built(SMALL.replace(first_hidden_layer_dropout=0.5, data_augmentation=True, batch_normalization=True))
    x, y = RNG.random((8, 4, 4, 1), np.float32), RNG.integers(0, 3, 8)
    state = [each.numpy() for each in model.variables]  # seeds and moving averages are among them
    assert any("seed" in each.path for each in model.variables)
    keras.utils.set_random_seed(5)
    undisturbed = keras.random.normal((4,)), np.random.random()
    keras.utils.set_random_seed(5)
    units, gradients = UnitProbe(model, x), GradientProbe(model, [(x, y)])
    first, second = ((units.read(), gradients.read(1)) for _ in range(2))
    drawn = keras.random.normal((4,)), np.random.random()
    assert all(np.array_equal(before, now.numpy()) for before, now in zip(state, model.variables, strict=True))
    assert np.array_equal(drawn[0], undisturbed[0])
    assert drawn[1] == undisturbed[1]
    assert np.array_equal(first[1].norm, second[1].norm)
    assert all(np.array_equal(a.values, b.values) for a, b in zip(first[0], second[0], strict=True))
