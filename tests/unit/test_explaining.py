"""Explanations are exact where the answer is known, and exist for every model of the search space."""

import keras
import numpy as np
import pytest

from optimization.engine import ModelConfig
from optimization.engine.blueprint import example_shape
from optimization.engine.datasets import find_dataset
from optimization.engine.explaining import (
    grad_cam,
    integrated_gradients,
    layer_latencies,
    lstm_gates,
    lstm_traces,
    saliency,
)
from optimization.engine.model_builder import build_model
from tests.draws import random_draws

RNG = np.random.default_rng(0)
ACTIVATIONS = ["relu", "leaky_relu", "swish", "elu", "tanh", "sigmoid"]
SMALL = ModelConfig(filters_per_conv_layer=4, first_hidden_layer_nodes=8, vocab_size=30, embedding_dim=5, lstm_units=4)


def graph_of(*layers: keras.layers.Layer, inputs: keras.KerasTensor) -> keras.Model:
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x)


def mean_of_picture() -> keras.Model:
    """A network whose logits are the mean of the picture's positive values, and minus that."""
    conv, output = keras.layers.Conv2D(1, 1, activation="relu"), keras.layers.Dense(2, activation="softmax")
    model = graph_of(conv, keras.layers.GlobalAveragePooling2D(), output, inputs=keras.Input((4, 4, 1)))
    conv.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    output.set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])
    return model


def linear_reader(words: int, end: str) -> keras.Model:
    """Word vectors of length one, added up with a weight for each place."""
    layers = (keras.layers.Embedding(10, 1), keras.layers.Flatten(), keras.layers.Dense(2, activation=end))
    return graph_of(*layers, inputs=keras.Input((words,), dtype="int32"))


def recurrent(words: int, *layers: keras.layers.Layer) -> keras.Model:
    return graph_of(*layers, inputs=keras.Input((words, 3)))


def with_large_weights(model: keras.Model) -> keras.Model:
    """The same with weights three times as large, so that its gates open and close."""
    model.set_weights([3 * weight for weight in model.get_weights()])
    return model


def test_grad_cam_is_the_picture_where_the_class_is_its_mean():
    picture = RNG.normal(size=(1, 4, 4, 1))
    found = grad_cam(mean_of_picture(), picture, np.array([0]))
    positive = np.maximum(0, picture[..., 0])
    np.testing.assert_allclose(found.maps, positive / positive.max(), rtol=1e-5)


def test_grad_cam_shows_nothing_where_everything_speaks_against_the_class():
    assert not grad_cam(mean_of_picture(), RNG.random((1, 4, 4, 1)), np.array([1])).maps.any()


def test_grad_cam_reads_the_last_convolution_after_its_activation():
    for model, layer in ((SMALL, "activation_2"), (SMALL.replace(batch_normalization=False), "conv_2")):
        built = build_model(model, (8, 8, 1), 3, seed=1, total_steps=1)
        assert grad_cam(built, RNG.random((2, 8, 8, 1)), np.array([0, 2])).layer == layer


def test_a_model_without_convolutions_has_no_grad_cam_but_saliency():
    built = graph_of(keras.layers.Flatten(), keras.layers.Dense(3, activation="softmax"), inputs=keras.Input((4, 4, 1)))
    pictures, classes = RNG.random((2, 4, 4, 1)), np.array([0, 1])
    assert grad_cam(built, pictures, classes) is None
    assert saliency(built, pictures, classes).shape == (2, 4, 4)


def test_saliency_of_a_linear_model_is_the_size_of_its_weights():
    output = keras.layers.Dense(2, activation="softmax")
    built = graph_of(keras.layers.Flatten(), output, inputs=keras.Input((2, 2, 2)))
    sizes = np.abs(np.asarray(output.kernel)[:, 1]).reshape(2, 2, 2).max(-1)
    expected = np.minimum(1, sizes / np.percentile(sizes, 99))
    np.testing.assert_allclose(saliency(built, RNG.random((1, 2, 2, 2)), np.array([1]))[0], expected, rtol=1e-5)


@pytest.mark.parametrize("end", ["softmax", keras.layers.Softmax, keras.ops.softmax])
def test_a_word_of_a_linear_model_adds_its_vector_times_its_weight(end):
    model = linear_reader(4, end if isinstance(end, str) else "linear")
    embedding, dense = model.layers[1], model.layers[-1]
    if not isinstance(end, str):
        model = keras.Model(model.input, end()(model.output) if isinstance(end, type) else end(model.output))
    text = np.array([[0, 3, 7, 3]])
    vectors, kernel = np.asarray(embedding.embeddings)[:, 0], np.asarray(dense.kernel)
    expected = (vectors[text[0]] - vectors[0]) * (kernel[:, 1] - kernel[:, 0])
    found = integrated_gradients(model, text, np.array([1]), steps=4)
    np.testing.assert_allclose(found.words[0], expected, atol=1e-6)
    np.testing.assert_allclose(found.totals[0], expected.sum(), atol=1e-6)


def test_the_words_of_stacked_lstms_add_up_to_what_the_text_changes():
    model = SMALL.replace(use_bidirectional=True, num_layers_lstm=2)
    built = build_model(model, (20,), 3, seed=1, total_steps=1)
    for name, factor in (("embedding", 15), ("output", 4)):  # about as sure as a trained one
        layer = built.get_layer(name)
        layer.set_weights([factor * weight for weight in layer.get_weights()])
    texts = RNG.integers(1, 30, (3, 20))
    texts[0, :12] = 0
    found = integrated_gradients(built, texts, np.array([0, 1, 2]), steps=300)  # so few units have sharp bends
    assert not found.words[0, :12].any()
    largest = np.abs(found.totals[:, 1]).max()
    assert largest > 0.3
    np.testing.assert_allclose(found.totals[:, 0], found.totals[:, 1], atol=0.01 * largest)


