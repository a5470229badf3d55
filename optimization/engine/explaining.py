"""What a trained model looked at: pictures by Grad-CAM and saliency, texts by integrated gradients, LSTMs by gate.

Everything is computed in inference mode on a few examples, from the model itself: a Functional or a Sequential.
Of a model that lacks what a method needs the answer is None, never a made-up one.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from .evaluation import SMALLEST_PROBABILITY
from .graphs import as_graph

SALIENCY_TOP = 99
"""The percentile of a picture's saliency that is drawn as 1: a single pixel must not darken all others."""
LATENCY_CALLS, LATENCY_BUDGET_S = 5, 0.1
"""Each layer is called so often, or until it has taken so long."""
_CONVOLUTION = keras.layers.Conv2D | keras.layers.DepthwiseConv2D | keras.layers.SeparableConv2D
_KEEPS_MAPS = (
    keras.layers.Activation
    | keras.layers.Add
    | keras.layers.BatchNormalization
    | keras.layers.ELU
    | keras.layers.LayerNormalization
    | keras.layers.LeakyReLU
    | keras.layers.PReLU
    | keras.layers.ReLU
)
"""What may stand between a convolution and its activated output."""
_NOT_TIMED = keras.layers.InputLayer | keras.Model


class GradCam(NamedTuple):
    """maps: (S, H, W) float32 in [0, 1], what spoke for the class. layer: whose features they were read from."""

    maps: np.ndarray
    layer: str


class TokenAttribution(NamedTuple):
    """words: (S, words) float32, signed, in nats of log-odds; padding has exactly 0.

    totals: (S, 2) float32, the sum over the words, and what it should be: the log-odds of the text less
    those of a text of padding only. The nearer they are, the more exact the integral.
    """

    words: np.ndarray
    totals: np.ndarray


class LstmTrace(NamedTuple):
    """gates: (4, words, units) float32: input, forget and output gate in [0, 1], candidate in [-1, 1].

    states: (words, units) float32, the hidden state after each word. A layer that reads backwards has both in
    the order of the words, so what belongs to the first word was computed last. Of a Bidirectional the units
    that read forwards come first, then those that read backwards.
    """

    gates: np.ndarray
    states: np.ndarray


def grad_cam(model: keras.Model, images: np.ndarray, classes: np.ndarray) -> GradCam | None:
    """Where the last convolution found what speaks for a class.

    images: (S, H, W, channels) as the model takes them. classes: (S,) the class asked about, of each picture.
    The gradient is that of the logit, before the softmax, with respect to the features after their activation
    function. None without a convolution that looks at several places.
    Source: Selvaraju et al., Grad-CAM, ICCV 2017, equations 1 and 2.
    """
    layer = _last_map_layer(model)
    score = None if layer is None else _scores(model, model.inputs[0], layer.output)
    if layer is None or score is None:
        return None
    inputs = tf.constant(images, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        features, logits = score(inputs)
        chosen = tf.gather(logits, classes, batch_dims=1)
    weights = tf.reduce_mean(tape.gradient(chosen, features), axis=(1, 2), keepdims=True)
    cams = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1, keepdims=True))
    resized = tf.image.resize(cams, images.shape[1:3])[..., 0].numpy()
    return GradCam(_scaled(resized, resized.max(axis=(1, 2))), layer.name)


