"""What a model's units and gradients do on fixed held-out examples, read while it trains. Never changes the model."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from .graphs import as_graph
from .health import GradientReadings, UnitReadings
from .health.constants import CONSTANTS

VALUES_KEPT = 4096
"""So many values of an activation, a gradient or a kernel stand for all of them in a histogram."""

SATURATING = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softsign": (-1.0, 1.0)}
"""Activations with two flat ends, and where these lie."""

TWO_SIDED = {*SATURATING, "linear", "softmax"}
"""Activations whose units have no silent side; all others are silent below zero."""

RECURRENT = (keras.layers.RNN, keras.layers.Bidirectional)
ACTIVATION_LAYERS = (
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ELU,
)


class UnitLayer(NamedTuple):
    """A layer whose output is that of units after their activation. activation: its name. output: a Keras tensor."""

    layer: keras.layers.Layer
    activation: str
    output: Any

    @property
    def is_recurrent(self) -> bool:
        return isinstance(self.layer, RECURRENT)


class LayerReading(NamedTuple):
    """One layer at one moment. values: some of its outputs. mean, std, zero_share: of all of them.

    picture: of the first example, the mean absolute output over channels (height, width), or over units (words,);
    None where the output has no positions.
    """

    units: UnitReadings
    values: np.ndarray
    mean: float
    std: float
    zero_share: float
    picture: np.ndarray | None


def unit_layers(model: keras.Model) -> list[UnitLayer]:
    """The layers after whose activation units can be watched, in the order of the signal; not the model's output.

    A layer that the model calls several times is left out: its units answer several questions.
    """
    calls = [node for nodes in model._nodes_by_depth.values() for node in nodes]
    found = []
    for layer in model.layers:
        outputs = [node.output_tensors[0] for node in layer._inbound_nodes if node in calls]
        if len(outputs) == 1 and outputs[0] is not model.output and (activation := _activation_of(layer)):
            found.append(UnitLayer(layer, activation, outputs[0]))
    return found


def _activation_of(layer: keras.layers.Layer) -> str:
    """The name of the activation that a layer ends in, "" where it ends in none."""
    if isinstance(layer, RECURRENT):
        return "tanh"
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if isinstance(layer, ACTIVATION_LAYERS) and name == "linear":
        return type(layer).__name__.lower()
    return "" if name == "linear" else name


class UnitProbe:
    """Reads what every unit does on fixed examples, through one graph."""

    def __init__(self, model: keras.Model, examples: np.ndarray) -> None:
        self.layers = unit_layers(model)
        self._examples = tf.constant(examples)
        if self.layers:
            watched = keras.Model(model.input, [each.output for each in self.layers])
            self._read = as_graph(lambda: self._statistics(watched(self._examples, training=False)))

    def read(self) -> list[LayerReading]:
        if not self.layers:
            return []
        return [_reading(layer, read) for layer, read in zip(self.layers, self._read(), strict=True)]

    def _statistics(self, outputs: Any) -> list[dict[str, tf.Tensor]]:
        many = outputs if isinstance(outputs, list | tuple) else [outputs]
        return [_unit_statistics(output, each) for output, each in zip(many, self.layers, strict=True)]


def _unit_statistics(output: tf.Tensor, layer: UnitLayer) -> dict[str, tf.Tensor]:
    """All that is kept of (examples, positions…, units)."""
    shape = output.shape.as_list()
    flat = tf.reshape(output, (-1, int(np.prod(shape[1:-1])), shape[-1]))
    between = tf.reduce_mean(tf.math.squared_difference(flat, tf.reduce_mean(flat, 0, keepdims=True)), (0, 1))
    size = tf.abs(flat)
    fires = (size if layer.activation in TWO_SIDED else flat) > 0.0
    statistics = {
        "fires": tf.reduce_mean(tf.cast(tf.reduce_any(fires, 1), tf.float32), 0),
        "between": tf.sqrt(between),
        "rms": tf.sqrt(tf.reduce_mean(tf.square(flat))),
        "strength": tf.reduce_mean(size, (0, 1)),
        "values": _some(flat),
        "mean": tf.reduce_mean(flat),
        "std": tf.math.reduce_std(flat),
        "zero_share": tf.reduce_mean(tf.cast(tf.equal(flat, 0.0), tf.float32)),
    }
    if layer.activation in SATURATING and not layer.is_recurrent:
        low, high = SATURATING[layer.activation]
        near = CONSTANTS.end_of_range * (high - low) / 2
        at_end = tf.logical_or(flat < low + near, flat > high - near)
        statistics["saturated"] = tf.reduce_mean(tf.cast(at_end, tf.float32), (0, 1))
    if len(shape) == 4:
        statistics["picture"] = tf.reduce_mean(tf.abs(output[0]), -1)
    elif len(shape) == 3:
        statistics["picture"] = tf.sqrt(tf.reduce_mean(tf.square(output[0]), -1))
    return statistics


def _reading(layer: UnitLayer, tensors: dict[str, tf.Tensor]) -> LayerReading:
    read = {name: tensor.numpy() for name, tensor in tensors.items()}
    rms = max(float(read["rms"]), np.finfo(np.float32).tiny)
    mean_strength = max(float(read["strength"].mean()), np.finfo(np.float32).tiny)
    units = UnitReadings(
        layer=layer.layer.name,
        type=type(layer.layer).__name__,
        activation=layer.activation,
        fires=read["fires"],
        spread=read["between"] / rms,
        strength=read["strength"] / mean_strength,
        saturated=read.get("saturated"),
    )
    return LayerReading(
        units=units,
        values=read["values"],
        mean=float(read["mean"]),
        std=float(read["std"]),
        zero_share=float(read["zero_share"]),
        picture=read.get("picture"),
    )


def trained_kernels(model: keras.Model) -> list[keras.Variable]:
    """The weight matrices that are trained; biases and scales are left out, their gradients say little."""
    return [variable for variable in model.trainable_variables if len(variable.shape) >= 2]


def trained_biases(model: keras.Model) -> list[keras.Variable]:
    return [variable for variable in model.trainable_variables if variable.name == "bias"]


def weight_name(variable: keras.Variable) -> str:
    """The layer's name, and which of its kernels where it has several: lstm_1, lstm_1 recurrent."""
    *layers, kind = variable.path.split("/")
    layer = next((name for name in reversed(layers) if not name.endswith("_cell")), layers[0] if layers else kind)
    layer = layer.removeprefix("forward_")  # Keras puts it before the one way of a layer that reads both
    return f"{layer} recurrent" if kind.startswith("recurrent") else layer


