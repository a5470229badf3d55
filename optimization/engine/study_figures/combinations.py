"""Which values of the most important hyperparameters go together."""

import itertools
import math
import statistics
from typing import Any

from ..ranges import Choices, Range
from . import of_optuna
from .figure import INK, MARKS_SCALE, PAPER, SCALE, Drawn, Missing, digits, in_panels, shade, thinned
from .hyperparameters import axis, broken, shown_of, study_of_scores
from .importance import Importances
from .marks import SCORE
from .seen import Seen

MOST_AXES = 7
MOST_LINES = 400
SHADES = 6
"""Lines of one shade are one trace."""
CELLS = 12
"""A contour is drawn over at most so many values a side, each the mean of those around it."""


def parallel_coordinate(seen: Seen, importances: Importances) -> Drawn:
    """The most important hyperparameters side by side: a line for each trial."""
    numbers, names = shown_of(seen, importances, MOST_AXES, most=MOST_LINES)
    if len(names) < 2:
        raise Missing("This needs two searched hyperparameters; there is one.")
    figure = of_optuna.parallel_coordinate(study_of_scores(seen, numbers), names, SCORE)
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
    layout["xaxis"] |= {"ticktext": [broken(text) for text in (SCORE, *names)], "tickangle": 0}
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
    numbers, names = shown_of(seen, importances, 3)
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
    numbers, names = shown_of(seen, importances, 3)
    study = study_of_scores(seen, numbers)
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


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    if len(names) < 2:
        raise Missing("This needs two searched hyperparameters; there is one.")
    return list(itertools.combinations(names, 2))


def _choices_first(seen: Seen, pair: tuple[str, str]) -> tuple[str, str]:
    """Names stand better under a plot than beside it."""
    return (pair[1], pair[0]) if isinstance(seen.ranges[pair[1]], Choices) else pair


def _hover(x: str, y: str) -> str:
    """The score is the point's text."""
    return f"Trial %{{customdata}}<br>{x}: %{{x}}<br>{y}: %{{y}}<br>Score: %{{text}}<extra></extra>"


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


def _best_values(seen: Seen, names: list[str]) -> str:
    if seen.best is None:
        return "No trial is the best yet."
    params = seen.params[seen.best]
    values = ", ".join(f"{name.lower()} {value_in_words(params[name])}" for name in names if name in params)
    return f"The best, trial {seen.best}, has {values or 'the default values'}."


def _best_cell(seen: Seen, names: list[str]) -> str:
    cells = _in_cells(seen, (names[0], names[1]))
    place, score = max(cells, key=lambda cell: cell[1])
    where = " and ".join(f"{name.lower()} {value_in_words(value)}" for name, value in place.items())
    return f"Scores are highest around {where} (mean {digits(score)})."


def value_in_words(value: Any) -> str:
    return digits(value) if isinstance(value, float) else str(value)
