"""Which classes are taken for which, as counts and as shares; where classes are many, the worst pairs by name."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from . import look
from .answers import both_ends, count_confusions, percent, read_answers, subject
from .catalog import BY_NAME
from .record import Array, TrialArrays

TITLE = BY_NAME["confusion_matrix"].title

MOST_WITH_NUMBERS = 12
"""Classes; with more, numbers would not fit their cells."""
LISTED = 12
NAME, LINE = 30, 0.14
"""Characters and inches of a line in the list of confusions."""
LONGEST = 22
"""Characters of a name beside the large matrix: enough for "Speed limit (50 km/h)", whose end matters."""
MOST_IN_FULL_SIZE = 36
"""Names of more classes are set smaller, to stand closer."""
COLOURS = "Blues"
"""Starts at white: a hundred classes have ten thousand cells, nearly all of them empty."""


class Confusion(NamedTuple):
    """One pair of classes: `times` of the `of` examples of class `true` were called `said`."""

    true: str
    said: str
    times: int
    of: int


class ConfusionMatrix(NamedTuple):
    """counts: (C, C), true class by row, in the order of names. sorted_by: how names are ordered."""

    subject: str
    names: list[str]
    sorted_by: str
    counts: Array
    strongest: list[Confusion]


def prepare(arrays: TrialArrays) -> ConfusionMatrix:
    answers = read_answers(arrays)
    counts = count_confusions(answers)
    many = len(answers.names) > MOST_WITH_NUMBERS
    order = similar_together(counts) if many else np.arange(len(counts))
    return ConfusionMatrix(
        subject=subject(arrays, len(answers.labels)),
        names=[answers.names[index] for index in order],
        sorted_by="classes that are confused stand together" if many else "order of the data set",
        counts=counts[np.ix_(order, order)],
        strongest=strongest_confusions(counts, answers.names),
    )


def strongest_confusions(counts: Array, names: list[str], most: int = LISTED) -> list[Confusion]:
    """Pairs of classes by falling count, then by share of the true class, at most `most` and none that is empty."""
    off = counts * ~np.eye(len(counts), dtype=bool)
    totals = counts.sum(1)
    pairs = [(int(i), int(j)) for i, j in np.argwhere(off > 0)]
    pairs.sort(key=lambda pair: (-off[pair], totals[pair[0]], pair))
    return [Confusion(names[i], names[j], int(off[i, j]), int(totals[i])) for i, j in pairs[:most]]


def similar_together(counts: Array) -> Array:
    """An order of the classes in which those that are taken for each other are neighbours.

    Average linkage on 1 - share of mutual confusion, leaves ordered optimally.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    mutual = (shares + shares.T) / 2
    far = 1 - np.minimum(mutual, 1)
    np.fill_diagonal(far, 0)
    tree = linkage(squareform(far, checks=False), "average", optimal_ordering=True)
    return np.asarray(leaves_list(tree))


def draw(data: ConfusionMatrix) -> Figure:
    return _with_list(data) if len(data.names) > MOST_WITH_NUMBERS else _with_numbers(data)


def _shares(data: ConfusionMatrix) -> Array:
    """By row; a class without examples has none."""
    return np.asarray(data.counts / np.maximum(data.counts.sum(1, keepdims=True), 1))


