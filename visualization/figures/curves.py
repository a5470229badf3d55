"""One curve for each class against all others: what ROC and precision-recall curves share."""

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from . import look
from .answers import both_ends, read_answers
from .record import Array, TrialArrays

MOST_COLOURED = 6
"""Classes; of more, only the worst are named and the others drawn in grey."""
WORST = 3
POINTS = 120
"""Of a curve, at most: more than can be told apart on paper."""
_MANY_POINTS = 60


class Curve(NamedTuple):
    """x, y: (at most POINTS,), in [0, 1]. area: under all of the curve. positives: examples of the class."""

    name: str
    positives: int
    area: float
    x: Array
    y: Array


class Style(NamedTuple):
    """How a curve is drawn, and what the legend says of it; "" where it says nothing."""

    curve: Curve
    label: str
    kwargs: dict[str, Any]


class Rates(NamedTuple):
    """At every threshold, falling: the shares of the others, and of the class, that score as much. From 0 to 1."""

    positives: int
    negatives: int
    false: Array
    true: Array


@functools.lru_cache(maxsize=1)
def rates_by_class(arrays: TrialArrays) -> dict[int, Rates]:
    """Of each class with examples. Kept, since two plots need them and sorting takes long. Raises NotRecorded."""
    answers = read_answers(arrays)
    return {int(k): _rates(answers.labels == k, answers.probabilities[:, k]) for k in np.unique(answers.labels)}


def _rates(positive: Array, scores: Array) -> Rates:
    from sklearn.metrics import roc_curve

    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not negatives:
        return Rates(positives, 0, np.zeros(positives + 1), np.linspace(0, 1, positives + 1))
    false, true, _ = roc_curve(positive, scores, drop_intermediate=False)
    return Rates(positives, negatives, false, true)


def draw_crowd(axes: Axes, styles: Sequence[Style], *, steps: bool = False) -> list[Style]:
    """Draw the curves that are not told apart, all at once; answers those left to draw.

    steps: each height holds until the next place, as in scikit-learn's display of precision and recall.
    """
    crowd = [style for style in styles if style.kwargs["color"] == look.FAINT]
    if crowd:
        lines = [np.column_stack([style.curve.x, style.curve.y]) for style in crowd]
        if steps:
            lines = [np.column_stack([line[:, 0].repeat(2)[1:], line[:, 1].repeat(2)[:-1]]) for line in lines]
        kwargs = {name: value for name, value in crowd[0].kwargs.items() if name != "color"}
        axes.add_collection(LineCollection(lines, colors=look.FAINT, label=crowd[0].label, **kwargs), autolim=False)
    return list(styles[len(crowd) :])


def thinned(x: Array, y: Array, classes: int) -> tuple[Array, Array]:
    """Points of a curve evenly by its length, its ends among them."""
    most = POINTS if classes <= MOST_COLOURED else _MANY_POINTS
    if len(x) <= most:
        return x, y
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    kept = np.unique(np.searchsorted(length, np.linspace(0, length[-1], most)))
    return x[kept], y[kept]


def styled(curves: Sequence[Curve]) -> list[Style]:
    """How to draw these curves, which are sorted by rising area: what is drawn last lies on top."""
    if len(curves) <= MOST_COLOURED:
        return [
            Style(curve, label_of(curve), {"color": look.CYCLE[i], "linewidth": 1.4}) for i, curve in enumerate(curves)
        ]
    rest = curves[WORST:]
    low, high = rounded(rest[0].area), rounded(rest[-1].area)
    label = f"{len(rest)} other classes, {low}" + (f" to {high}" if high != low else "")
    grey = {"color": look.FAINT, "linewidth": 0.6, "alpha": 0.7 if len(rest) < 30 else 0.4}
    styles = [Style(curve, label if i == 0 else "", grey) for i, curve in enumerate(rest)]
    return styles + [
        Style(curve, label_of(curve), {"color": look.CYCLE[i + 1], "linewidth": 1.2})
        for i, curve in enumerate(curves[:WORST])
    ]


def label_of(curve: Curve) -> str:
    return f"{both_ends(curve.name, 22)}, {rounded(curve.area)}"


def rounded(area: float) -> str:
    """Three decimals, which claim no perfection that is none."""
    return "> 0.999" if 0.9995 <= area < 1 else f"{area:.3f}"
