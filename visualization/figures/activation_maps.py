"""What the channels of each layer find in a few pictures."""

import textwrap
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .mosaics import as_bytes, coloured, draw_mosaic, in_colour, small
from .record import Array, TrialArrays
from .ridges import how_many
from .series import spread_choice

TITLE = BY_NAME["activation_maps"].title
MOST_LAYERS = 6
CHANNELS = 10
TILE_IN = 0.5


class Layer(NamedTuple):
    """maps (samples, height, width, channels) uint8: 0 at the layer's lowest answer, low, 255 at its highest, high."""

    name: str
    channels: int
    maps: Array
    low: float
    high: float


class ActivationMaps(NamedTuple):
    """pictures (samples, height, width, channels) uint8; labels (samples,) the true class of each."""

    subject: str
    pictures: Array
    labels: list[str]
    layers: list[Layer]


def prepare(arrays: TrialArrays) -> ActivationMaps:
    arrays.require("maps_0", "the model has no layers with feature maps")
    described = arrays.about["map_layers"]
    shown = spread_choice(len(described), MOST_LAYERS)
    samples = min(len(arrays.require("maps_0")), 3 if len(shown) <= 3 else 2)  # more would be higher than a page
    layers = [_layer(described[i], arrays.require(f"maps_{i}")[:samples]) for i in shown]
    labels = arrays.require("sample_labels")[:samples]
    return ActivationMaps(
        subject=f"{arrays.subject}, validation examples, {how_many(len(shown), len(described))}",
        pictures=small(arrays.require("sample_images")[:samples]),
        labels=[arrays.class_names[label] for label in labels],
        layers=layers,
    )


def _layer(described: dict[str, object], maps: Array) -> Layer:
    """The channels that tell the most: whose answers differ most, within the pictures and between them."""
    maps = small(maps.astype(np.float32))
    spread = np.nan_to_num(maps.std(axis=(0, 1, 2)))
    best = np.argsort(-spread, kind="stable")[:CHANNELS]
    low, high = (float(np.nan_to_num(end)) for end in (np.nanmin(maps), np.nanmax(maps)))
    return Layer(
        str(described["name"]), int(str(described["channels"])), as_bytes(maps[..., best], low, high), low, high
    )


def draw(data: ActivationMaps) -> Figure:
    """A block for each layer: a row for each picture, a column for each channel."""
    samples, columns = len(data.pictures), CHANNELS
    block = samples * TILE_IN
    gap = 0.42
    layers = len(data.layers)
    figure = look.new_figure(
        TITLE, data.subject, height=look.TOP + 0.15 + layers * block + (layers - 1) * gap + 0.45, left=0, right=0
    )
    for place, layer in enumerate(data.layers):
        below_top = look.TOP + 0.15 + place * (block + gap)
        beside = _axes(figure, 1.2, below_top, TILE_IN, block)
        mosaic = draw_mosaic(beside, in_colour(data.pictures)[:, None])
        beside.set_yticks(
            mosaic.y, ["\n".join(textwrap.wrap(label, 14, max_lines=3, placeholder="…")) for label in data.labels]
        )
        beside.tick_params(axis="y", length=0)
        axes = _axes(figure, 1.85, below_top, columns * TILE_IN, block)
        draw_mosaic(axes, coloured(layer.maps.transpose(0, 3, 1, 2)))
        axes.set_anchor("W")
        axes.set_title(_heading(layer))
    look.note(figure, "Of each layer the channels that vary most; one scale of brightness for each layer.")
    return figure


def _axes(figure: Figure, left: float, below_top: float, width: float, height: float) -> Axes:
    """An axis at a place in inches from the figure's upper left corner."""
    full_width, full_height = figure.get_size_inches()
    bottom = 1 - (below_top + height) / full_height
    return figure.add_axes((left / full_width, bottom, width / full_width, height / full_height))


def _heading(layer: Layer) -> str:
    shown = layer.maps.shape[-1]
    size = "×".join(str(side) for side in layer.maps.shape[1:3])
    count = f"{shown} of {layer.channels} channels" if shown < layer.channels else f"{shown} channels"
    if layer.high == layer.low:
        return f"{look.shorten(layer.name, 24)}: {count}, {size}, all {layer.low:.3g}"
    return f"{look.shorten(layer.name, 24)}: {count}, {size}, dark {layer.low:.2g} … bright {layer.high:.2g}"
