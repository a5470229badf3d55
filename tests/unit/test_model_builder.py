"""Every ModelConfig has a model, and the model is what its configuration and its cost say."""

import keras
import numpy as np
import pytest

from optimization.engine import ModelConfig
from optimization.engine.builders import register_builder
from optimization.engine.cost import estimate_cost
from optimization.engine.model_builder import build_model, build_own_model

SMALL = ModelConfig(num_layers_conv=1, filters_per_conv_layer=4, first_hidden_layer_nodes=8, batch_normalization=False)
CONFIGS = [
    ModelConfig(),
    SMALL.replace(num_layers_conv=5),
    SMALL.replace(num_layers_conv=4, kernel_size=(5, 5), padding="valid"),
    SMALL.replace(num_layers_conv=4, kernel_size=(5, 5), padding="same"),
    SMALL.replace(num_layers_conv=3, batch_normalization=True, use_global_pooling=True),
    SMALL.replace(num_layers_conv=2, pool_size=3, padding="valid", pooling="average"),
    SMALL.replace(num_layers_conv=3, pooling="none", kernel_size=(3, 5)),
    SMALL.replace(num_layers_hidden=4, hidden_layer_decrease=0.3, data_augmentation=True, batch_normalization=True),
    SMALL.replace(num_layers_hidden=0, use_global_pooling=True),
]

TEXT = SMALL.replace(vocab_size=20, embedding_dim=6, lstm_units=5)
TEXTS = [
    TEXT,
    TEXT.replace(num_layers_lstm=2, recurrent_dropout=0.1, num_layers_hidden=2),
    TEXT.replace(num_layers_lstm=2, use_bidirectional=True, lstm_dropout=0.0),
]


def build(model, shape=(8, 8, 1), classes=10, seed=1):
    return build_model(model, shape, classes, seed=seed, total_steps=100)


def multiply_adds(built):
    """Counted from the built layers: positions × kernel values of each convolution, kernel of each dense layer,
    words × both kernels of each LSTM."""
    total = 0
    for layer in built.layers:
        if isinstance(layer, keras.layers.Conv2D):
            total += int(np.prod(layer.output.shape[1:3])) * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.LSTM | keras.layers.Bidirectional):
            kernels = [weight for weight in layer.weights if len(weight.shape) == 2]
            total += built.input_shape[1] * sum(int(np.prod(kernel.shape)) for kernel in kernels)
    return total


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (9, 5, 3)])
@pytest.mark.parametrize("model", CONFIGS)
def test_the_estimated_cost_is_the_models_own(model, shape):
    built = build(model, shape, 7)
    assert estimate_cost(model, shape, 7) == (built.count_params(), 2 * multiply_adds(built))


@pytest.mark.parametrize("model", TEXTS)
def test_the_estimated_cost_of_a_text_model_is_its_own(model):
    built = build(model, (7,), 3)
    assert estimate_cost(model, (7,), 3) == (built.count_params(), 2 * multiply_adds(built))


@pytest.mark.parametrize("model", TEXTS)
def test_a_text_model_reads_word_numbers_and_says_probabilities(model):
    built = build(model, (7,), 3)
    probabilities = built(np.random.default_rng(0).integers(0, 20, (4, 7)).astype("int32")).numpy()
    assert built.inputs[0].dtype == "int32"
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-5)


def test_the_two_ways_of_reading_start_from_different_weights():
    layer = build(TEXTS[2], (7,), 3).get_layer("lstm_1")
    forward, backward = (one.cell.kernel.numpy() for one in (layer.forward_layer, layer.backward_layer))
    assert not np.array_equal(forward, backward)


def test_dropout_of_words_acts_in_training_only():
    built = build(TEXT.replace(lstm_dropout=0.5, first_hidden_layer_dropout=0.0), (7,), 3)
    words = np.arange(7, dtype="int32")[np.newaxis]
    assert np.array_equal(built(words, training=False), built(words, training=False))
    assert not np.array_equal(built(words, training=True), built(words, training=True))


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "swish", "tanh", "sigmoid", "elu", "gelu"])
def test_every_activation_is_used_in_all_inner_layers(activation):
    built = build(SMALL.replace(activation=activation))
    expected = keras.activations.get(activation)
    assert built.get_layer("conv_1").activation == expected
    assert built.get_layer("hidden_1").activation == expected


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", "Adam"), ("adamw", "AdamW"), ("rmsprop", "RMSprop"), ("sgd", "SGD")]
)
def test_the_optimizer_carries_its_settings(name, kind):
    rates = {"learning_rate": 0.004, "learning_rate_schedule": "constant"}
    model = SMALL.replace(optimizer=name, **rates, momentum=0.7, weight_decay=0.003, clip_norm=0.5)
    settings = build(model).optimizer.get_config()
    assert type(build(model).optimizer).__name__ == kind
    assert settings["learning_rate"] == pytest.approx(0.004)
    assert settings["global_clipnorm"] == 0.5
    assert settings.get("weight_decay") == (0.003 if name == "adamw" else None)
    if name == "sgd":
        assert settings["momentum"] == 0.7


