"""Ridgelines: one distribution per layer, below each other, before and after training. Not a plot by itself."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .record import Array
from .series import spread_choice

MOST = 20
"""Layers of one picture; of more, some evenly chosen."""
PITCH_IN = 0.34
HEIGHT = 0.9
"""Of the highest hill, in rows."""


class Ridge(NamedTuple):
    """A layer's histograms: edges (bins + 1,), initial and final (bins,) counts. note: a number worth reading."""

    layer: str
    edges: Array
    initial: Array
    final: Array
    note: str


def chosen(ridges: Sequence[Ridge]) -> list[Ridge]:
    """All of them, or MOST from the first to the last."""
    return [ridges[i] for i in spread_choice(len(ridges), MOST)] if ridges else []


def how_many(shown: int, layers: int) -> str:
    return f"{layers} layer{'s' if layers != 1 else ''}" if shown == layers else f"{shown} of {layers} layers"


def draw_ridges(title: str, subject: str, ridges: Sequence[Ridge], *, xlabel: str, heading: str) -> tuple[Figure, Axes]:
    """A figure as high as it has layers, first layer on top. heading: above the notes at the right."""
    height = look.TOP_WITH_LEGEND + 0.75 + PITCH_IN * (len(ridges) + 0.5)
    figure = look.new_figure(
        title, subject, height=height, left=1.55, right=1.45, bottom=0.6, top=look.TOP_WITH_LEGEND + 0.15
    )
    axes = figure.subplots()
    for place, ridge in enumerate(ridges):
        _draw_one(axes, -place, ridge, labelled=place == 0)
    axes.set_yticks([-i for i in range(len(ridges))], [look.shorten(ridge.layer, 20) for ridge in ridges])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-len(ridges) + 0.75, HEIGHT + 0.05)
    axes.spines["left"].set_visible(False)
    axes.set(xlabel=xlabel)
    axes.grid(True, axis="x")
    _notes(axes, heading, ridges)
    return figure, axes


def _draw_one(axes: Axes, base: float, ridge: Ridge, *, labelled: bool) -> None:
    widths = np.diff(ridge.edges)
    densities = [counts / max(counts.sum(), 1) / widths for counts in (ridge.initial, ridge.final)]
    # A density that stands in one bin would flatten the other one: it may be cut off, but no lower than twice that.
    tops = sorted(float(density.max()) for density in densities)
    highest = min(tops[1], 2 * tops[0]) if tops[0] > 0 else tops[1]
    scale = HEIGHT / highest if highest > 0 else 0.0
    initial, final = (np.minimum(density * scale, HEIGHT) for density in densities)
    named = ("before training", "after training") if labelled else (None, None)
    line: Any = {"baseline": None, "linewidth": 0.9, "zorder": 3}
    axes.stairs(base + final, ridge.edges, baseline=base, fill=True, color=look.FINAL_FILL, label=named[1], zorder=2)
    axes.stairs(base + final, ridge.edges, color=look.FINAL, **line)
    axes.stairs(base + initial, ridge.edges, color=look.BLACK, label=named[0], **line)
    axes.axhline(base, color=look.FAINT, linewidth=0.5, zorder=1)


def _notes(axes: Axes, heading: str, ridges: Sequence[Ridge]) -> None:
    for place, ridge in enumerate(ridges):
        axes.text(1.02, -place + 0.1, ridge.note, transform=axes.get_yaxis_transform(), size=look.SMALL, va="bottom")
    axes.text(1.02, 1.02, heading, transform=axes.transAxes, size=look.SMALL, color=look.GREY, va="bottom")


def value_ridges(layers: Sequence[str], counts: Array, bins: Array) -> list[Ridge]:
    """Ridges of plain values. counts: (2, layers, bins), bins: (layers, bins + 1). note: standard deviations."""
    return [
        Ridge(str(name), bins[i], counts[0, i], counts[1, i], " → ".join(_deviation(bins[i], c[i]) for c in counts))
        for i, name in enumerate(layers)
    ]


def draw_values(title: str, subject: str, ridges: Sequence[Ridge], *, xlabel: str) -> Figure:
    """The picture of `value_ridges`, with the same axis for all layers."""
    figure, axes = draw_ridges(title, subject, ridges, xlabel=xlabel, heading="standard deviation")
    ends = np.array([_ends(ridge) for ridge in ridges])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    margin = 0.05 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    look.legend_row(figure, axes)
    return figure


def _deviation(edges: Array, counts: Array) -> str:
    middles, total = (edges[1:] + edges[:-1]) / 2, counts.sum()
    if not total:
        return "?"
    mean = (middles * counts).sum() / total
    deviation = float(np.sqrt((counts * (middles - mean) ** 2).sum() / total))
    return f"{deviation:#.2g}" if deviation > (edges[1] - edges[0]) / 2 else "0"


def _ends(ridge: Ridge) -> tuple[float, float]:
    """Between which all lie but what is quite rare."""
    both = ridge.initial / max(ridge.initial.sum(), 1) + ridge.final / max(ridge.final.sum(), 1)
    seen = np.flatnonzero(both > 1e-4)
    return (float(ridge.edges[seen[0]]), float(ridge.edges[seen[-1] + 1])) if seen.size else (0.0, 0.0)
