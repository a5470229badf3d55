"""The health metrics of a trial at its end, as a radar and as numbers."""

import textwrap
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import NotRecorded, TrialArrays

TITLE = BY_NAME["health_radar"].title
COLOURS = {"good": look.GOOD, "fair": look.DOUBTFUL, "poor": look.POOR}
MARKS = {"good": "o", "fair": "s", "poor": "v"}


class Metric(NamedTuple):
    """value: in [0, 1], larger is healthier, None where it was not measured; reason: why not."""

    name: str
    value: float | None
    verdict: str
    reason: str


class HealthRadar(NamedTuple):
    """extras: figures beside the six, as they are."""

    subject: str
    metrics: list[Metric]
    extras: dict[str, float]


def prepare(arrays: TrialArrays) -> HealthRadar:
    health = arrays.about.get("health") or {}
    metrics = [_metric(name, health.get(name) or {}) for name in arrays.about.get("metrics", [])]
    if all(metric.value is None for metric in metrics):
        raise NotRecorded("no health metric was measured")
    extras = {name: float(value) for name, value in (arrays.about.get("extras") or {}).items() if value is not None}
    return HealthRadar(f"{arrays.subject}, at the end of training", metrics, extras)


def _metric(name: str, found: dict[str, object]) -> Metric:
    value = found.get("value")
    return Metric(
        name=name.replace("_", " "),
        value=float(value) if isinstance(value, int | float) else None,
        verdict=str(found.get("verdict") or ""),
        reason=str(found.get("reason") or ""),
    )


def draw(data: HealthRadar) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=4.1, left=0.1, right=0.1, bottom=0.1, top=look.TOP)
    radar, table = figure.subplots(1, 2, width_ratios=(1, 1.05))
    _radar(radar, data.metrics)
    _table(table, data)
    return figure


def _radar(axes: Axes, metrics: list[Metric]) -> None:
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(metrics)) / len(metrics)
    around = np.linspace(0, 2 * np.pi, 121)
    for ring in (0.25, 0.5, 0.75, 1.0):
        axes.plot(ring * np.cos(around), ring * np.sin(around), color=look.GRID, linewidth=0.8, zorder=0)
        axes.text(0.02, ring, f"{ring:g}", size=look.SMALL, color=look.GREY, va="bottom", zorder=1)
    for angle, metric in zip(angles, metrics, strict=True):
        x, y = np.cos(angle), np.sin(angle)
        missing = metric.value is None
        axes.plot([0, x], [0, y], color=look.GRID, linewidth=0.8, linestyle=":" if missing else "-", zorder=0)
        words = metric.name.replace(" ", "\n") + ("\n(not measured)" if missing else "")
        side = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        axes.text(1.08 * x, 1.1 * y, words, ha=side, va="center" if abs(y) < 0.9 else "bottom" if y > 0 else "top",
                  size=look.SMALL, color=look.GREY if missing else look.BLACK, linespacing=1.05)  # fmt: skip
    _outline(axes, angles, metrics)
    axes.set(xlim=(-1.75, 1.75), ylim=(-1.6, 1.5), aspect="equal")
    axes.set_axis_off()


def _outline(axes: Axes, angles: np.ndarray, metrics: list[Metric]) -> None:
    """Neighbours are joined where both were measured: no line leads to or across a gap."""
    values = np.array([np.nan if metric.value is None else metric.value for metric in metrics])
    x, y = values * np.cos(angles), values * np.sin(angles)
    if np.isfinite(values).all():
        axes.fill(x, y, color=look.BLUE, alpha=0.18, linewidth=0)
    axes.plot(np.append(x, x[0]), np.append(y, y[0]), color=look.BLUE, linewidth=1.5)
    for metric, px, py in zip(metrics, x, y, strict=True):
        axes.plot(px, py, MARKS.get(metric.verdict, "o"), color=COLOURS.get(metric.verdict, look.BLUE), markersize=6)


def _table(axes: Axes, data: HealthRadar) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_axis_off()
    y, row = 0.97, 0.066
    for metric in data.metrics:
        y -= _row(axes, y, row, metric)
    if data.extras:
        y -= 0.03
        axes.axhline(y + row * 0.75, xmax=0.98, color=look.GRID, linewidth=0.8)
        axes.text(0.06, y, "beside them, not scored", color=look.GREY, size=look.SMALL, va="center")
        y -= row
    for name, value in data.extras.items():
        axes.text(0.06, y, look.shorten(name.replace("_", " "), 32), va="center", size=look.SMALL)
        axes.text(0.78, y, look.plain_number(value), va="center", ha="right", size=look.SMALL)
        y -= row * 0.85


def _row(axes: Axes, y: float, row: float, metric: Metric) -> float:
    """Draws a metric's line; answers how much room it took."""
    if metric.value is None:
        axes.text(0.06, y, metric.name, va="center", color=look.GREY)
        axes.text(0.98, y, "not measured", va="center", ha="right", color=look.GREY)
        lines = textwrap.wrap(metric.reason, 46)[:2]
        for place, line in enumerate(lines, start=1):
            axes.text(0.08, y - place * row * 0.75, line, va="center", size=look.SMALL, color=look.GREY)
        return row + len(lines) * row * 0.75
    colour = COLOURS.get(metric.verdict, look.BLACK)
    axes.plot(0.025, y, MARKS.get(metric.verdict, "o"), color=colour, markersize=6)
    axes.text(0.06, y, metric.name, va="center")
    axes.text(0.78, y, f"{metric.value:.2f}", va="center", ha="right", weight="bold")
    axes.text(0.98, y, metric.verdict, va="center", ha="right")
    return row
