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
TILE_IN = 0.98
LINE_IN = 0.155
HEAT = "inferno"
STRENGTH, SHADE = 0.65, 0.75
"""How far the heat covers the picture where it is greatest, and how bright the picture below it is left."""


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
    words = [_in_words(answer) for answer in data.answers]
    left, foot = 0.98, 0.6 if _has_empty(data) else 0.4
    is_lines, said_lines = (1 + max(text.count("\n") for text in texts) for texts in zip(*words, strict=True))
    head = look.TOP + LINE_IN * (is_lines + said_lines)
    figure = look.new_figure(TITLE, data.subject, height=head + tall + foot, left=0, right=0)
    width_in, height_in = figure.get_size_inches()
    box = (left / width_in, foot / height_in, columns * TILE_IN / width_in, tall / height_in)
    axes = figure.add_axes(box)
    mosaic = draw_mosaic(axes, tiles)
    axes.set_anchor("NW")
    axes.set_yticks(mosaic.y, titles)
    axes.tick_params(length=0)
    for x, answer, lines in zip(mosaic.x, data.answers, words, strict=True):
        _write(axes, x, lines, 4 + LINE_IN * 72 * said_lines, right=answer.true == answer.said)
    look.note(figure, _note(data))
    return figure


def _note(data: GradCamPlot) -> str:
    scale = "Dark: nothing, bright: most; each picture has its own scale."
    empty = "Where a Grad-CAM has no colour, nothing in its layer spoke for the answer."
    return f"{scale} {empty}" if _has_empty(data) else scale


def _has_empty(data: GradCamPlot) -> bool:
    return data.heat is not None and not data.heat.any(axis=(1, 2)).all()


def _overlaid(pictures: Array, heat: Array) -> Array:
    """Heat over the picture in grey, the stronger the less is seen of it."""
    grey = SHADE * pictures.mean(axis=-1, keepdims=True)
    colour = colormaps[HEAT](heat / BYTE)[..., :3] * BYTE
    cover = STRENGTH * (heat / BYTE)[..., None] ** 0.5
    mixed: Array = np.round(grey * (1 - cover) + colour * cover).astype(np.uint8)
    return mixed


def _in_words(answer: Answer) -> tuple[str, str]:
    """What it is and what was said, each in up to three lines that are no wider than a tile."""
    mark = "✓" if answer.true == answer.said else "✗"
    is_line, said_line = (
        "\n".join(textwrap.wrap(text, 14, max_lines=3, placeholder="…"))
        for text in (f"is {answer.true}", f"{mark} {answer.said}, {answer.probability:.0%}")
    )
    return is_line, said_line


def _write(axes: Axes, x: float, lines: tuple[str, str], above: float, *, right: bool) -> None:
    """Over a column. above: points from the column to what it is, which stands over what was said."""
    is_line, said_line = lines
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
