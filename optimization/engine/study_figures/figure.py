"""What a study figure is, and how it is made small enough to travel."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

Plotly = dict[str, Any]
"""A figure as Plotly's JSON has it: {"data": […], "layout": {…}}."""

INK = "var(--chart-baseline)"
QUIET = "var(--chart-text)"
PAPER = "var(--chart-paper)"
BEST = "var(--chart-best)"
DEFAULT = "var(--chart-0)"
FRONT = "var(--chart-1)"
"""Colours by the names that the page's style sheet has for them, so that a figure is right in both themes."""

ON_PAPER = {
    "var(--chart-baseline)": "#2b3442",
    "var(--chart-text)": "#5b6472",
    "var(--chart-grid)": "#eceff3",
    "var(--chart-paper)": "#ffffff",
    "var(--chart-best)": "#0f5fc2",
    "var(--chart-0)": "#c44e00",
    "var(--chart-1)": "#00805d",
    "var(--chart-2)": "#b0468a",
    "var(--chart-3)": "#8f6500",
    "var(--state-completed)": "#1d8a4e",
    "var(--state-pruned)": "#8a6a1a",
    "var(--state-failed)": "#c8373d",
    "var(--state-idle)": "#7a8494",
}
"""The same where there is no style sheet, such as in a notebook: those of the light theme."""

SCALE = "Cividis"
"""Of surfaces, from low to high; reads the same with and without colour vision."""

SHARES_SCALE = ((0, "var(--chart-grid)"), (1, "var(--chart-best)"))
"""Of cells from nothing to all."""

OPPOSITES_SCALE = ((0, "var(--chart-best)"), (0.5, "var(--chart-grid)"), (1, "var(--chart-0)"))
"""Of cells from one end over nothing to the other."""

MARKS_SCALE = ((0.0, "#3f6fc4"), (0.5, "#9b8d8b"), (1.0, "#e3a21a"))
"""Of points and lines, from low to high: none of it is lost on white or on black."""

DIGITS = 4
"""Significant digits of what is drawn; on a screen more cannot be told apart."""


class Missing(Exception):
    """What a job lacks for a figure, as a sentence for people."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawn:
    """A figure with what it tells in one sentence. trials: how many it shows, of: of how many it could."""

    figure: Plotly
    finding: str
    trials: int
    of: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class StudyFigure:
    """One figure of a job. question: what a person wants to know when looking at it. absent: why there is none."""

    name: str
    title: str
    question: str
    caption: str
    finding: str = ""
    trials: int = 0
    absent: str = ""
    figure: Plotly | None = dataclasses.field(default=None, repr=False)


def compact(value: Any) -> Any:
    """The same with floats in few digits, arrays as lists, and nothing that says nothing."""
    if isinstance(value, Mapping):
        return {str(key): compact(item) for key, item in value.items() if item is not None}
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float):
        return rounded(value)
    if hasattr(value, "tolist"):
        return compact(value.tolist())
    return [compact(item) for item in value]


def rounded(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def on_paper(value: Any) -> Any:
    """The same with colours in place of the style sheet's names for them."""
    if isinstance(value, str):
        return ON_PAPER.get(value, value)
    if isinstance(value, Mapping):
        return {key: on_paper(item) for key, item in value.items()}
    return [on_paper(item) for item in value] if isinstance(value, list | tuple) else value


def thinned(numbers: Sequence[int], most: int, keep: Sequence[int] = ()) -> list[int]:
    """At most so many of them, evenly over the search, and those to keep in any case."""
    if len(numbers) <= most:
        return list(numbers)
    kept = set(keep) & set(numbers)
    others = [number for number in numbers if number not in kept]
    places = max(1, most - len(kept))
    step = len(others) / places
    return sorted(kept | {others[int(place * step)] for place in range(places)})


def digits(value: float) -> str:
    """A number as people read it: three significant digits."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def shade(place: float) -> str:
    """A colour of the marks' scale; place: in [0, 1]."""
    (start, low), (end, high) = next(pair for pair in itertools.pairwise(MARKS_SCALE) if place <= pair[1][0])
    part = (place - start) / (end - start)
    mixed = (round(int(low[i : i + 2], 16) * (1 - part) + int(high[i : i + 2], 16) * part) for i in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def points(numbers: Sequence[int], x: Sequence[Any], y: Sequence[Any], **look: Any) -> dict[str, Any]:
    """Trials as points; a click on one opens its trial, whose number is its customdata."""
    return {"type": "scatter", "mode": "markers", "x": list(x), "y": list(y), "customdata": list(numbers), **look}


def in_panels(panels: Sequence[tuple[Sequence[Mapping[str, Any]], Mapping[str, Any], Mapping[str, Any]]]) -> Plotly:
    """Several small plots in one figure: (traces, x axis, y axis) of each.

    layout.meta says that the page may set them in as many columns as it has room for.
    """
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    for index, (traces, x_axis, y_axis) in enumerate(panels):
        suffix = "" if index == 0 else str(index + 1)
        data += [{**trace, "xaxis": f"x{suffix}", "yaxis": f"y{suffix}"} for trace in traces]
        layout |= {f"xaxis{suffix}": dict(x_axis), f"yaxis{suffix}": dict(y_axis)}
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    grid = {"rows": rows, "columns": columns, "pattern": "independent", "xgap": 0.3, "ygap": 0.4}
    meta = {"panels": len(panels)}
    return {"data": data, "layout": {**layout, "grid": grid, "height": 300 * rows, "showlegend": False, "meta": meta}}