def _with_numbers(data: ConfusionMatrix) -> Figure:
    from sklearn.metrics import ConfusionMatrixDisplay

    names = [both_ends(name, 16) for name in data.names]
    names_in = 0.075 * max(map(len, names))
    left, gap = 0.6 + names_in, 0.25
    side = min((look.WIDTH - left - 0.2 - gap) / 2, 0.5 + 0.75 * len(data.names))
    right = look.WIDTH - left - gap - 2 * side
    upright = names_in > side / len(data.names)
    bottom = 0.5 + (names_in if upright else 0.12)
    top = look.TOP + 0.22
    figure = look.new_figure(
        TITLE,
        data.subject,
        height=top + side + bottom,
        left=left,
        right=right,
        bottom=bottom,
        top=top,
        wspace=gap / side,
    )
    parts = (("% of the true class", 100 * _shares(data), ".0f"), ("counts", data.counts, "d"))
    for axes, (label, values, spelled) in zip(figure.subplots(1, 2), parts, strict=True):
        display = ConfusionMatrixDisplay(values, display_labels=data.names)
        size = min(look.TEXT, max(5.5, 72 * side / len(data.names) / 3.1))
        display.plot(
            ax=axes, cmap=COLOURS, colorbar=False, values_format=spelled, text_kw={"fontsize": size},
            im_kw={"vmin": 0, "vmax": max(1, values.max())},
        )  # fmt: skip
        for text, value in zip(display.text_.ravel(), data.counts.ravel(), strict=True):
            if value == 0:
                text.set_text("")  # so that the mistakes stand out
        axes.set(title=label, xlabel="said by the model", ylabel="")
        _frame(axes)
        look.label_classes(axes, "x", names, length_in=side)
        look.label_classes(axes, "y", names, length_in=side)
    figure.axes[0].set_ylabel("true class")
    figure.axes[1].set_yticklabels([])
    return figure


def _frame(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set_visible(True)


def _with_list(data: ConfusionMatrix) -> Figure:
    names = [both_ends(name, LONGEST) for name in data.names]
    letter_in = 0.073 if len(names) <= MOST_IN_FULL_SIZE else 0.056
    names_in = letter_in * max(map(len, names))
    left, right, bottom, top = 0.4 + names_in, 2.05, 0.45 + names_in, look.TOP + 0.05
    side = look.WIDTH - left - right
    height = top + side + bottom
    figure = look.new_figure(TITLE, f"{data.subject}; {data.sorted_by}", height=height, left=left, right=right,
                             bottom=bottom, top=top)  # fmt: skip
    axes = figure.subplots()
    # Under a square root a confusion of 4 % is as dark as a fifth of the scale, and so can be seen. Without
    # scikit-learn's display, which would label every class first: of a hundred that takes a tenth of a second.
    image = axes.imshow(100 * _shares(data), cmap=COLOURS, norm=PowerNorm(0.5, 0, 100))
    axes.set(xlabel="said by the model", ylabel="true class")
    _frame(axes)
    look.label_classes(axes, "x", names, length_in=side, most=LONGEST)
    look.label_classes(axes, "y", names, length_in=side, most=LONGEST)
    column = (look.WIDTH - right + 0.2) / look.WIDTH
    _list(figure, data.strongest, column, top, height)
    bar = figure.add_axes((column, 0.5 / height, 1.5 / look.WIDTH, 0.12 / height))
    figure.colorbar(image, cax=bar, orientation="horizontal", ticks=[0, 4, 25, 100])
    bar.set_xlabel("% of the true class", fontsize=look.SMALL)
    bar.tick_params(length=2)
    return figure


def _list(figure: Figure, pairs: list[Confusion], column: float, top: float, height: float) -> None:
    """The strongest confusions by name, as many as there is room for above the colours' bar."""
    y = height - top - 0.02  # inches from below
    heading = "Most often (true → said)" if pairs else "No mistakes"
    figure.text(column, y / height, heading, va="top", size=look.TEXT)
    y -= 0.26
    for pair in pairs:
        together = f"{pair.true} → {pair.said}"
        lines = [together] if len(together) <= NAME else [f"{both_ends(pair.true, NAME - 2)} →", pair.said]
        if y < 1.0 + LINE * (len(lines) + 1):
            return
        for line in lines:
            figure.text(column, y / height, both_ends(line, NAME), va="top", size=look.SMALL)
            y -= LINE
        share = f"{pair.times} of {pair.of}, {percent(pair.times / pair.of)}"
        figure.text(column, y / height, share, va="top", size=look.SMALL, color=look.GREY)
        y -= LINE + 0.06
