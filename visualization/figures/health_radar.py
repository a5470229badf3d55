"""The health metrics of a trial at its end, as a radar and as numbers."""

import textwrap
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["health_radar"].title
COLOURS = {"good": look.GOOD, "fair": look.DOUBTFUL, "poor": look.POOR}
MARKS = {"good": "o", "fair": "s", "poor": "v"}
NAMES = {
    "brier_score": "Brier score",
    "latency_1_p95_s": "time of one example, 95th percentile",
    "latency_64_p95_s": "time of 64 examples, 95th percentile",
    "monitoring_share": "share of time spent on monitoring",
}
UNITS = {"_s": "s", "_bytes": "B"}
ROW_IN = 0.225


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
    rows = sum(1 + 0.8 * len(_lines(metric)) for metric in data.metrics) + (
        1.6 + 0.85 * len(data.extras) if data.extras else 0
    )
    room = max(2.9, rows * ROW_IN)
    figure = look.new_figure(TITLE, data.subject, height=room + look.TOP + 0.1, left=0.1, right=0.1, bottom=0.1)
    radar, table = figure.subplots(1, 2, width_ratios=(1, 1.05))
    _radar(radar, data.metrics)
    _table(table, data, room / ROW_IN)
    return figure


def _radar(axes: Axes, metrics: list[Metric]) -> None:
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(metrics)) / len(metrics)
    around = np.linspace(0, 2 * np.pi, 121)
    for ring in (0.25, 0.5, 0.75, 1.0):
        axes.plot(ring * np.cos(around), ring * np.sin(around), color=look.GRID, linewidth=0.8, zorder=0)
    for angle, metric in zip(angles, metrics, strict=True):
        x, y, missing = np.cos(angle), np.sin(angle), metric.value is None
        axes.plot([0, x], [0, y], color=look.GRID, linewidth=0.8, linestyle=":" if missing else "-", zorder=0)
        words = metric.name.replace(" ", "\n") + ("\nnot measured" if missing else "")
        across = "center" if abs(x) < 0.1 else "left" if x > 0 else "right"
        upright = "center" if abs(y) < 0.9 else "bottom" if y > 0 else "top"
        colour = look.GREY if missing else look.BLACK
        axes.text(1.1 * x, 1.1 * y, words, ha=across, va=upright, size=look.SMALL, color=colour, linespacing=1.05)
    _outline(axes, angles, metrics)
    for ring in (0.5, 1.0):  # between two spokes, where nothing else is written
        between = np.pi / 2 - np.pi / max(2, len(metrics))
        x, y = 0.97 * ring * np.cos(between), 0.97 * ring * np.sin(between)
        axes.text(x, y, f"{ring:g}", size=look.SMALL, color=look.GREY, ha="center", va="center")
    axes.set(xlim=(-2.08, 2.08), ylim=(-1.55, 1.6), aspect="equal", anchor="N")
    axes.set_axis_off()


def _outline(axes: Axes, angles: Array, metrics: list[Metric]) -> None:
    """Neighbours are joined where both were measured: no line leads to or across a gap."""
    values = np.array([np.nan if metric.value is None else metric.value for metric in metrics])
    x, y = values * np.cos(angles), values * np.sin(angles)
    if np.isfinite(values).all():
        axes.fill(x, y, color=look.BLUE, alpha=0.18, linewidth=0)
    axes.plot(np.append(x, x[0]), np.append(y, y[0]), color=look.BLUE, linewidth=1.5)
    for metric, px, py in zip(metrics, x, y, strict=True):
        _mark(axes, px, py, metric.verdict)


def _mark(axes: Axes, x: float, y: float, verdict: str) -> None:
    axes.plot(x, y, MARKS.get(verdict, "o"), color=COLOURS.get(verdict, look.BLUE), markersize=6)


def _table(axes: Axes, data: HealthRadar, rows: float) -> None:
    """One row of height 1 per metric; below them, smaller, the extras."""
    axes.set(xlim=(0, 1), ylim=(rows, 0))
    axes.set_axis_off()
    y = 0.5
    for metric in data.metrics:
        _row(axes, y, metric)
        y += 1 + 0.8 * len(_lines(metric))
    if data.extras:
        axes.plot([0, 0.98], [y - 0.1, y - 0.1], color=look.GRID, linewidth=0.8)
        axes.text(0.06, y + 0.6, "beside them, not scored", color=look.GREY, size=look.SMALL, va="center")
        y += 1.5
    for name, value in data.extras.items():
        axes.text(0.06, y, _extra_name(name), va="center", size=look.SMALL)
        axes.text(0.98, y, _extra_value(name, value), va="center", ha="right", size=look.SMALL)
        y += 0.85


def _row(axes: Axes, y: float, metric: Metric) -> None:
    if metric.value is None:
        axes.text(0.06, y, metric.name, va="center", color=look.GREY)
        axes.text(0.98, y, "not measured", va="center", ha="right", color=look.GREY)
        for place, line in enumerate(_lines(metric), start=1):
            axes.text(0.08, y + place * 0.8, line, va="center", size=look.SMALL, color=look.GREY)
        return
    _mark(axes, 0.025, y, metric.verdict)
    axes.text(0.06, y, metric.name, va="center")
    axes.text(0.78, y, f"{metric.value:.2f}", va="center", ha="right", weight="bold")
    axes.text(0.98, y, metric.verdict, va="center", ha="right")


def _lines(metric: Metric) -> list[str]:
    """Why it was not measured, of two lines at most."""
    return textwrap.wrap(metric.reason, 48, max_lines=2, placeholder=" …") if metric.value is None else []


def _extra_name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    for ending in UNITS:
        name = name.removesuffix(ending)
    return look.shorten(name.replace("_", " "), 36)


def _extra_value(name: str, value: float) -> str:
    unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), None)
    return look.plain_number(value) if unit is None else look.with_prefix(value, unit)
