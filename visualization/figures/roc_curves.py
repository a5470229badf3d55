"""ROC curve of each class against the rest."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .answers import read_answers, subject
from .catalog import BY_NAME
from .curves import Curve, Rates, Style, draw_crowd, label_of, rates_by_class, styled, thinned
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["roc_curves"].title
CORNER = 0.1
"""False positive rate up to which the curves are drawn again, larger: good models differ nowhere else."""


class RocCurves(NamedTuple):
    """x: false positive rate, y: true positive rate. curves: by rising area; mean: over classes, None of two."""

    subject: str
    curves: list[Curve]
    mean: Curve | None


def prepare(arrays: TrialArrays) -> RocCurves:
    answers = read_answers(arrays)
    counts = np.bincount(answers.labels, minlength=len(answers.names))
    wanted = np.flatnonzero((counts > 0) & (counts < len(answers.labels)))
    if not len(wanted):
        raise NotRecorded("all validation examples are of one class")
    if len(answers.names) == 2:
        wanted = wanted[-1:]  # the other class has the same curve, mirrored
    found = rates_by_class(arrays)
    curves, rates = zip(
        *(_curve(answers.names[label], found[label], len(wanted)) for label in map(int, wanted)), strict=True
    )
    return RocCurves(
        subject=subject(arrays, len(answers.labels)),
        curves=sorted(curves, key=lambda curve: curve.area),
        mean=_mean(curves, rates) if len(curves) > 1 else None,
    )


_GRID = np.unique(np.concatenate([np.linspace(0, CORNER, 41), np.linspace(CORNER, 1, 46)]))


def _curve(name: str, rates: Rates, classes: int) -> tuple[Curve, Array]:
    """The curve, and its true positive rates on _GRID."""
    from sklearn.metrics import auc

    x, y = thinned(rates.false, rates.true, classes)
    curve = Curve(name, rates.positives, float(auc(rates.false, rates.true)), x, y)
    return curve, np.interp(_GRID, rates.false, rates.true)


def _mean(curves: tuple[Curve, ...], rates: tuple[Array, ...]) -> Curve:
    """Macro-average: each class counts alike."""
    area = float(np.mean([curve.area for curve in curves]))
    x = np.concatenate([[0], _GRID])
    y = np.concatenate([[0], np.mean(rates, axis=0)])
    return Curve("mean of the classes", sum(curve.positives for curve in curves), area, x, y)


def draw(data: RocCurves) -> Figure:
    styles = styled(data.curves)
    if data.mean is not None:
        styles.append(Style(data.mean, label_of(data.mean), {"color": look.BLACK, "linewidth": 2.0}))
    side, left, gap, bottom = 2.75, 0.65, 0.6, 0.6
    legend_in = 0.25 + 0.17 * -(-(sum(bool(style.label) for style in styles) + 1) // 2)
    figure = look.new_figure(
        TITLE, data.subject, height=look.TOP + side + bottom + legend_in, left=left, bottom=bottom + legend_in,
        right=look.WIDTH - left - gap - 2 * side, wspace=gap / side,
    )  # fmt: skip
    whole, corner = figure.subplots(1, 2)
    for axes in (whole, corner):
        _plot(axes, styles)
    corner.set(title="the left tenth, enlarged", xlim=(0, CORNER), ylim=(0, 1.005), ylabel="", aspect="auto")
    handles, labels = whole.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="lower left", ncols=2, title="area under the curve",
                  bbox_to_anchor=(left / look.WIDTH, 0.01), alignment="left", title_fontsize=look.SMALL)  # fmt: skip
    return figure


def _plot(axes: Axes, styles: list[Style]) -> None:
    from sklearn.metrics import RocCurveDisplay

    axes.plot([0, 1], [0, 1], color=look.GREY, linewidth=0.8, linestyle=":", label="guessing, 0.500")
    for style in draw_crowd(axes, styles):
        RocCurveDisplay(fpr=style.curve.x, tpr=style.curve.y).plot(
            ax=axes, curve_kwargs={**style.kwargs, "label": style.label or None}
        )
    if (legend := axes.get_legend()) is not None:
        legend.remove()
    axes.set(
        xlabel="false positive rate (others taken for it)",
        ylabel="true positive rate (recall)",
    )
    look.light_grid(axes, "both")
