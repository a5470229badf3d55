"""Precision against recall of each class against the rest."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .answers import read_answers, subject
from .catalog import BY_NAME
from .curves import Curve, Rates, Style, draw_crowd, label_of, rates_by_class, styled, thinned
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["precision_recall_curves"].title


class PrecisionRecallCurves(NamedTuple):
    """x: recall, y: precision; area: average precision. curves: by rising area; mean: over classes, None of one."""

    subject: str
    curves: list[Curve]
    mean: Curve | None
    mean_share: float
    """Precision of an answer by chance: the mean share of a class."""


def prepare(arrays: TrialArrays) -> PrecisionRecallCurves:
    answers = read_answers(arrays)
    wanted = np.flatnonzero(np.bincount(answers.labels, minlength=len(answers.names)))
    if not len(wanted):
        raise NotRecorded("there are no validation examples")
    found = rates_by_class(arrays)
    curves, heights = zip(
        *(_curve(answers.names[label], found[label], len(wanted)) for label in map(int, wanted)), strict=True
    )
    return PrecisionRecallCurves(
        subject=subject(arrays, len(answers.labels)),
        curves=sorted(curves, key=lambda curve: curve.area),
        mean=_mean(curves, heights) if len(curves) > 1 else None,
        mean_share=1 / len(wanted),
    )


_GRID = np.linspace(1, 0, 101)
"""Recalls, falling as the threshold rises: so scikit-learn has them, and its steps are right only so."""


def _curve(name: str, rates: Rates, classes: int) -> tuple[Curve, Array]:
    """The curve, and its precisions on _GRID."""
    recall = rates.true[::-1]
    right, wrong = (rates.true * rates.positives)[::-1], (rates.false * rates.negatives)[::-1]
    precision = right / np.maximum(right + wrong, 1)
    average = float(-np.sum(np.diff(recall) * precision[:-1]))  # a sum, as between points precision is no straight line
    precision[-1] = precision[-2]  # where nothing is said there is none
    x, y = thinned(recall, precision, classes)
    reached = len(recall) - 1 - np.searchsorted(recall[::-1], _GRID)  # the last threshold that finds so many
    return Curve(name, rates.positives, average, x, y), precision[reached]


def _mean(curves: tuple[Curve, ...], heights: tuple[Array, ...]) -> Curve:
    """Macro-average: each class counts alike."""
    area = float(np.mean([curve.area for curve in curves]))
    return Curve("mean of the classes", sum(c.positives for c in curves), area, _GRID, np.mean(heights, axis=0))


def draw(data: PrecisionRecallCurves) -> Figure:
    styles = styled(data.curves)
    if data.mean is not None:
        styles.append(Style(data.mean, label_of(data.mean), {"color": look.BLACK, "linewidth": 2.0}))
    side, left = 3.4, 0.65
    figure = look.new_figure(TITLE, data.subject, height=look.TOP + side + 0.6, left=left,
                             right=look.WIDTH - left - side)  # fmt: skip
    axes = figure.subplots()
    _plot(axes, data, styles)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1.03, 1), title="average precision",
                alignment="left", title_fontsize=look.SMALL)  # fmt: skip
    return figure


def _plot(axes: Axes, data: PrecisionRecallCurves, styles: list[Style]) -> None:
    from sklearn.metrics import PrecisionRecallDisplay

    label = f"guessing, {data.mean_share:.3f}"
    axes.axhline(data.mean_share, color=look.GREY, linewidth=0.8, linestyle=":", label=label)
    for style in draw_crowd(axes, styles, steps=True):
        PrecisionRecallDisplay(precision=style.curve.y, recall=style.curve.x).plot(
            ax=axes, curve_kwargs={**style.kwargs, "label": style.label or None}
        )
    axes.set(xlabel="recall (of its examples, found)", ylabel="precision (of its answers, right)")
    look.light_grid(axes, "both")
