"""Which hyperparameters matter, which values work, and which go together."""

import itertools
import math
import statistics
from typing import Any

from ..ranges import Choices, Range, WholeRange
from . import of_optuna
from .effect import extreme
from .figure import (
    BEST,
    INK,
    MARKS_SCALE,
    PAPER,
    QUIET,
    SCALE,
    Drawn,
    Missing,
    digits,
    in_panels,
    percent,
    shade,
    thinned,
)
from .importance import Importances
from .search import SCORE
from .seen import Seen

MOST_IN_PANEL = 300
MOST_PANELS = 9
MOST_AXES = 7
MOST_LINES = 400
SHADES = 6
"""Lines of one shade are one trace."""
CELLS = 12
"""A contour is drawn over at most so many values a side, each the mean of those around it."""


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
    numbers, names = _shown(seen, importances, MOST_PANELS)
    study = _study(seen, numbers)
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


def parallel_coordinate(seen: Seen, importances: Importances) -> Drawn:
    """The most important hyperparameters side by side: a line for each trial."""
    numbers, names = _shown(seen, importances, MOST_AXES, most=MOST_LINES)
    if len(names) < 2:
        raise Missing("This needs two searched hyperparameters; there is one.")
    figure = of_optuna.parallel_coordinate(_study(seen, numbers), names, SCORE)
    lines, key = figure["data"][: len(numbers)], figure["data"][-1]
    places = [0, *(1 + names.index(name) for name in sorted(names))]  # Optuna's order is that of the alphabet
    for line in lines:
        line["y"] = [y for _, y in sorted(zip(places, line["y"], strict=True))]
    by_score = sorted(zip(numbers, lines, strict=True), key=lambda pair: seen.scores[pair[0]])
    size = math.ceil(len(by_score) / SHADES)
    shades = [by_score[at : at + size] for at in range(0, len(by_score), size)]
    figure["data"] = [_one_shade(lines, (place + 0.5) / len(shades)) for place, lines in enumerate(shades)]
    scores = sorted(seen.scores[n] for n in numbers)
    bar = {"title": {"text": SCORE}, "thickness": 14, "tickvals": [0, 0.5, 1]}
    bar["ticktext"] = [digits(scores[round(share * (len(scores) - 1))]) for share in (0, 0.5, 1)]
    key["marker"] |= {
        "color": [0, 1],
        "cmin": 0,
        "cmax": 1,
        "colorscale": MARKS_SCALE,
        "reversescale": False,
        "colorbar": bar,
    }
    figure["data"].append(key)
    layout = figure["layout"]
    layout["xaxis"] |= {"ticktext": [_broken(text) for text in (SCORE, *names)], "tickangle": 0}
    layout["annotations"] = [
        note
        | {
            "x": places[note["x"]],
            "text": note["text"].replace("None", "not there"),
            "bgcolor": PAPER,
            "font": {"color": INK, "size": 10},
        }
        for note in layout["annotations"]
    ]
    layout |= {"height": 460, "meta": {"min_width": 110 * (1 + len(names))}, "hovermode": "closest"}
    return Drawn(figure=figure, finding=_best_values(seen, names[:4]), trials=len(numbers), of=len(seen.scores))


def contour(seen: Seen, importances: Importances) -> Drawn:
    """Mean score over pairs of the most important hyperparameters."""
    numbers, names = _shown(seen, importances, 3)
    panels = []
    for pair in _pairs(names):
        cells = _in_cells(seen, pair)
        study = of_optuna.study_of(
            {i: (score,) for i, (_, score) in enumerate(cells)},
            {i: place for i, (place, _) in enumerate(cells)},
            {name: seen.ranges[name] for name in pair},
        )
        figure = of_optuna.contour(study, pair, SCORE)
        x_name, y_name = sorted(pair)
        surface = figure["data"][0]
        surface |= {
            "colorscale": SCALE,
            "reversescale": False,
            "hoverinfo": "z",
            "line": {"width": 0.5},
            "coloraxis": "coloraxis",
        }
        for unused in ("colorbar", "colorscale", "reversescale"):
            surface.pop(unused, None)
        some = thinned(numbers, 250, seen.kept())
        both = [n for n in some if x_name in seen.params[n] and y_name in seen.params[n]]
        dots = {
            "type": "scatter",
            "mode": "markers",
            "x": [seen.params[n][x_name] for n in both],
            "y": [seen.params[n][y_name] for n in both],
            "customdata": both,
            "marker": {"size": 4, "color": "#ffffff", "line": {"width": 1, "color": "#20242c"}},
            "text": [digits(seen.scores[n]) for n in both],
            "hovertemplate": _hover(x_name, y_name),
        }
        panels.append(([surface, dots], axis(x_name, seen.ranges[x_name]), axis(y_name, seen.ranges[y_name])))
    figure = in_panels(panels)
    bar = {"title": {"text": SCORE}, "thickness": 14}
    figure["layout"]["coloraxis"] = {"colorscale": SCALE, "colorbar": bar}
    return Drawn(figure=figure, finding=_best_cell(seen, names), trials=len(numbers), of=len(seen.scores))