def test_pictures_have_no_words():
    assert integrated_gradients(mean_of_picture(), RNG.random((1, 4, 4, 1)), np.array([0])) is None


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
def test_the_states_behind_the_gates_are_the_layers_own_output(backwards, use_bias):
    layer = keras.layers.LSTM(4, return_sequences=True, go_backwards=backwards, use_bias=use_bias)
    model = with_large_weights(recurrent(6, layer))
    inputs = RNG.normal(size=(6, 3)).astype(np.float32)
    own = np.asarray(model(inputs[None]))[0]
    trace = lstm_gates(layer, inputs)
    np.testing.assert_allclose(trace.states, own[::-1] if backwards else own, atol=1e-6)


def test_the_gates_of_both_directions_stand_side_by_side_in_the_order_of_the_words():
    layer = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))
    model = with_large_weights(recurrent(6, layer))
    inputs = RNG.normal(size=(6, 3)).astype(np.float32)
    trace = lstm_gates(layer, inputs)
    np.testing.assert_allclose(trace.states, np.asarray(model(inputs[None]))[0], atol=1e-6)
    assert trace.gates.shape == (4, 6, 8)
    assert trace.gates[:3].min() >= 0
    assert trace.gates[3].min() < 0


def test_the_trace_of_the_second_lstm_starts_from_what_the_first_said():
    built = build_model(SMALL.replace(num_layers_lstm=2), (7,), 3, seed=1, total_steps=1)
    text = RNG.integers(0, 30, 7)
    traces = lstm_traces(built, text)
    assert list(traces) == ["lstm_1", "lstm_2"]
    own = keras.Model(built.input, built.get_layer("lstm_2").output)(text[None])
    np.testing.assert_allclose(traces["lstm_2"].states, np.asarray(own)[0], atol=1e-6)


def test_a_masked_lstm_is_neither_traced_nor_attributed():
    layers = keras.layers.Embedding(10, 3, mask_zero=True), keras.layers.LSTM(4), keras.layers.Dense(2)
    model, text = graph_of(*layers, inputs=keras.Input((5,), dtype="int32")), np.array([0, 0, 1, 2, 3])
    assert lstm_traces(model, text) == {}
    assert integrated_gradients(model, text[None], np.array([1])) is None


def test_every_layer_but_the_input_has_a_latency_also_where_the_graph_branches():
    inputs = keras.Input((4, 4, 1))
    left = keras.layers.Conv2D(2, 3, padding="same")(inputs)
    joined = keras.layers.Add()([left, keras.layers.Conv2D(2, 1)(inputs)])
    model = keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(joined))
    seconds = layer_latencies(model, RNG.random((64, 4, 4, 1)).astype(np.float32))
    assert [taken is None for taken in seconds] == [True, False, False, False, False]
    assert all(0 < taken < 1 for taken in seconds[1:])


def test_a_layer_that_was_first_called_elsewhere_has_neither_latency_nor_grad_cam():
    shared, inputs = keras.layers.Conv2D(3, 3, padding="same"), keras.Input((4, 4, 3))
    shared(keras.Input((4, 4, 3)))
    model = keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(shared(inputs)))
    assert layer_latencies(model, RNG.random((64, 4, 4, 3)).astype(np.float32))[1] is None
    assert grad_cam(model, RNG.random((1, 4, 4, 3)), np.array([0])) is None


def test_a_sequential_model_has_latencies_too():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    assert all(taken > 0 for taken in layer_latencies(model, RNG.random((64, 4)).astype(np.float32)))


def test_attention_that_reads_one_tensor_twice_has_a_latency():
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, keras.layers.MultiHeadAttention(1, 2)(inputs, inputs))
    assert layer_latencies(model, RNG.random((64, 4, 3)).astype(np.float32))[1] > 0


def explained(model: ModelConfig, shape: tuple[int, ...], classes: int) -> list[np.ndarray]:
    built = build_model(model, shape, classes, seed=1, total_steps=10)
    asked = np.arange(2) % classes
    if len(shape) == 1:
        texts = RNG.integers(0, model.vocab_size, (2, *shape))
        found = integrated_gradients(built, texts, asked, steps=2)
        return [*found, *(trace.states for trace in lstm_traces(built, texts[0]).values())]
    pictures = RNG.random((2, *shape))
    return [grad_cam(built, pictures, asked).maps, saliency(built, pictures, asked)]


@pytest.mark.parametrize(("name", "words"), [("digits", None), ("toy_reviews", 5)])
def test_every_draw_is_explained(name, words):
    info = find_dataset(name)
    for suggestion in random_draws(name, 3, seed=0):
        shape = (words,) if words else example_shape(info.shape, suggestion.model)
        answers = explained(suggestion.model, shape, len(info.classes))
        assert len(answers) >= 2, suggestion.model
        assert all(np.isfinite(answer).all() and answer.any() for answer in answers), suggestion.model


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_explained(activation):
    pooled = ACTIVATIONS.index(activation) % 2 == 0
    model = SMALL.replace(activation=activation, use_global_pooling=pooled, batch_normalization=not pooled)
    cam, slopes = explained(model, (8, 8, 1), 3)
    assert np.isfinite(cam).all()
    assert slopes.max() == 1