@pytest.mark.parametrize(("schedule", "end"), [("cosine", 0.01), ("exponential", 0.05)])
def test_a_schedule_spreads_over_the_whole_run(schedule, end):
    optimizer = build(SMALL.replace(learning_rate_schedule=schedule, learning_rate=2e-3)).optimizer
    assert float(optimizer.learning_rate) == pytest.approx(2e-3)
    optimizer.iterations.assign(100)
    assert float(optimizer.learning_rate) == pytest.approx(end * 2e-3)


def test_the_outputs_are_probabilities():
    built = build(SMALL)
    probabilities = built(np.random.default_rng(0).random((5, 8, 8, 1)).astype("float32")).numpy()
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert probabilities.min() >= 0


@pytest.mark.parametrize(("model", "shape"), [(SMALL, (8, 8, 1)), (TEXT, (7,))])
def test_the_same_seed_makes_the_same_weights_and_another_seed_others(model, shape):
    first, again, other = (build(model, shape, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_augmentation_changes_pictures_in_training_only():
    built = build(SMALL.replace(data_augmentation=True, first_hidden_layer_dropout=0.0))
    image = np.random.default_rng(0).random((1, 8, 8, 1)).astype("float32")
    assert np.array_equal(built(image, training=False), built(image, training=False))
    assert not np.array_equal(built(image, training=True), built(image, training=True))
    assert not [layer for layer in built.layers if "flip" in type(layer).__name__.lower()]


def test_weights_are_pulled_down_where_l2_is_set():
    assert not build(SMALL).losses
    assert len(build(SMALL.replace(l2=1e-3)).losses) == 3


def test_dropout_and_normalization_take_their_settings():
    model = SMALL.replace(
        num_layers_hidden=2, first_hidden_layer_dropout=0.3, dropout_decrease=0.3, batch_normalization=True
    )
    built = build(model)
    assert built.get_layer("dropout_1").rate == 0.3
    assert built.get_layer("norm_1").momentum == model.batch_normalization_momentum
    assert "dropout_2" not in [layer.name for layer in built.layers]


@pytest.mark.parametrize("field", ["optimizer", "learning_rate_schedule", "activation", "kernel_initializer"])
def test_an_unknown_word_is_refused(field):
    with pytest.raises(ValueError, match="sideways"):
        build(SMALL.replace(**{field: "sideways"}))


def linear(model, shape, classes, *, seed, total_steps):
    """A builder of one's own: not compiled."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(keras.layers.Flatten()(inputs)))


def linear_by_sgd(model, shape, classes, *, seed, total_steps):
    built = linear(model, shape, classes, seed=seed, total_steps=total_steps)
    built.compile(optimizer=keras.optimizers.SGD(0.25))
    return built


@pytest.mark.parametrize(("builder", "optimizer"), [(linear, "Adam"), (linear_by_sgd, "SGD")])
def test_a_builder_of_ones_own_is_trained_like_any_other(builder, optimizer):
    register_builder("linear", builder)
    built = build_own_model("linear", SMALL, (8, 8, 1), 3, seed=0, total_steps=10)
    assert type(built.optimizer).__name__ == optimizer
    logs = built.train_on_batch(np.zeros((4, 8, 8, 1)), np.array([0, 1, 2, 0]), return_dict=True)
    assert {"loss", "accuracy", "cross_entropy"} <= set(logs)


def test_a_sequential_model_becomes_one_that_tells_its_graph():
    layers = [keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax")]
    register_builder("sequential", lambda model, shape, *_, **__: keras.Sequential([keras.Input(shape), *layers]))
    built = build_own_model("sequential", SMALL, (8, 8, 1), 3, seed=0, total_steps=10)
    assert built.input.shape == (None, 8, 8, 1)
    assert built.layers[1:] == layers


def test_a_builder_that_misses_the_classes_is_refused():
    register_builder("wrong", lambda *args, **settings: linear(SMALL, (8, 8, 1), 2, seed=0, total_steps=1))
    with pytest.raises(ValueError, match=r"wrong must return a keras.Model, .*whose output is \(None, 3\)"):
        build_own_model("wrong", SMALL, (8, 8, 1), 3, seed=0, total_steps=10)
    with pytest.raises(ValueError, match="no plugin has registered the model builder 'absent'"):
        build_own_model("absent", SMALL, (8, 8, 1), 3, seed=0, total_steps=10)


class Subclassed(keras.Model):
    """A model that tells no graph."""

    def call(self, pictures):
        return pictures


def test_a_builder_of_a_model_without_a_graph_or_with_two_inputs_is_refused():
    register_builder("subclassed", lambda *args, **settings: Subclassed())
    with pytest.raises(ValueError, match=r"must return a keras\.Model, Functional or Sequential"):
        build_own_model("subclassed", SMALL, (8, 8, 1), 3, seed=0, total_steps=10)
    pair = [keras.Input((3,)), keras.Input((3,))]
    register_builder("pair", lambda *args, **settings: keras.Model(pair, keras.layers.Add()(pair)))
    with pytest.raises(ValueError, match="must return a model of one input; it has 2"):
        build_own_model("pair", SMALL, (3,), 3, seed=0, total_steps=10)