def rank(seen: Seen, importances: Importances) -> Drawn:
    """Every trial over pairs of the most important hyperparameters, coloured by its place among all."""
    numbers, names = _shown(seen, importances, 3)
    study = _study(seen, numbers)
    places = {
        n: place / max(1, len(numbers) - 1) for place, n in enumerate(sorted(numbers, key=seen.scores.__getitem__))
    }
    panels = []
    for pair in (_choices_first(seen, pair) for pair in _pairs(names)):
        trace = of_optuna.rank(study, pair, SCORE)["data"][0]
        both = [n for n in numbers if all(name in seen.params[n] for name in pair)]
        trace.pop("hovertext")
        trace |= {
            "customdata": both,
            "text": [digits(seen.scores[n]) for n in both],
            "marker": {"color": [places[n] for n in both], "coloraxis": "coloraxis", "size": 7, "opacity": 0.85},
            "hovertemplate": _hover(*pair),
        }
        panels.append(([trace], axis(pair[0], seen.ranges[pair[0]]), axis(pair[1], seen.ranges[pair[1]])))
    figure = in_panels(panels)
    scores = sorted(seen.scores[n] for n in numbers)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    bar = {"title": {"text": "Place"}, "thickness": 14, "tickvals": ticks}
    names_of_ticks = ("worst", "25 %", "middle", "75 %", "best")
    bar["ticktext"] = [
        f"{word} ({digits(scores[round(tick * (len(scores) - 1))])})"
        for word, tick in zip(names_of_ticks, ticks, strict=True)
    ]
    figure["layout"]["coloraxis"] = {"colorscale": MARKS_SCALE, "cmin": 0, "cmax": 1, "colorbar": bar}
    return Drawn(figure=figure, finding=_best_values(seen, names[:4]), trials=len(numbers), of=len(seen.scores))


def axis(name: str, values: Range) -> dict[str, Any]:
    """As the hyperparameter is searched: over logarithms, whole numbers, or its choices in their order."""
    look: dict[str, Any] = {"title": {"text": name}, "automargin": True}
    if isinstance(values, Choices):
        choices = list(values.values)
        words = [_broken(choice.replace("_", " "), 8) for choice in choices]
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


def _shown(
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


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    if len(names) < 2:
        raise Missing("This needs two searched hyperparameters; there is one.")
    return list(itertools.combinations(names, 2))


def _hover(x: str, y: str) -> str:
    """The score is the point's text."""
    return f"Trial %{{customdata}}<br>{x}: %{{x}}<br>{y}: %{{y}}<br>Score: %{{text}}<extra></extra>"


def _choices_first(seen: Seen, pair: tuple[str, str]) -> tuple[str, str]:
    """Names stand better under a plot than beside it."""
    return (pair[1], pair[0]) if isinstance(seen.ranges[pair[1]], Choices) else pair


def _study(seen: Seen, numbers: list[int]) -> Any:
    return of_optuna.study_of({n: (seen.scores[n],) for n in numbers}, seen.params, seen.ranges)


def _one_shade(alike: list[tuple[int, dict[str, Any]]], place: float) -> dict[str, Any]:
    """Lines of trials with about the same score, as one trace. place: of the shade, from 0, the worst, to 1."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for _, line in alike for x in (*line["x"], None)],
        "y": [y for _, line in alike for y in (*line["y"], None)],
        "customdata": [number for number, line in alike for _ in range(len(line["x"]) + 1)],
        "line": {"color": shade(place), "width": 1.2},
        "opacity": 0.55,
        "hovertemplate": "Trial %{customdata}<extra></extra>",
        "showlegend": False,
    }


def _broken(text: str, at: int = 14) -> str:
    """A long name on several lines."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= at:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


def _in_cells(seen: Seen, pair: tuple[str, str]) -> list[tuple[dict[str, Any], float]]:
    """Mean scores over a lattice: a contour over every single value would be as large as the square of the trials."""
    cells: dict[tuple[Any, ...], list[float]] = {}
    for number, score in seen.scores.items():
        params = seen.params[number]
        if all(name in params for name in pair):
            cells.setdefault(tuple(_cell(params[name], seen.ranges[name]) for name in pair), []).append(score)
    if any(len({place[i] for place in cells}) < 2 for i in (0, 1)):
        raise Missing("The trials that completed have too few different values of the most important hyperparameters.")
    return [(dict(zip(pair, place, strict=True)), statistics.fmean(scores)) for place, scores in cells.items()]


def _cell(value: Any, values: Range) -> Any:
    """The middle of the cell in which a value lies; a choice, or one of few whole numbers, is its own."""
    if isinstance(values, Choices):
        return value
    turn, back = (math.log, math.exp) if values.log else (float, float)
    low, high = turn(values.low), turn(values.high)
    steps = CELLS - 1
    middle = back(low + round((turn(value) - low) / (high - low) * steps) / steps * (high - low))
    return values.nearest(type(values.low)(round(middle)) if isinstance(values.low, int) else middle)


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


def _best_values(seen: Seen, names: list[str]) -> str:
    if seen.best is None:
        return "No trial is the best yet."
    params = seen.params[seen.best]
    values = ", ".join(f"{name.lower()} {_value(params[name])}" for name in names if name in params)
    return f"The best, trial {seen.best}, has {values or 'the default values'}."


def _best_cell(seen: Seen, names: list[str]) -> str:
    cells = _in_cells(seen, (names[0], names[1]))
    place, score = max(cells, key=lambda cell: cell[1])
    where = " and ".join(f"{name.lower()} {_value(value)}" for name, value in place.items())
    return f"Scores are highest around {where} (mean {digits(score)})."


def _value(value: Any) -> str:
    return digits(value) if isinstance(value, float) else str(value)
