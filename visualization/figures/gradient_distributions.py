"""How large the gradients of each layer's weights are, at the initial weights and at the end."""

import math
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import TrialArrays
from .ridges import Ridge, chosen, draw_ridges, how_many

TITLE = BY_NAME["gradient_distributions"].title
VANISHED = -7
"""log10 of a mean gradient below which weights do not learn (SageMaker Debugger's rule)."""


class GradientDistributions(NamedTuple):
    """ridges: edges are log10 of a gradient's size; note: its share of zeros, initial → final."""

    subject: str
    ridges: list[Ridge]


def prepare(arrays: TrialArrays) -> GradientDistributions:
    counts = arrays.require("gradient_histogram", "gradients were not probed")
    edges, zeros = arrays.require("gradient_bins"), arrays.require("gradient_zero_share")
    ridges = [
        Ridge(str(name), edges, counts[0, i], counts[-1, i], f"{_percent(zeros[0, i])} → {_percent(zeros[-1, i])}")
        for i, name in enumerate(arrays.about["kernel_layers"])
    ]
    shown = chosen(ridges)
    return GradientDistributions(
        f"{arrays.subject}, {how_many(len(shown), len(ridges))}, probe batches of validation data", shown
    )


def draw(data: GradientDistributions) -> Figure:
    figure, axes = draw_ridges(
        TITLE, data.subject, data.ridges, xlabel="size of a weight's gradient, |∂loss/∂w|", heading="zero gradients"
    )
    low, high = _decades(data.ridges)
    ticks = range(low, high + 1, max(1, round((high - low) / 7)))
    axes.set_xlim(low, high)
    axes.set_xticks(list(ticks), [look.power_of_ten(tick) for tick in ticks])
    if low < VANISHED < high:
        axes.axvline(VANISHED, color=look.POOR, linewidth=0.9, linestyle="--", label="hardly learns left of this")
    look.legend_row(figure, axes)
    return figure


def _decades(ridges: list[Ridge]) -> tuple[int, int]:
    """The powers of ten between which all but a few gradients lie."""
    both = [(ridge.edges, ridge.initial + ridge.final) for ridge in ridges]
    used = [np.flatnonzero(counts > 5e-4 * counts.sum()) for _, counts in both]
    lows = [edges[bins[0]] for (edges, _), bins in zip(both, used, strict=True) if bins.size]
    highs = [edges[bins[-1] + 1] for (edges, _), bins in zip(both, used, strict=True) if bins.size]
    return (math.floor(min(lows)), math.ceil(max(highs))) if lows else (-8, 0)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if np.isfinite(share) else "?"
