"""Which hyperparameters matter, and which values work."""

import math
from typing import Any

from ..ranges import Choices, Range, WholeRange
from . import of_optuna
from .effect import extreme
from .figure import (
    BEST,
    INK,
    MARKS_SCALE,
    QUIET,
    Drawn,
    Missing,
    digits,
    in_panels,
    percent,
    thinned,
)
from .importance import Importances
from .marks import SCORE
from .seen import Seen

MOST_IN_PANEL = 300
MOST_PANELS = 9


def importance_bars(seen: Seen, importances: Importances) -> Drawn:
    """How much each hyperparameter sets the best quarter of the trials apart."""
    found = importances.of_score
    names = found.ranked[::-1]
    telling = set(found.telling)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [found.shares[name] for name in names],
        "y": names,
        "marker": {"color": [BEST if name in telling else QUIET for name in names], "opacity": 0.9},
        "text": [percent(found.shares[name]) if name in telling else "" for name in names],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.1%}<extra></extra>",
    }
    line = {"color": INK, "dash": "dot", "width": 1.5}
    chance = {"type": "line", "x0": found.chance, "x1": found.chance, "y0": 0, "y1": 1, "yref": "paper", "line": line}
    note = {"x": found.chance, "y": 1, "yref": "paper", "yanchor": "bottom", "text": "chance", "showarrow": False}
    within = found.chance < 1
    layout = {
        "xaxis": {"title": {"text": "Share of the importance"}, "tickformat": ".0%", "rangemode": "tozero"},
        "yaxis": {"automargin": True},
        "height": 110 + 26 * len(names),
        "margin": {"r": 52},
        "shapes": [chance] if within else [],
        "annotations": [note] if within else [],
        "showlegend": False,
    }
    figure = {"data": [bars], "layout": layout}
    return Drawn(figure=figure, finding=_what_matters(seen, importances), trials=found.trials, of=found.of)


def slices(seen: Seen, importances: Importances) -> Drawn:
    """Score against each of the most important hyperparameters."""
    numbers, names = shown_of(seen, importances, MOST_PANELS)
    study = study_of_scores(seen, numbers)
    panels = []
    for name in names:
        figure = of_optuna.slices(study, name, SCORE)
        trace = figure["data"][0]
        order = trace["marker"]["color"]
        trace |= {
            "customdata": order,
            "hovertemplate": f"Trial %{{customdata}}<br>{name}: %{{x}}<br>Score: %{{y:.3f}}<extra></extra>",
        }
        trace["marker"] = {"color": order, "colorscale": MARKS_SCALE, "size": 6, "opacity": 0.75, "showscale": False}
        panels.append(([trace], axis(name, seen.ranges[name]), {"title": {"text": SCORE}, "matches": "y"}))
    panels[0][2].pop("matches")
    return Drawn(
        figure=in_panels(panels), finding=_what_works(seen, importances), trials=len(numbers), of=len(seen.scores)
    )


def axis(name: str, values: Range) -> dict[str, Any]:
    """As the hyperparameter is searched: over logarithms, whole numbers, or its choices in their order."""
    look: dict[str, Any] = {"title": {"text": name}, "automargin": True}
    if isinstance(values, Choices):
        choices = list(values.values)
        words = [broken(choice.replace("_", " "), 8) for choice in choices]
        look |= {"tickvals": choices, "ticktext": words, "tickangle": 0, "tickfont": {"size": 10}}
        return look | {"type": "category", "categoryorder": "array", "categoryarray": choices}
    if values.log:
        ticks = _log_ticks(values.low, values.high)
        return look | {"type": "log", "tickvals": ticks, "ticktext": [digits(tick) for tick in ticks]}
    if isinstance(values, WholeRange) and values.high - values.low <= 12:
        return look | {"dtick": values.step or 1}
    return look


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten; with their doubles and halves where there are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5)):
        ticks = [float(f"{step}e{decade}") for decade in decades for step in steps]
        inside = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(inside) >= 3:
            return inside
    return [low, high]


def shown_of(
    seen: Seen, importances: Importances, most_names: int, *, most: int = MOST_IN_PANEL
) -> tuple[list[int], list[str]]:
    """The trials and hyperparameters of a figure: the most important ones, where that is known."""
    seen.need(seen.scores, 4, "completed trials")
    if not seen.ranges:
        raise Missing("No hyperparameter was searched in this job: all of them are fixed.")
    try:
        names = importances.of_score.ranked
    except Missing:
        names = list(seen.ranges)
    drawn = {name for number in seen.scores for name in seen.params[number]}
    return thinned(list(seen.scores), most, seen.kept()), [name for name in names if name in drawn][:most_names]


def study_of_scores(seen: Seen, numbers: list[int]) -> Any:
    return of_optuna.study_of({n: (seen.scores[n],) for n in numbers}, seen.params, seen.ranges)


def broken(text: str, at: int = 14) -> str:
    """A long name on several lines."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= at:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _what_matters(seen: Seen, importances: Importances) -> str:
    found = importances.of_score
    if not found.telling:
        return "No hyperparameter stands out: with so few trials, what they differ in may be chance."
    first, *others = found.telling
    also = f", then {others[0].lower()} ({percent(found.shares[others[0]])})" if others else ""
    return f"{first} explains {percent(found.shares[first])} of what sets the best quarter of the trials apart{also}."


def _what_works(seen: Seen, importances: Importances) -> str:
    try:
        telling = importances.of_score.telling
    except Missing:
        telling = []
    for name in telling:
        if where := extreme(seen.scores, seen.params, name, seen.ranges[name], highest=True):
            return f"{name} works best {where}."
    return "No single hyperparameter decides the score by itself."
