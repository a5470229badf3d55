"""Every figure of a job, in the order in which a person asks."""

import dataclasses
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..recorder import TrialRecord
from . import combinations, health, hyperparameters, leaders, search
from .figure import Drawn, Missing, StudyFigure, compact
from .importance import Importances
from .seen import Seen, Times

logger = logging.getLogger(__name__)

Draw = Callable[[Seen, Importances], Drawn]


@dataclasses.dataclass(frozen=True)
class Plot:
    """One kind of figure."""

    name: str
    title: str
    question: str
    caption: str
    draw: Draw


def _of_seen(draw: Callable[[Seen], Drawn]) -> Draw:
    return lambda seen, _: draw(seen)


PLOTS: tuple[Plot, ...] = (
    Plot(
        "optimization_history",
        "Optimization history",
        "Did the search converge?",
        "Every completed trial's score in the order of the search, and the best so far.",
        _of_seen(search.optimization_history),
    ),
    Plot(
        "importances",
        "Hyperparameter importance",
        "Which hyperparameters matter?",
        "How far each hyperparameter sets the best quarter of the trials apart from all (PED-ANOVA). Grey ones are no "
        "more than chance would give.",
        hyperparameters.importance_bars,
    ),
    Plot(
        "health_importances",
        "Importance by health metric",
        "Which one kills neurons?",
        "How far each hyperparameter sets the least healthy quarter of the trials apart, metric by metric (PED-ANOVA). "
        "Cells without a number are no more than chance would give.",
        health.health_importances,
    ),
    Plot(
        "health_slices",
        "Health against what it depends on most",
        "Which values harm health?",
        "Each metric against the hyperparameter that tells most about it; pruned trials included.",
        health.health_slices,
    ),
    Plot(
        "health_accuracy",
        "Health and accuracy",
        "Does accuracy cost health?",
        "Each trial by validation accuracy and overall health; none beats those on the front in both.",
        _of_seen(health.health_accuracy),
    ),
    Plot(
        "edf",
        "Distribution of scores",
        "How good are the trials as a whole?",
        "The share of the trials that score no more than this.",
        _of_seen(search.edf),
    ),
    Plot(
        "slice",
        "Score by hyperparameter",
        "Which values work?",
        "The score against each of the most important hyperparameters; the first trials are blue, the latest gold.",
        hyperparameters.slices,
    ),
    Plot(
        "parallel_coordinate",
        "Parallel coordinates",
        "Which combinations work?",
        "A line for each trial through its hyperparameters, the most important ones; gold is better than blue.",
        combinations.parallel_coordinate,
    ),
    Plot(
        "contour",
        "Contour",
        "How do the most important ones work together?",
        "Mean score over pairs of the three most important hyperparameters; a dot is a trial.",
        combinations.contour,
    ),
    Plot(
        "rank",
        "Rank",
        "Where do the best trials lie?",
        "Trials over pairs of the three most important hyperparameters, from blue, the worst, to gold, the best.",
        combinations.rank,
    ),
    Plot(
        "metric_correlation",
        "Correlation of metrics",
        "Which figures go together?",
        "Spearman's rank correlation over the trials: 1 rise together, -1 against each other, 0 neither.",
        _of_seen(health.metric_correlation),
    ),
    Plot(
        "intermediate_values",
        "Accuracy by epoch",
        "How did the trials learn, and was pruning right?",
        "Validation accuracy after each epoch.",
        _of_seen(search.intermediate_values),
    ),
    Plot(
        "timeline",
        "Timeline",
        "Where did the time go?",
        "When each trial ran, and how it ended.",
        _of_seen(search.timeline),
    ),
    Plot(
        "seed_repeats",
        "The best on other seeds",
        "Was the best trial lucky?",
        "Scores of the best trials when trained again on other seeds, and that for which each was chosen.",
        _of_seen(leaders.seed_repeats),
    ),
    Plot(
        "pareto_front",
        "Pareto front",
        "What must be given up for what?",
        "Each trial by the job's objectives; none beats those on the front in all of them.",
        _of_seen(leaders.pareto_front),
    ),
    Plot(
        "hypervolume_history",
        "Hypervolume history",
        "Is the front still moving?",
        "The share of all that is possible which the front covers, after each trial.",
        _of_seen(leaders.hypervolume_history),
    ),
)


def study_figures(
    records: Sequence[TrialRecord], *, best: int | None = None, times: Times | None = None
) -> Iterator[StudyFigure]:
    """All figures of a job, in the table's order; one that the job cannot have, or that fails, says why in `absent`.

    records: of any state; those that have not ended play no part. best: number of the best trial. times: when each
    trial started and ended, in seconds since 1970, where that is known.
    """
    seen = Seen(records, best=best, times=times)
    importances = Importances(seen)
    for plot in PLOTS:
        yield _figure(plot, seen, importances)


def _figure(plot: Plot, seen: Seen, importances: Importances) -> StudyFigure:
    about: dict[str, Any] = {"name": plot.name, "title": plot.title, "question": plot.question, "caption": plot.caption}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            drawn = plot.draw(seen, importances)
    except Missing as missing:
        return StudyFigure(**about, absent=str(missing))
    except Exception as error:  # one figure that fails leaves the others
        logger.exception("the study figure %s could not be drawn", plot.name)
        return StudyFigure(**about, absent=f"This figure could not be drawn: {type(error).__name__}: {error}")
    if drawn.trials < drawn.of:
        about["title"] += f" ({drawn.trials:,} of {drawn.of:,} trials)"
    return StudyFigure(**about, finding=drawn.finding, trials=drawn.trials, figure=compact(drawn.figure))