def saliency(model: keras.Model, images: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How much each pixel, changed a little, would move the logit of a class; (S, H, W) float32 in [0, 1].

    The largest absolute gradient over the channels; 1 is the picture's own 99th percentile and more.
    images, classes: as of grad_cam. Source: Simonyan et al., arXiv 1312.6034, section 3.
    """
    inputs, score = tf.constant(images, tf.float32), _Scores(model, model.inputs[0])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        chosen = tf.gather(score(inputs)[0], classes, batch_dims=1)
    slopes = tf.reduce_max(tf.abs(tape.gradient(chosen, inputs)), axis=-1).numpy()
    return _scaled(slopes, np.percentile(slopes, SALIENCY_TOP, axis=(1, 2)))


def integrated_gradients(
    model: keras.Model, texts: np.ndarray, classes: np.ndarray, steps: int = 32
) -> TokenAttribution | None:
    """What each word adds to the log-odds of a class, against a text of padding only.

    texts: (S, words) word numbers, 0 is padding. classes: (S,). The path is straight between the word vectors;
    `steps` points of Gauss and Legendre's rule stand for its integral. Log-odds, because the probability is flat
    where the model is sure and the logit has no zero. None where the model reads its text otherwise than through
    one embedding, as it does with a mask.
    Source: Sundararajan et al., Axiomatic Attribution for Deep Networks, ICML 2017; completeness: its proposition 1.
    """
    embedding = next((layer for layer in model.layers if isinstance(layer, keras.layers.Embedding)), None)
    if embedding is None or embedding.input is not model.inputs[0]:
        return None
    score = _scores(model, embedding.output)
    if score is None:
        return None
    points, weights = np.polynomial.legendre.leggauss(steps)
    shares = np.concatenate([[0.0, 1.0], (points + 1) / 2]).astype(np.float32)
    vectors, baseline = embedding(texts).numpy(), embedding(np.zeros_like(texts)).numpy()
    differences = vectors - baseline
    path = baseline[:, None] + shares[:, None, None] * differences[:, None]
    values, slopes = _along(path, classes, score)
    words = np.einsum("swd,snwd,n->sw", differences, slopes[:, 2:], weights / 2)
    totals = np.stack([words.sum(axis=1), values[:, 1] - values[:, 0]], axis=1)
    return TokenAttribution(words.astype(np.float32), totals.astype(np.float32))


def lstm_traces(model: keras.Model, text: np.ndarray) -> dict[str, LstmTrace]:
    """The trace of each LSTM of a model, one-way or Bidirectional, by the layer's name.

    text: (words,) one example. Empty where the model has none, and where it masks words, which is not followed.
    """
    layers = [layer for layer in model.layers if isinstance(_one_way(layer), keras.layers.LSTM)]
    if not layers or any(getattr(layer, "mask_zero", False) for layer in model.layers):
        return {}
    inputs = _values(model, [layer.input for layer in layers], text[np.newaxis])
    return {layer.name: lstm_gates(layer, np.asarray(given)[0]) for layer, given in zip(layers, inputs, strict=True)}


def lstm_gates(layer: keras.layers.Layer, inputs: np.ndarray) -> LstmTrace:
    """What an LSTM's gates did at each word of one example, computed again from its weights.

    layer: a built keras.layers.LSTM, or a Bidirectional of two. inputs: (words, values) what the layer sees.
    Source: Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000; Keras' order of kernels.
    """
    if isinstance(layer, keras.layers.Bidirectional):
        ways = [lstm_gates(way, inputs) for way in (layer.forward_layer, layer.backward_layer)]
        return LstmTrace(*(np.concatenate(parts, axis=-1) for parts in zip(*ways, strict=True)))
    cell, order = layer.cell, slice(None, None, -1 if layer.go_backwards else 1)
    recurrent = np.asarray(cell.recurrent_kernel)
    from_inputs = inputs[order] @ np.asarray(cell.kernel) + (np.asarray(cell.bias) if cell.use_bias else 0)
    state = carry = np.zeros(cell.units, np.float32)
    steps = []
    for from_input in from_inputs:
        into, forget, candidate, out = np.split(from_input + state @ recurrent, 4)
        into, forget, out = np.asarray(cell.recurrent_activation(np.stack([into, forget, out])))
        candidate = np.asarray(cell.activation(candidate))
        carry = forget * carry + into * candidate
        state = out * np.asarray(cell.activation(carry))
        steps.append((into, forget, out, candidate, state))
    traced = np.asarray(steps, np.float32).transpose(1, 0, 2)[:, order]
    return LstmTrace(traced[:4], traced[4])


def layer_latencies(model: keras.Model, example_batch: np.ndarray) -> list[float | None]:
    """Seconds that each layer of model.layers takes for the batch, alone, in inference mode.

    The median of a few calls through a graph of its own, so some tenths of a millisecond are the call itself,
    and the sum is more than the whole model takes. None for an input, for a model within the model, and for a
    layer that was first called elsewhere.
    """
    operations = keras.Model(model.inputs, model.outputs).operations  # which a Sequential does not tell
    made = {id(tensor) for operation in operations for tensor in keras.tree.flatten(operation.output)}
    needed = {layer.name: _inputs(layer) for layer in model.layers if not isinstance(layer, _NOT_TIMED)}
    here = {name: tensors for name, tensors in needed.items() if made.issuperset(tensors)}
    distinct = {key: tensor for tensors in here.values() for key, tensor in tensors.items()}
    values = dict(zip(distinct, _values(model, list(distinct.values()), example_batch), strict=True))
    return [
        _seconds(layer, [values[key] for key in here[layer.name]]) if layer.name in here else None
        for layer in model.layers
    ]


class _Scores:
    """A model as a function from a tensor inside it to others inside it and, last, to its logits.

    Where no softmax stands alone at its end, log-probabilities take the place of the logits.
    """

    def __init__(self, model: keras.Model, start: Any, *taps: Any) -> None:
        last = next((layer for layer in reversed(model.layers) if layer.output is model.outputs[0]), None)
        softmax = keras.activations.softmax
        alone = isinstance(last, keras.layers.Softmax) or getattr(last, "activation", None) is softmax
        self._dense = last if alone and isinstance(last, keras.layers.Dense) else None
        self._gives_probabilities = not alone
        end = last.input if last is not None and alone else model.outputs[0]
        self._graph = keras.Model(start, [*taps, end])

    def __call__(self, inputs: Any) -> list[Any]:
        *tapped, x = keras.tree.flatten(self._graph(inputs, training=False))
        if self._dense is not None:
            x = tf.matmul(x, self._dense.kernel) + (self._dense.bias if self._dense.use_bias else 0)
        elif self._gives_probabilities:
            x = tf.math.log(tf.maximum(x, SMALLEST_PROBABILITY))
        return [*tapped, x]


def _scores(model: keras.Model, start: Any, *taps: Any) -> _Scores | None:
    """None where the logits depend on more than `start`, or a tap on something else."""
    try:
        return _Scores(model, start, *taps)
    except ValueError:  # Keras' word for a graph with loose ends
        return None


def _along(path: np.ndarray, classes: np.ndarray, score: _Scores) -> tuple[np.ndarray, np.ndarray]:
    """The log-odds of a class at each point of each text's path, and their gradients.

    path: (S, points, words, values). A text at a time, which bounds the memory; through a graph, which is many
    times faster for a loop over words.
    """

    def log_odds(vectors: Any, chosen: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(vectors)
            (logits,) = score(vectors)
            asked = tf.one_hot(tf.fill(tf.shape(logits)[:1], chosen), logits.shape[-1], on_value=True, off_value=False)
            others = tf.reduce_logsumexp(tf.where(asked, -np.inf, logits), axis=1)
            odds = tf.gather(logits, chosen, axis=1) - others
        return odds, tape.gradient(odds, vectors)

    traced = as_graph(log_odds)
    parts = [traced(tf.constant(points), tf.constant(c, tf.int32)) for points, c in zip(path, classes, strict=True)]
    values, slopes = zip(*parts, strict=True)
    return np.stack(values), np.stack(slopes)


def _last_map_layer(model: keras.Model) -> keras.layers.Layer | None:
    """The last convolution that looks at several places, or what normalizes and activates its features."""
    convolutions = [
        index
        for index, layer in enumerate(model.layers)
        if isinstance(layer, _CONVOLUTION) and tuple(layer.output.shape[1:3]) != (1, 1)
    ]
    if not convolutions:
        return None
    found, *later = model.layers[convolutions[-1] :]
    for layer in later:
        if isinstance(layer, _KEEPS_MAPS) and layer.output.shape == found.output.shape:
            found = layer
    return found


def _values(model: keras.Model, tensors: list[Any], examples: np.ndarray) -> list[Any]:
    """What tensors inside a model are for some examples."""
    if not tensors:
        return []
    return list(keras.tree.flatten(_graph(model.inputs[0], tensors)(tf.constant(examples))))


def _graph(inputs: Any, outputs: Any) -> Callable[..., Any]:
    """Part of a model, drawn as a graph at its first call: without one, a loop over words is slow."""
    part = keras.Model(inputs, outputs)
    return as_graph(lambda given: part(given, training=False))


def _one_way(layer: keras.layers.Layer) -> keras.layers.Layer:
    return layer.forward_layer if isinstance(layer, keras.layers.Bidirectional) else layer


def _inputs(layer: keras.layers.Layer) -> dict[int, Any]:
    """The different tensors that a layer reads, by identity: attention reads one several times."""
    return {id(tensor): tensor for tensor in keras.tree.flatten(layer.input)}


def _seconds(layer: keras.layers.Layer, inputs: list[Any]) -> float:
    run = _graph(list(_inputs(layer).values()), layer.output)
    run(inputs)
    times: list[float] = []
    while len(times) < LATENCY_CALLS and sum(times) < LATENCY_BUDGET_S:
        start = time.perf_counter()
        keras.tree.map_structure(np.asarray, run(inputs))
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _scaled(values: np.ndarray, tops: np.ndarray) -> np.ndarray:
    """Each picture divided by its top and cut at 1; all zero where the top is."""
    safe = np.where(tops > 0, tops, 1)[:, None, None]
    return np.clip(values / safe, 0, 1).astype(np.float32)
