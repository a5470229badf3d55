"""A few validation examples with the three likeliest answers to each."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import gallery, look
from .answers import both_ends, percent, readable
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["predictions"].title

TOP = 3
COLUMNS = 2
BARS_IN, PICTURE_IN = 2.15, 0.95
TEXT_IN, TEXT_BARS_IN = 4.4, 2.1


class Guess(NamedTuple):
    name: str
    probability: float
    is_true: bool


class Sample(NamedTuple):
    """picture: a PNG as data URI, "" of a text; text: "" of a picture. guesses: the likeliest first."""

    picture: str
    text: str
    label: str
    guesses: list[Guess]


class Predictions(NamedTuple):
    subject: str
    samples: list[Sample]


def prepare(arrays: TrialArrays) -> Predictions:
    labels = arrays.require("sample_labels", "no sample examples were recorded")
    probabilities = arrays.require("sample_probabilities", "no sample examples were recorded")
    if not np.isfinite(probabilities).all():
        raise NotRecorded("the model's answers are not finite numbers: its weights left the numbers in training")
    pictures, told = arrays.get("sample_images"), arrays.about["samples"]
    names = arrays.class_names
    samples = [
        Sample(
            picture="" if pictures is None else gallery.as_png(pictures[index]),
            text=readable(told[index].get("words", [])),
            label=names[label],
            guesses=likeliest(probabilities[index], int(label), names),
        )
        for index, label in enumerate(labels)
    ]
    return Predictions(f"{arrays.subject}, {len(samples)} validation examples", samples)


def likeliest(probabilities: Array, label: int, names: list[str]) -> list[Guess]:
    """The TOP answers to one example; of equally likely ones those of the lower class number."""
    order = np.argsort(-probabilities, kind="stable")[:TOP]
    return [Guess(names[index], float(probabilities[index]), int(index) == label) for index in order]


def draw(data: Predictions) -> Figure:
    return _pictures(data) if data.samples[0].picture else _texts(data)


def _pictures(data: Predictions) -> Figure:
    rows, row_in = -(-len(data.samples) // COLUMNS), PICTURE_IN + 0.45
    height = look.TOP + 0.1 + rows * row_in
    figure = look.new_figure(TITLE, data.subject, height=height)
    pitch = (look.WIDTH - 0.14) / COLUMNS
    for index, sample in enumerate(data.samples):
        row, column = divmod(index, COLUMNS)
        left, top = 0.12 + column * pitch, height - look.TOP - row * row_in
        _heading(figure, sample, left, top + 0.05, 44)
        box = _box(figure, left, top - 0.12 - PICTURE_IN, PICTURE_IN, PICTURE_IN)
        gallery.show(figure.add_axes(box, anchor="W"), sample.picture)
        _guesses(figure.add_axes(_box(figure, left + PICTURE_IN + 0.08, top - 0.12 - PICTURE_IN, BARS_IN, PICTURE_IN)),
                 sample.guesses, BARS_IN)  # fmt: skip
    return figure


def _texts(data: Predictions) -> Figure:
    row_in = 0.85
    height = look.TOP + 0.1 + len(data.samples) * row_in
    figure = look.new_figure(TITLE, data.subject, height=height)
    for index, sample in enumerate(data.samples):
        top = height - look.TOP - index * row_in
        _heading(figure, sample, 0.12, top + 0.05, 60)
        shown = gallery.wrapped(sample.text or "(no words)", TEXT_IN, 3)
        figure.text(0.12 / look.WIDTH, (top - 0.13) / height, shown, size=look.SMALL, va="top", linespacing=1.3)
        rows_in = 0.2 * len(sample.guesses)
        box = _box(figure, 0.12 + TEXT_IN + 0.2, top - 0.08 - rows_in, TEXT_BARS_IN, rows_in)
        _guesses(figure.add_axes(box), sample.guesses, TEXT_BARS_IN)
    return figure


def _box(figure: Figure, left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Inches as shares of the figure."""
    full_width, full_height = figure.get_size_inches()
    return left / full_width, bottom / full_height, width / full_width, height / full_height


def _heading(figure: Figure, sample: Sample, left: float, top: float, most: int) -> None:
    right = sample.guesses[0].is_true
    width, height = figure.get_size_inches()
    line = f"label: {both_ends(sample.label, most - 22)}, answered {'right' if right else 'wrong'}"
    colour = look.GREEN if right else look.VERMILION
    figure.text(left / width, top / height, line, size=look.TEXT, va="top", color=colour)


def _guesses(axes: Axes, guesses: list[Guess], width_in: float) -> None:
    """Bars from 0 to 1 with the names on them."""
    for row, guess in enumerate(guesses):
        colour = look.GREEN if guess.is_true else look.VERMILION if row == 0 else look.FAINT
        axes.barh(row, guess.probability, color=colour, alpha=0.35, height=0.8)
        name = both_ends(guess.name, int(width_in * 14.5) - 7)
        axes.text(0.02, row, name, size=look.SMALL, va="center")
        axes.text(0.98, row, percent(guess.probability), size=look.SMALL, va="center", ha="right")
    axes.set(xlim=(0, 1), ylim=(len(guesses) - 0.5, -0.5))
    look.bare(axes)
    axes.spines["left"].set_visible(True)
