"""How a layer's answer to one example changes while the model is trained."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .mosaics import BYTE, as_bytes, coloured, draw_mosaic, in_colour, small
from .record import Array, NotRecorded, TrialArrays
from .ridges import how_many
from .series import spread_choice
from .texts import word_room_in, word_span, word_ticks

TITLE = BY_NAME["activation_progression"].title
MOST_LAYERS = 6
MOST_MOMENTS = 9
TILE_IN = 0.62


class Layer(NamedTuple):
    """answers (moments, height, width) of a picture, (moments, words) of a text: uint8, 0 is the smallest answer of
    all, low, and 255 the largest, high."""

    name: str
    answers: Array
    low: float
    high: float


class ActivationProgression(NamedTuple):
    """epochs (moments,), 0 the initial weights. picture (height, width, channels) uint8, or the words of a text."""

    subject: str
    epochs: Array
    layers: list[Layer]
    picture: Array | None
    words: list[str]


def prepare(arrays: TrialArrays) -> ActivationProgression:
    of_words = arrays.modality == "text"
    kind, described = ("hidden_progress", "lstm_layers") if of_words else ("progression", "map_layers")
    recorded = {
        str(layer["name"]): arrays.get(f"{kind}_{index}") for index, layer in enumerate(arrays.about.get(described, []))
    }
    found = {name: array for name, array in recorded.items() if array is not None}
    if not found:
        raise NotRecorded("no layer's answer to one example was recorded epoch by epoch")
    moments = spread_choice(len(arrays.require("probe_epochs")), 40 if of_words else MOST_MOMENTS)
    words = [str(word) for word in arrays.about["samples"][0]["words"]] if of_words else []
    span = word_span(words)
    shown = [list(found)[i] for i in spread_choice(len(found), MOST_LAYERS)]
    return ActivationProgression(
        subject=f"{arrays.subject}, one validation example, {how_many(len(shown), len(found))}",
        epochs=arrays.require("probe_epochs")[moments],
        layers=[_layer(name, found[name][moments][:, span] if of_words else found[name][moments]) for name in shown],
        picture=None if of_words else small(arrays.require("sample_images")[:1])[0],
        words=words[span],
    )


def _layer(name: str, answers: Array) -> Layer:
    answers = answers if answers.ndim == 2 else small(answers)
    low, high = (float(np.nan_to_num(end(answers.astype(np.float32)))) for end in (np.nanmin, np.nanmax))
    return Layer(name, as_bytes(answers, low, high), low, high)


def draw(data: ActivationProgression) -> Figure:
    return _draw_text(data) if data.picture is None else _draw_picture(data, data.picture)


def _draw_picture(data: ActivationProgression, picture: Array) -> Figure:
    """A row for each layer, a column for each moment."""
    rows, gap, head, foot = len(data.layers), 0.1, look.TOP + 0.25, 0.35
    height = head + rows * (TILE_IN + gap) + foot
    figure = look.new_figure(TITLE, data.subject, height=height)
    full = figure.get_size_inches()
    for place, layer in enumerate(data.layers):
        bottom = height - head - (place + 1) * (TILE_IN + gap) + gap
        box = (1.35 / full[0], bottom / full[1], 5.6 / full[0], TILE_IN / full[1])
        axes = figure.add_axes(box)
        mosaic = draw_mosaic(axes, coloured(layer.answers)[None])
        axes.set_anchor("W")
        axes.set_yticks(mosaic.y, [f"{look.shorten(layer.name, 18)}\n{layer.low:.2g} … {layer.high:.2g}"])
        axes.tick_params(length=0)
        if place == 0:
            axes.xaxis.tick_top()
            axes.set_xticks(mosaic.x, _moment_names(data.epochs))
    look.note(figure, "Brightness: mean size of the answers of all channels, one scale for each layer.")
    _corner(figure, picture)
    return figure


def _corner(figure: Figure, picture: Array) -> None:
    """The picture itself, in the upper right corner."""
    width, height = figure.get_size_inches()
    side = 0.6
    axes = figure.add_axes(((width - side - 0.12) / width, 1 - (side + 0.1) / height, side / width, side / height))
    draw_mosaic(axes, in_colour(picture)[None, None])


def _draw_text(data: ActivationProgression) -> Figure:
    rows, block, gap, head, foot = len(data.layers), 1.5, 0.5, look.TOP + 0.15, word_room_in(data.words) + 0.1
    height = head + rows * block + (rows - 1) * gap + foot
    figure = look.new_figure(
        TITLE, data.subject, height=height, left=0.75, right=0.9, bottom=foot, top=head, hspace=gap / block
    )
    grid = figure.subplots(rows, 1, squeeze=False)[:, 0]
    for axes, layer in zip(grid, data.layers, strict=True):
        answers = layer.low + layer.answers / BYTE * (layer.high - layer.low)
        image = axes.imshow(answers, vmin=layer.low, vmax=layer.high, aspect="auto")
        shown = spread_choice(len(data.epochs), 6)
        axes.set_yticks(shown, [str(int(data.epochs[i])) for i in shown])
        axes.set(ylabel="epoch")
        axes.set_title(layer.name)
        axes.set_xticks([])
        look.colour_bar(figure, image, axes, "RMS of units")
    word_ticks(grid[-1], data.words)
    return figure


def _moment_names(epochs: Array) -> list[str]:
    return ["initial" if epoch == 0 else f"epoch {int(epoch)}" for epoch in epochs]
