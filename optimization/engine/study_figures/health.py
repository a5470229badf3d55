"""What health says over all trials: what harms it, whether it costs accuracy, and which figures go together."""

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..ranges import Choices
from .effect import extreme
from .figure import (
    FRONT,
    OPPOSITES_SCALE,
    QUIET,
    SHARES_SCALE,
    Drawn,
    Missing,
    digits,
    in_panels,
    percent,
    points,
    thinned,
)
from .hyperparameters import axis
from .importance import LEAST, Importances
from .marks import SCORE, marked
from .seen import METRICS, Seen, title_of

MOST_POINTS = 500
MOST_IN_PANEL = 300
FIGURES = ("total_score", "val_accuracy", "overall_health", *METRICS)
MOST_ROWS = 14


def health_importances(seen: Seen, importances: Importances) -> Drawn:
    """What sets the quarter of the trials apart that is worst by each metric, and the best by the score."""
    columns = dict(importances.of_metrics)
    if not columns:
        raise Missing(f"This needs {LEAST} trials in which a metric of health was measured, and that differ in it.")
    with contextlib.suppress(Missing):
        columns["total_score"] = importances.of_score
    names = _rows(columns)
    shares = [[column.shares[name] for column in columns.values()] for name in names]
    said = [
        [percent(column.shares[name]) if name in column.telling else "" for column in columns.values()]
        for name in names
    ]
    titles = [f"{SCORE},<br>best" if name == "total_score" else _two_lines(title_of(name)) for name in columns]
    cells = {
        "type": "heatmap",
        "x": titles,
        "y": names,
        "z": shares,
        "text": said,
        "texttemplate": "%{text}",
        "zmin": 0,
        "colorscale": SHARES_SCALE,
        "xgap": 2,
        "ygap": 2,
        "colorbar": {"title": {"text": "Share"}, "tickformat": ".0%", "thickness": 14},
        "hovertemplate": "%{y}<br>%{x}: %{z:.1%}<extra></extra>",
    }
    layout = {
        "xaxis": {"side": "top", "tickangle": 0, "fixedrange": True, "showgrid": False},
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True, "showgrid": False},
        "height": 120 + 28 * len(names),
        "margin": {"b": 12},
        "meta": {"min_width": 200 + 92 * len(columns)},
    }
    trials = max(column.trials for column in columns.values())
    of = max(column.of for column in columns.values())
    return Drawn(
        figure={"data": [cells], "layout": layout}, finding=_what_harms(seen, importances), trials=trials, of=of
    )


def health_slices(seen: Seen, importances: Importances) -> Drawn:
    """Each metric against the hyperparameter that tells most about it."""
    panels, shown, of = [], 0, 0
    for name, found in importances.of_metrics.items():
        first = found.ranked[0]
        measured = {n: value for n, value in seen.measured(name).items() if first in seen.params[n]}
        numbers = thinned(list(measured), MOST_IN_PANEL, seen.kept())
        shown, of = max(shown, len(numbers)), max(of, len(measured))
        x, y = [seen.params[n][first] for n in numbers], [measured[n] for n in numbers]
        hover = f"Trial %{{customdata}}<br>{first}: %{{x}}<br>{title_of(name)}: %{{y:.3f}}<extra></extra>"
        if isinstance(seen.ranges[first], Choices):
            trace: dict[str, Any] = {"type": "box", "x": x, "y": y, "customdata": numbers, "boxpoints": "outliers"}
            trace |= {"marker": {"color": FRONT, "size": 4}, "line": {"width": 1.5}, "hovertemplate": hover}
        else:
            trace = points(numbers, x, y, marker={"color": FRONT, "size": 5, "opacity": 0.6}, hovertemplate=hover)
        scale = {"title": {"text": title_of(name)}, "range": [-0.03, 1.03]}
        panels.append(([trace], axis(first, seen.ranges[first]), scale))
    if not panels:
        raise Missing(f"This needs {LEAST} trials in which a metric of health was measured, and that differ in it.")
    return Drawn(figure=in_panels(panels), finding=_what_tells(importances), trials=shown, of=of)


def health_accuracy(seen: Seen) -> Drawn:
    """Overall health against validation accuracy; the front of trials that none beats in both."""
    accuracy, health = seen.measured("val_accuracy"), seen.measured("overall_health")
    both = [number for number in accuracy if number in health]
    seen.need(both, 2, "trials with both accuracy and health")
    front = _front({n: (accuracy[n], health[n]) for n in both if seen.searched[n].may_be_best})
    if not front:
        raise Missing("No trial has completed within the job's limits yet.")
    shown = thinned(both, MOST_POINTS, [*seen.kept(), *front])
    behind = [n for n in shown if n not in front]
    data = [
        _of(behind, accuracy, health, name="Trials", marker={"color": QUIET, "size": 6, "opacity": 0.5}),
        _of(front, accuracy, health, name="On the front", marker={"color": FRONT, "size": 8}),
        *marked(seen, health, x=accuracy),
    ]
    data[1] |= {"mode": "lines+markers", "line": {"shape": "vh", "width": 1.5, "color": FRONT}}
    layout = {
        "xaxis": {"title": {"text": "Validation accuracy"}, "tickformat": ".0%"},
        "yaxis": {"title": {"text": "Overall health"}},
        "height": 430,
    }
    finding = _cost_of_health(seen, front, accuracy, health)
    return Drawn(figure={"data": data, "layout": layout}, finding=finding, trials=len(shown), of=len(both))