class GradientProbe:
    """The gradient of the data's loss for each kernel, on fixed batches, in inference mode.

    The penalty of L2 is left out: it would hide kernels that the data do not reach.
    """

    def __init__(self, model: keras.Model, batches: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        self._model = model
        self._kernels = trained_kernels(model)
        self.names = tuple(weight_name(kernel) for kernel in self._kernels)
        self._batches = [(tf.constant(x), tf.constant(y)) for x, y in batches]
        self.values: list[np.ndarray] = []
        """Some of the gradient of each kernel on the first batch, as last read."""
        self._gradients = as_graph(self._statistics)

    def read(self, epoch: int) -> GradientReadings:
        if not self._kernels:
            return GradientReadings(epoch, (), *(np.zeros(0) for _ in range(4)))
        means = []
        for number, (x, y) in enumerate(self._batches):
            numbers, values = self._gradients(x, y)
            means.append(numbers.numpy())
            if number == 0:
                self.values = [value.numpy() for value in values]
        norm, ratio, zero_share, mean_abs = np.mean(means, axis=0)
        return GradientReadings(epoch, self.names, norm, ratio, zero_share, mean_abs)

    def _statistics(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """(4, kernels): norm, ratio to the weights' norm, share of zeros, mean absolute value."""
        with tf.GradientTape() as tape:
            outputs = self._model(x, training=False)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, outputs))
        gradients = tape.gradient(loss, [kernel.value for kernel in self._kernels])
        rows, values = [], []
        for kernel, gradient in zip(self._kernels, gradients, strict=True):
            g, w = _touched(gradient, kernel.value)
            norm = tf.norm(g)
            zeros = tf.reduce_mean(tf.cast(tf.equal(g, 0.0), tf.float32))
            rows.append(tf.stack([norm, norm / (tf.norm(w) + 1e-30), zeros, tf.reduce_mean(tf.abs(g))]))
            values.append(_some(g))
        return tf.stack(rows, axis=1), values


def _touched(gradient: Any, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """A gradient and its weights; of an embedding the rows alone whose words occur."""
    if gradient is None:
        return tf.zeros_like(weights), weights
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient, weights
    words, places = tf.unique(gradient.indices)
    return tf.math.unsorted_segment_sum(gradient.values, places, tf.size(words)), tf.gather(weights, words)


class StepProbe:
    """How far one gradient step moves each kernel, relative to its size."""

    def __init__(self, model: keras.Model) -> None:
        self._kernels = trained_kernels(model)
        self._before: list[tf.Tensor] = []

    def before_step(self) -> None:
        self._before = [tf.identity(kernel.value) for kernel in self._kernels]

    def after_step(self) -> np.ndarray:
        """‖step‖/‖W‖ by kernel: (kernels,)."""
        ratios = [
            float(tf.norm(kernel.value - before) / (tf.norm(before) + 1e-30))
            for kernel, before in zip(self._kernels, self._before, strict=True)
        ]
        self._before = []
        return np.asarray(ratios)


def some_values(weights: keras.Variable) -> np.ndarray:
    """Up to VALUES_KEPT of the weights, evenly taken, as they are now."""
    some: np.ndarray = _some(weights.value).numpy()
    return some


def _some(values: tf.Tensor) -> tf.Tensor:
    """About VALUES_KEPT of (…, units), as many of each unit.

    At a stride that has no divisor in common with the number of units: at one that has, the same few units would
    be seen again and again.
    """
    units = values.shape[-1]
    to_coprime = [next(more for more in range(units + 1) if math.gcd(rest + more, units) == 1) for rest in range(units)]
    flat = tf.reshape(values, (-1,))
    stride = tf.maximum(1, tf.size(flat) // VALUES_KEPT)
    return flat[:: stride + tf.gather(to_coprime, stride % units)]
