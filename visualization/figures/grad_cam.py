"""Where in a picture the model found its answer: Grad-CAM and saliency of a few validation examples."""

import textwrap
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .mosaics import BYTE, as_bytes, coloured, draw_mosaic, in_colour, small
from .record import Array, TrialArrays

TITLE = BY_NAME["grad_cam"].title
MOST = 6
TILE_IN = 1.02
HEAT = "inferno"
STRENGTH = 0.65
"""How far the heat covers the picture where it is greatest."""


class Answer(NamedTuple):
    """What a picture is and what the model said, with its probability."""

    true: str
    said: str
    probability: float


class GradCamPlot(NamedTuple):
    """pictures (samples, height, width, channels) uint8; heat, saliency (samples, height, width) uint8, 255 is 1."""

    subject: str
    answers: list[Answer]
    pictures: Array
    layer: str
    heat: Array | None
    saliency: Array | None


def prepare(arrays: TrialArrays) -> GradCamPlot:
    pictures = arrays.require("sample_images", "the examples are no pictures")[:MOST]
    probabilities, names = arrays.require("sample_probabilities")[:MOST], arrays.class_names
    heat, saliency = arrays.get("grad_cam"), arrays.get("saliency")
    if heat is None and saliency is None:
        arrays.require("grad_cam", "neither Grad-CAM nor saliency could be computed for this model")
    said = probabilities.argmax(axis=1)
    return GradCamPlot(
        subject=f"{arrays.subject}, validation examples",
        answers=[
            Answer(names[label], names[guess], float(row[guess]))
            for label, guess, row in zip(arrays.require("sample_labels"), said, probabilities, strict=False)
        ],
        pictures=small(pictures),
        layer=str(arrays.about.get("grad_cam_layer") or ""),
        heat=None if heat is None else as_bytes(small(heat[:MOST]), 0, 1),
        saliency=None if saliency is None else as_bytes(small(saliency[:MOST]), 0, 1),
    )


def draw(data: GradCamPlot) -> Figure:
    """A column for each example; a row each for the picture, the heat over it, and the saliency."""
    pictures = in_colour(data.pictures)
    rows, titles = [pictures], ["picture"]
    if data.heat is not None:
        rows.append(_overlaid(pictures, data.heat))
        titles.append(f"Grad-CAM,\n{look.shorten(data.layer, 13)}")
    if data.saliency is not None:
        rows.append(coloured(data.saliency))
        titles.append("saliency")
    tiles = np.stack(rows)
    count, columns, height, width = tiles.shape[:4]
    tall = count * TILE_IN * height / width
    left, head = 0.98, look.TOP + 0.72
    figure = look.new_figure(TITLE, data.subject, height=head + tall + 0.5, left=left, right=0.1, bottom=0.5, top=head)
    axes = figure.subplots()
    full = figure.get_size_inches()
    axes.set_position((left / full[0], 0.5 / full[1], min(5.92, columns * TILE_IN) / full[0], tall / full[1]))
    mosaic = draw_mosaic(axes, tiles)
    axes.set_anchor("NW")
    axes.set_yticks(mosaic.y, titles)
    axes.tick_params(length=0)
    for x, answer in zip(mosaic.x, data.answers, strict=True):
        _answer(axes, x, answer)
    return figure


def _overlaid(pictures: Array, heat: Array) -> Array:
    """Heat over the picture in grey, the stronger the less is seen of it."""
    grey = pictures.mean(axis=-1, keepdims=True)
    colour = colormaps[HEAT](heat / BYTE)[..., :3] * BYTE
    cover = STRENGTH * (heat / BYTE)[..., None] ** 0.5
    mixed: Array = np.round(grey * (1 - cover) + colour * cover).astype(np.uint8)
    return mixed


def _answer(axes: Axes, x: float, answer: Answer) -> None:
    """Two lines each for what it is and what was said, above a column."""
    right = answer.true == answer.said
    is_line, said_line = (
        "\n".join(textwrap.wrap(text, 17, max_lines=2, placeholder="…"))
        for text in (f"is {answer.true}", f"{'✓' if right else '✗'} {answer.said}, {answer.probability:.0%}")
    )
    above = 5 + 11 * (1 + said_line.count("\n"))
    for line, lift, colour in ((said_line, 3, look.GOOD if right else look.POOR), (is_line, above, look.BLACK)):
        axes.annotate(
            line,
            (x, 1),
            (0, lift),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=look.SMALL,
            color=colour,
        )