def metric_correlation(seen: Seen) -> Drawn:
    """Spearman's rank correlation of every two figures of the trials."""
    found = {name: seen.measured(name) for name in FIGURES}
    names = [name for name, values in found.items() if len(values) >= 5 and len(set(values.values())) > 1]
    if len(names) < 2:
        raise Missing("This needs two figures that were measured in at least five trials and that differ.")
    table = [
        [_rank_correlation(found[a], found[b]) if column < row else None for column, b in enumerate(names)]
        for row, a in enumerate(names)
    ]
    titles = [_two_lines(title_of(name)) for name in names]
    table, rows, columns = table[1:], titles[1:], titles[:-1]
    cells = {
        "type": "heatmap",
        "x": columns,
        "y": rows,
        "z": table,
        "text": [["" if value is None else f"{value:.2f}" for value in row] for row in table],
        "texttemplate": "%{text}",
        "zmin": -1,
        "zmax": 1,
        "colorscale": OPPOSITES_SCALE,
        "xgap": 2,
        "ygap": 2,
        "colorbar": {"title": {"text": "Rank<br>correlation"}, "thickness": 14},
        "hovertemplate": "%{y} and %{x}: %{z:.2f}<extra></extra>",
    }
    layout = {
        "xaxis": {"side": "top", "tickangle": 0, "fixedrange": True, "showgrid": False},
        "yaxis": {"autorange": "reversed", "automargin": True, "fixedrange": True, "showgrid": False},
        "height": 120 + 36 * len(names),
        "margin": {"b": 12},
        "meta": {"min_width": 170 + 72 * len(names)},
    }
    trials = max(len(found[name]) for name in names)
    finding = _closest_pair(names[1:], names, table)
    return Drawn(figure={"data": [cells], "layout": layout}, finding=finding, trials=trials, of=trials)


def _of(numbers: list[int], accuracy: Mapping[int, float], health: Mapping[int, float], **look: Any) -> dict[str, Any]:
    hover = "Trial %{customdata}<br>Accuracy: %{x:.1%}<br>Health: %{y:.3f}<extra></extra>"
    return points(numbers, [accuracy[n] for n in numbers], [health[n] for n in numbers], hovertemplate=hover, **look)


def _rows(columns: dict[str, Any]) -> list[str]:
    """Hyperparameters by the most that they explain of any column."""
    most: dict[str, float] = {}
    for column in columns.values():
        for name, share in column.shares.items():
            most[name] = max(share, most.get(name, 0.0))
    return sorted(most, key=lambda name: -most[name])[:MOST_ROWS]


def _what_tells(importances: Importances) -> str:
    told = [
        f"{found.telling[0].lower()} about {title_of(name).lower()}"
        for name, found in importances.of_metrics.items()
        if found.telling
    ]
    return f"Most is told by {', '.join(told)}." if told else "What differs here may be chance."


def _what_harms(seen: Seen, importances: Importances) -> str:
    sentences = []
    for name, found in importances.of_metrics.items():
        if name == "neuron_utilization" and not found.telling:
            sentences.append("No hyperparameter stands out from chance for neuron utilization.")
        if name == "overall_health" or not found.telling:
            continue
        first = found.telling[0]
        where = extreme(seen.measured(name), seen.params, first, seen.ranges[first], highest=False)
        explains = f"{title_of(name)} depends most on {first.lower()} ({percent(found.shares[first])})"
        sentences.append(f"{explains}: lowest {where}." if where else f"{explains}.")
        if len(sentences) == 2:
            break
    return " ".join(sentences) or "No hyperparameter stands out from chance for any metric."


def _front(values: dict[int, tuple[float, float]]) -> list[int]:
    """Numbers of the trials that none beats in both, by the first value."""
    front, highest = [], -1.0
    for number in sorted(values, key=lambda n: (values[n][0], values[n][1]), reverse=True):
        if values[number][1] > highest:
            front.append(number)
            highest = values[number][1]
    return front[::-1]


def _cost_of_health(seen: Seen, front: list[int], accuracy: dict[int, float], health: dict[int, float]) -> str:
    healthiest, sharpest = front[0], front[-1]
    if healthiest == sharpest:
        return f"Trial {healthiest} has both the highest accuracy and the best health."
    lost = digits((accuracy[sharpest] - accuracy[healthiest]) * 100)
    gained = digits(health[healthiest] - health[sharpest])
    return (
        f"Trial {healthiest} is the healthiest: {gained} more health than trial {sharpest}, the most accurate, "
        f"for {lost} percentage points of accuracy."
    )


def _rank_correlation(one: dict[int, float], other: dict[int, float]) -> float | None:
    """Spearman's rank correlation over the trials that have both; None where either does not vary."""
    both = [n for n in one if n in other]
    if len(both) < 5:
        return None
    ranks = [_ranks(np.array([values[n] for n in both])) for values in (one, other)]
    if any(np.ptp(rank) == 0 for rank in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """From 0; equal values share the mean of their places."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray = (ends - (counts + 1) / 2)[inverse]
    return means


def _closest_pair(rows: list[str], columns: list[str], table: list[list[float | None]]) -> str:
    pairs = [
        (abs(value), value, columns[j], rows[i])
        for i, row in enumerate(table)
        for j, value in enumerate(row)
        if value is not None and {rows[i], columns[j]} != {"total_score", "val_accuracy"}
    ]
    if not pairs:
        return "Too few trials have two of these figures."
    _, value, one, other = max(pairs)
    together = "rise and fall together" if value > 0 else "go against each other"
    return f"{title_of(one)} and {title_of(other).lower()} {together} most (rank correlation {value:.2f})."


def _two_lines(text: str) -> str:
    first, _, rest = text.partition(" ")
    return f"{first}<br>{rest}" if rest else first
