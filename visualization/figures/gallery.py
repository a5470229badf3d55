"""Validation examples side by side, pictures or texts, with what is to be said of each."""

import base64
import io
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from . import look
from .record import Array

COLUMNS = 4
PICTURE_IN, LINE_IN = 1.25, 0.155
TEXT_IN = 4.5
NAME = 18
"""Characters of a class name in a line below a picture."""
MOST_TEXTS, TEXT_LINES = 8, 4
"""So many texts fill a page."""


class Entry(NamedTuple):
    """One example. picture: a PNG as data URI, "" where it has none; text: its words, "" for a picture.

    lines: what is said of it, at most three.
    """

    picture: str
    text: str
    lines: list[str]


def as_png(picture: Array) -> str:
    """uint8 (height, width, channels) as a data URI; what is neither grey nor RGB becomes grey."""
    shown = picture if picture.shape[-1] == 3 else picture.mean(-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(shown).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def show(axes: Axes, picture: str) -> None:
    """Draws what `as_png` made, its pixels as squares."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))))
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255)
    look.bare(axes)


def wrapped(text: str, width_in: float, lines: int) -> str:
    """A text in at most `lines` lines of small print, of which the last ends in … where words are left out."""
    characters = int(width_in * 14.5)
    found = textwrap.wrap(text, characters)
    if len(found) > lines:
        found[lines - 1] = look.shorten(f"{found[lines - 1]} {found[lines]}", characters)
    return "\n".join(found[:lines])


def draw(title: str, subject: str, entries: Sequence[Entry]) -> Figure:
    return _pictures(title, subject, entries) if entries[0].picture else _texts(title, subject, entries)


def _pictures(title: str, subject: str, entries: Sequence[Entry]) -> Figure:
    rows = -(-len(entries) // COLUMNS)
    cell_in = PICTURE_IN + 3 * LINE_IN + 0.22
    height = look.TOP + rows * cell_in
    figure = look.new_figure(title, subject, height=height)
    pitch = (look.WIDTH - 0.2) / COLUMNS
    for index, entry in enumerate(entries):
        row, column = divmod(index, COLUMNS)
        left, top = 0.12 + column * pitch, height - look.TOP - row * cell_in + 0.05
        box = (left / look.WIDTH, (top - PICTURE_IN) / height, PICTURE_IN / look.WIDTH, PICTURE_IN / height)
        show(figure.add_axes(box, anchor="SW"), entry.picture)
        _lines(figure, entry, left, top - PICTURE_IN - 0.05)
    return figure


def _texts(title: str, subject: str, entries: Sequence[Entry]) -> Figure:
    texts = [wrapped(entry.text or "(no words)", TEXT_IN, TEXT_LINES) for entry in entries]
    heights = [
        LINE_IN * max(len(entry.lines), text.count("\n") + 1) + 0.16 for entry, text in zip(entries, texts, strict=True)
    ]
    height = look.TOP + sum(heights)
    figure = look.new_figure(title, subject, height=height)
    top = height - look.TOP + 0.08
    for entry, text, used in zip(entries, texts, heights, strict=True):
        figure.text(0.12 / look.WIDTH, top / height, text, size=look.SMALL, va="top", linespacing=1.3)
        _lines(figure, entry, 0.12 + TEXT_IN + 0.15, top)
        top -= used
    return figure


def _lines(figure: Figure, entry: Entry, left: float, top: float) -> None:
    """Inches from the left and from below; all but the first line are grey."""
    width, height = figure.get_size_inches()
    for index, line in enumerate(entry.lines):
        y, colour = (top - index * LINE_IN) / height, look.GREY if index else look.BLACK
        figure.text(left / width, y, line, size=look.SMALL, va="top", color=colour)
