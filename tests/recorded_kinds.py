"""What the trials are that `recorded_trials.py` makes up: their data, layers and size."""

from typing import NamedTuple

import numpy as np

from optimization.engine.datasets import class_names

SAMPLES = 6
WORDS = 200
WORST = 12
FEATURES = 64


class Layer(NamedTuple):
    """units: those that can die; 0 where there are none. maps: side of its feature maps, 0 where it has none."""

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    units: int = 0
    maps: int = 0
    activation: str = "relu"


class Kind(NamedTuple):
    seed: int
    dataset_name: str
    class_names: tuple[str, ...]
    layers: tuple[Layer, ...]
    examples: int
    epochs: int
    batches_per_epoch: int
    final_loss: float
    blur: float
    """How far an example strays from its class, against the distance between classes."""
    side: int = 0
    channels: int = 0


def _convolutions(side: int, channels: int, filters: tuple[int, ...], classes: int) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for index, width in enumerate(filters):
        name = "conv2d" if index == 0 else f"conv2d_{index}"
        layers.append(Layer(name, "Conv2D", (side, side, width), 9 * channels * width + width, width, side))
        channels = width
        if index % 2 or len(filters) < 4:
            side //= 2
            layers.append(Layer(f"max_pooling2d_{index}", "MaxPooling2D", (side, side, width), 0))
    flat = side * side * channels
    return (
        *layers,
        Layer("flatten", "Flatten", (flat,), 0),
        Layer("dense", "Dense", (FEATURES,), flat * FEATURES + FEATURES, FEATURES),
        Layer("dropout", "Dropout", (FEATURES,), 0),
        Layer("dense_1", "Dense", (classes,), FEATURES * classes + classes),
    )


_LSTM = (
    Layer("embedding", "Embedding", (WORDS, 64), 640_000),
    Layer("bidirectional", "Bidirectional", (WORDS, 64), 24_832, 64, 0, "tanh"),
    Layer("bidirectional_1", "Bidirectional", (64,), 24_832, 64, 0, "tanh"),
    Layer("dense", "Dense", (FEATURES,), 4160, FEATURES),
    Layer("dense_1", "Dense", (2,), 130),
)

KINDS = {
    "image": Kind(
        11, "digits", class_names.DIGITS, _convolutions(28, 1, (16, 32), 10), 1000, 12, 40, 0.11, 0.5,
        side=28, channels=1,
    ),
    "colour": Kind(
        12, "cifar100", class_names.CIFAR100, _convolutions(32, 3, (32, 32, 64, 64, 96, 96), 100), 10_000, 20, 156,
        1.4, 0.9, side=32, channels=3,
    ),
    "signs": Kind(
        13, "gtsrb", class_names.TRAFFIC_SIGNS, _convolutions(32, 3, (16, 32), 43), 3000, 8, 80, 0.3, 0.6,
        side=32, channels=3,
    ),
    "text": Kind(14, "toy_reviews", class_names.REVIEWS, _LSTM, 800, 10, 25, 0.25, 0.8),
    "poor": Kind(
        15, "digits", class_names.DIGITS, _convolutions(28, 1, (16, 32), 10), 200, 1, 6, np.nan, 3.0,
        side=28, channels=1,
    ),
}  # fmt: skip
"""image: ten digits. colour: a hundred classes. signs: 43 classes with long names, unevenly many. text: two classes of
reviews. poor: one epoch whose loss left the numbers, a dead layer, one answer to everything, and many keys absent."""


def kernels(of: Kind) -> list[Layer]:
    """The layers by kernel, named as a trial names them: an LSTM has two for each direction."""
    found = []
    for layer in of.layers:
        if layer.type == "Bidirectional":
            name = layer.name.replace("bidirectional", "lstm")
            parts = (name, f"{name} recurrent", f"backward_{name}", f"backward_{name} recurrent")
            found += [layer._replace(name=part, parameters=layer.parameters // 4) for part in parts]
        elif layer.parameters:
            found.append(layer)
    return found


def biased(of: Kind) -> list[str]:
    """Names of the layers with a bias, one for each direction."""
    return [k.name for k in kernels(of) if k.type != "Embedding" and not k.name.endswith("recurrent")]


def with_units(of: Kind) -> list[Layer]:
    return [layer for layer in of.layers if layer.units]


def with_maps(of: Kind) -> list[Layer]:
    return [layer for layer in of.layers if layer.maps]


def recurrent(of: Kind) -> list[Layer]:
    return [layer for layer in of.layers if layer.type == "Bidirectional"]
