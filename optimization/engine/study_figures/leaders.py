"""The best of a job: the front of a search for several objectives, and whether the best was lucky."""

from ..trial import TrialState
from . import of_optuna
from .figure import BEST, DEFAULT, FRONT, INK, QUIET, Drawn, Missing, digits, percent, points, thinned
from .marks import SCORE, marked, trial_axis
from .seen import Seen, title_of

MOST_POINTS = 500


def seed_repeats(seen: Seen) -> Drawn:
    """The best trials' scores on other seeds, beside those for which they were chosen."""
    runs: dict[int, list[float]] = {}
    for record in seen.records.values():
        if record.confirms is not None and record.state is TrialState.COMPLETED and record.total_score is not None:
            runs.setdefault(record.confirms, []).append(record.total_score)
    if not runs:
        raise Missing("The best trials were not trained again on other seeds. Ask for it with “confirm top k”.")
    leaders = sorted(runs, key=lambda n: -sum(runs[n]) / len(runs[n]))
    names = {n: f"Trial {n}" + (" (best)" if n == seen.best else "") for n in leaders}
    again = [(n, score) for n in leaders for score in runs[n]]
    again_hover, mean_hover = "%{y}: %{x:.3f}<extra></extra>", "%{y}: mean %{x:.3f}<extra></extra>"
    first_hover = "%{y}: %{x:.3f} when it was chosen<extra></extra>"
    dot = {"color": BEST, "size": 9, "opacity": 0.75}
    bar = {"color": INK, "size": 18, "symbol": "line-ns-open", "line": {"width": 2.5}}
    diamond = {"color": DEFAULT, "size": 11, "symbol": "diamond-open", "line": {"width": 2}}
    rows = [names[n] for n in leaders]
    means = {n: sum(runs[n]) / len(runs[n]) for n in leaders}
    data = [
        points([n for n, _ in again], [score for _, score in again], [names[n] for n, _ in again], marker=dot),
        points(leaders, [means[n] for n in leaders], rows, marker=bar),
        points(leaders, [seen.scores.get(n) for n in leaders], rows, marker=diamond),
    ]
    data[0] |= {"name": "On another seed", "hovertemplate": again_hover}
    data[1] |= {"name": "Mean of those", "hovertemplate": mean_hover}
    data[2] |= {"name": "First score", "hovertemplate": first_hover}
    layout = {
        "xaxis": {"title": {"text": SCORE}},
        "yaxis": {"autorange": "reversed", "automargin": True},
        "height": 170 + 46 * len(leaders),
    }
    first = leaders[0]
    drop = seen.scores.get(first, 0.0) - means[first]
    luck = f"{digits(drop)} lower" if drop > 0 else f"{digits(-drop)} higher"
    finding = f"On other seeds trial {first} scores {luck} than when it was chosen."
    return Drawn(figure={"data": data, "layout": layout}, finding=finding, trials=len(again), of=len(again))


def pareto_front(seen: Seen) -> Drawn:
    """The trials by two or three objectives, those that none beats marked."""
    names = [title_of(name) for name in seen.objectives]
    if len(names) < 2:
        raise Missing("This job has one objective; a front is drawn of two or three.")
    if len(names) > 3:
        raise Missing(f"This job has {len(names)} objectives; a front is drawn of two or three.")
    values = seen.objective_values
    seen.need(values, 2, "completed trials")
    shown = thinned(list(values), 500, seen.kept())
    figure = of_optuna.pareto_front(of_optuna.study_of({n: values[n] for n in shown}, {}, {}), names)
    behind, front = figure["data"]
    for trace, name, look in (
        (behind, "Beaten by another", {"color": QUIET, "opacity": 0.5, "size": 6}),
        (front, "On the front", {"color": FRONT, "size": 9}),
    ):
        trace |= {"name": name, "showlegend": True, "marker": look, "customdata": trace.pop("marker")["color"]}
        trace.pop("text", None)
        axes = ["x", "y", "z"][: len(names)]
        told = "".join(f"<br>{title}: %{{{axis}:.3f}}" for title, axis in zip(names, axes, strict=True))
        trace["hovertemplate"] = f"Trial %{{customdata}}{told}<extra></extra>"
    if len(names) == 2:
        figure["data"] += marked(
            seen, {n: pair[1] for n, pair in values.items()}, x={n: pair[0] for n, pair in values.items()}
        )
    if "scene" in figure["layout"]:
        figure["layout"]["scene"]["camera"] = {"eye": {"x": 1.7, "y": 1.7, "z": 1.2}}
    figure["layout"] |= {"height": 420 if len(names) == 2 else 560}
    finding = f"{len(seen.front)} of {len(values)} trials are not beaten in every objective by another."
    return Drawn(figure=figure, finding=finding, trials=len(shown), of=len(values))


def hypervolume_history(seen: Seen) -> Drawn:
    """How much of what is possible the front covers, after each trial."""
    if len(seen.objectives) < 2:
        raise Missing("This job has one objective; a hypervolume is that of several.")
    values = seen.objective_values
    seen.need(values, 2, "completed trials")
    study = of_optuna.study_of(values, {}, {}, breaks_limits=[n for n in values if seen.searched[n].violations])
    figure = of_optuna.hypervolume_history(study, [0.0] * len(seen.objectives))
    line = figure["data"][0]
    kept = thinned(range(len(line["x"])), 500, [len(line["x"]) - 1])
    line |= {
        "x": [line["x"][i] for i in kept],
        "y": [line["y"][i] for i in kept],
        "mode": "lines",
        "name": "Hypervolume",
    }
    line |= {"line": {"color": BEST, "width": 2, "shape": "hv"}, "hovertemplate": "Trial %{x}: %{y:.3f}<extra></extra>"}
    figure["layout"] |= {
        "xaxis": trial_axis(max(values)),
        "yaxis": {"title": {"text": "Hypervolume"}},
        "height": 320,
        "showlegend": False,
    }
    finding = f"The front covers {percent(line['y'][-1])} of all that is possible."
    return Drawn(figure=figure, finding=finding, trials=len(kept), of=len(values))
