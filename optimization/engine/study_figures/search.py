"""How the search went: did it converge, how good are its trials, how did they learn, where did the time go."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from ..recorder import TrialRecord
from ..trial import TrialState
from . import of_optuna
from .figure import BEST, DEFAULT, INK, QUIET, Drawn, Missing, digits, percent, thinned
from .marks import SCORE, marked, trial_axis
from .seen import Seen

MOST_POINTS = 2000
MOST_LINES = 120
MOST_BARS = 300


def optimization_history(seen: Seen) -> Drawn:
    """Every score, and the best so far."""
    scores = seen.scores
    seen.need(scores, 2, "completed trials")
    shown = thinned(list(scores), MOST_POINTS, [*seen.kept(), *_records_of(seen)])
    breaks = [number for number in shown if seen.searched[number].violations]
    study = of_optuna.study_of({n: (scores[n],) for n in shown}, {}, {}, breaks_limits=breaks)
    figure = of_optuna.optimization_history(study, SCORE)
    trials, best, outside = figure["data"]
    trials |= {"customdata": trials["x"], "marker": {"color": BEST, "size": 5, "opacity": 0.55}, "name": "Trial"}
    trials["hovertemplate"] = "Trial %{x}: %{y:.3f}<extra></extra>"
    best |= {"line": {"color": INK, "width": 2, "shape": "hv"}, "name": "Best so far", "hoverinfo": "skip"}
    best["y"] = [value if math.isfinite(value) else None for value in best["y"]]
    outside |= {"name": "Breaks a limit", "marker": {"color": QUIET, "symbol": "x"}, "customdata": outside["x"]}
    figure["data"] = [trials, best] + ([outside] if breaks else []) + marked(seen, scores)
    figure["layout"] |= {"xaxis": trial_axis(max(scores)), "yaxis": {"title": {"text": SCORE}}, "height": 380}
    return Drawn(figure=figure, finding=_convergence(seen), trials=len(shown), of=len(scores))


def edf(seen: Seen) -> Drawn:
    """Which share of the trials stays at or below a score."""
    scores = seen.scores
    seen.need(scores, 5, "completed trials")
    figure = of_optuna.edf(of_optuna.study_of({n: (score,) for n, score in scores.items()}, {}, {}), SCORE)
    line = figure["data"][0]
    line |= {"line": {"color": BEST, "width": 2}, "name": "Trials"}
    line["hovertemplate"] = "%{y:.0%} of the trials score %{x:.3f} or less<extra></extra>"
    baseline = scores.get(0)
    figure["layout"] |= {
        "xaxis": {"title": {"text": SCORE}},
        "yaxis": {"title": {"text": "Share of trials"}, "range": [0, 1.02], "tickformat": ".0%"},
        "showlegend": False,
        "hovermode": "x",
        "height": 340,
    }
    ordered = sorted(scores.values())
    finding = f"Half of the trials score {digits(ordered[len(ordered) // 2])} or more."
    if baseline is not None and len(scores) > 1:
        better = sum(score > baseline for number, score in scores.items() if number) / (len(scores) - 1)
        finding += f" {percent(better)} of them beat the default model, which scores {digits(baseline)}."
        figure["layout"]["shapes"] = [_upright(baseline)]
        figure["layout"]["annotations"] = [_note_at(baseline, "default model")]
    return Drawn(figure=figure, finding=finding, trials=len(scores), of=len(scores))


def intermediate_values(seen: Seen) -> Drawn:
    """Validation accuracy by epoch: a line for each trial, in one trace for each way of ending."""
    trained = {number: record for number, record in seen.searched.items() if len(record.intermediate) > 1}
    seen.need(trained, 2, "trials of at least two epochs")
    shown = thinned(list(trained), MOST_LINES, seen.kept())
    study = of_optuna.study_of(
        dict.fromkeys(shown, (0.0,)), {}, {}, intermediate={n: trained[n].intermediate for n in shown}
    )
    lines = dict(zip(shown, of_optuna.intermediate_values(study)["data"], strict=True))
    special = {0: ("Default model", DEFAULT), seen.best: ("Best", BEST)}
    groups = {
        "Completed": (
            [n for n in shown if _ended(trained[n], TrialState.COMPLETED)],
            "var(--state-completed)",
            "solid",
        ),
        "Pruned": ([n for n in shown if _ended(trained[n], TrialState.PRUNED)], "var(--state-pruned)", "dot"),
    }
    traces = [
        _joined(name, [(n, lines[n]) for n in numbers if n not in special], colour, dash, faint=True)
        for name, (numbers, colour, dash) in groups.items()
    ]
    traces += [
        _joined(name, [(n, lines[n])], colour, "solid", faint=False)
        for n, (name, colour) in special.items()
        if n in lines
    ]
    layout = {
        "xaxis": {"title": {"text": "Epoch"}, "dtick": 1 if max(map(_epochs, trained.values())) < 15 else None},
        "yaxis": {"title": {"text": "Validation accuracy"}, "tickformat": ".0%"},
        "height": 400,
    }
    figure = {"data": [trace for trace in traces if trace["x"]], "layout": layout}
    return Drawn(figure=figure, finding=_pruning(seen), trials=len(shown), of=len(trained))


def timeline(seen: Seen) -> Drawn:
    """When each trial ran, in minutes from the first start. Optuna's own knows neither stopped trials nor runs that
    confirm others."""
    timed = {n: seen.times[n] for n in seen.records if n in seen.times}
    if not timed:
        raise Missing("When its trials ran is not kept for this job.")
    shown = sorted(timed)[-MOST_BARS:]
    first = min(timed[n][0] for n in shown)
    kinds: dict[tuple[str, str], list[int]] = {}
    for number in shown:
        kinds.setdefault(_kind(seen.records[number]), []).append(number)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": numbers,
            "base": [round((timed[n][0] - first) / 60, 3) for n in numbers],
            "x": [round((timed[n][1] - timed[n][0]) / 60, 3) for n in numbers],
            "customdata": numbers,
            "width": 0.8 if len(shown) < 60 else 1,
            "marker": {"color": colour, "line": {"width": 0}},
            "hovertemplate": f"Trial %{{y}}, {name.lower()}: %{{x:.3~g}} min<extra></extra>",
        }
        for (name, colour), numbers in sorted(kinds.items())
    ]
    layout = {
        "xaxis": {"title": {"text": "Minutes from the start" if len(shown) == len(timed) else "Minutes"}},
        "yaxis": {"title": {"text": "Trial"}, "autorange": "reversed"},
        "barmode": "overlay",
        "height": min(520, 160 + 12 * len(shown)),
    }
    took = sorted((end - start, number) for number, (start, end) in timed.items())
    middle, (longest, number) = took[len(took) // 2][0], took[-1]
    finding = f"A trial takes {_time(middle)} as a rule; the longest, trial {number}, took {_time(longest)}."
    return Drawn(figure={"data": data, "layout": layout}, finding=finding, trials=len(shown), of=len(timed))


def _records_of(seen: Seen) -> list[int]:
    """The trials that were the best when they ended."""
    best, found = -math.inf, []
    for number, score in seen.scores.items():
        if score > best and not seen.searched[number].violations:
            best = score
            found.append(number)
    return found


def _convergence(seen: Seen) -> str:
    steps = _records_of(seen)
    if not steps:
        return "No trial keeps the limits."
    numbers = list(seen.scores)
    since = len(numbers) - 1 - numbers.index(steps[-1])
    best = f"The best score, {digits(seen.scores[steps[-1]])}, is that of trial {steps[-1]}"
    if since == 0:
        return f"{best}, the latest: the search is still getting better."
    return f"{best}; the {since} completed after it did not beat it." if since > 1 else f"{best}, the last but one."


def _pruning(seen: Seen) -> str:
    pruned = [record for record in seen.searched.values() if record.state is TrialState.PRUNED]
    if not pruned:
        return "No trial was pruned."
    epochs = sorted(len(record.intermediate) for record in pruned)
    share = percent(len(pruned) / len(seen.searched))
    return f"{share} of the trials were pruned, half of them after {epochs[len(epochs) // 2]} epochs or fewer."


def _ended(record: TrialRecord, state: TrialState) -> bool:
    return record.state is state


def _epochs(record: TrialRecord) -> int:
    return max(record.intermediate)


def _joined(
    name: str, lines: Sequence[tuple[int, dict[str, Any]]], colour: str, dash: str, *, faint: bool
) -> dict[str, Any]:
    """Several lines as one trace, with a gap after each: a page draws one of many points quicker than many of few."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(itertools.chain.from_iterable([*line["x"], None] for _, line in lines)),
        "y": list(itertools.chain.from_iterable([*line["y"], None] for _, line in lines)),
        "customdata": list(itertools.chain.from_iterable([n] * (len(line["x"]) + 1) for n, line in lines)),
        "line": {"color": colour, "width": 1 if faint else 2.5, "dash": dash},
        "opacity": 0.45 if faint else 1,
        "hovertemplate": "Trial %{customdata}, epoch %{x}: %{y:.1%}<extra></extra>",
    }


def _kind(record: TrialRecord) -> tuple[str, str]:
    if record.confirms is not None:
        return "On another seed", "var(--chart-2)"
    colours = {TrialState.COMPLETED: "completed", TrialState.PRUNED: "pruned", TrialState.FAILED: "failed"}
    return record.state.value.capitalize(), f"var(--state-{colours.get(record.state, 'idle')})"


def _upright(x: float) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "line": {"color": DEFAULT, "dash": "dash"},
    }


def _note_at(x: float, text: str) -> dict[str, Any]:
    return {
        "x": x,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": text,
        "showarrow": False,
        "font": {"color": DEFAULT},
    }


def _time(seconds: float) -> str:
    return f"{digits(seconds)} s" if seconds < 100 else f"{digits(seconds / 60)} min"
