"""Precision, recall and F1 of each class, with intervals, the worst first."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from . import look
from .answers import both_ends, count_confusions, read_answers, subject, wilson
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["class_scores"].title

MOST_BY_NAME = 16
"""Classes; of more, the worst and the best are named and all are drawn as one curve."""
WORST, BEST = 8, 4
MARKERS = (("recall", look.BLUE, "o"), ("precision", look.ORANGE, "s"), ("F1", look.BLACK, "D"))


class Score(NamedTuple):
    """By class, (C,) each, with the ends of 95 % intervals; NaN where a class gives no ground for one."""

    value: Array
    low: Array
    high: Array


class ClassScores(NamedTuple):
    """Classes that have validation examples, by rising F1. examples: (C,) of each class."""

    subject: str
    names: list[str]
    examples: Array
    recall: Score
    precision: Score
    f1: Score
    macro_f1: float


def prepare(arrays: TrialArrays) -> ClassScores:
    answers = read_answers(arrays)
    counts = count_confusions(answers)
    present = np.flatnonzero(counts.sum(1))
    if not len(present):
        raise NotRecorded("there are no validation examples")
    recall, precision, f1 = class_scores(counts)
    order = present[np.argsort(f1.value[present], kind="stable")]
    return ClassScores(
        subject=subject(arrays, len(answers.labels)),
        names=[answers.names[index] for index in order],
        examples=counts.sum(1)[order],
        recall=_taken(recall, order),
        precision=_taken(precision, order),
        f1=_taken(f1, order),
        macro_f1=float(f1.value[present].mean()),
    )


def class_scores(counts: Array) -> tuple[Score, Score, Score]:
    """Recall, precision and F1 of counts (C, C), the true class by row.

    F1 is no share, but J = hits / (hits + misses + false alarms) is one, and F1 = 2 J / (1 + J) rises with it, so the
    ends of J's Wilson interval give those of F1.
    """
    hits, true, said = np.diag(counts), counts.sum(1), counts.sum(0)
    share = _score(hits, true + said - hits)
    return _score(hits, true), _score(hits, said), Score(*(2 * part / (1 + part) for part in share))


def _score(hits: Array, of: Array) -> Score:
    with np.errstate(invalid="ignore"):
        return Score(hits / of, *wilson(hits, of))


def _taken(score: Score, order: Array) -> Score:
    return Score(*(part[order] for part in score))


def draw(data: ClassScores) -> Figure:
    return _by_name(data) if len(data.names) <= MOST_BY_NAME else _worst_best_and_all(data)


def _by_name(data: ClassScores) -> Figure:
    rows = np.arange(len(data.names))
    rows_in = 0.36 * len(rows) + 0.15
    left, bottom = _names_in(data, rows), 0.55
    figure = look.new_figure(
        TITLE, _line(data), height=look.TOP_WITH_LEGEND + rows_in + bottom, left=left, bottom=bottom,
        top=look.TOP_WITH_LEGEND,
    )  # fmt: skip
    axes = figure.subplots()
    _rows(axes, data, rows)
    axes.set_xlabel("score, with 95 % interval")
    look.legend_row(figure, axes)
    return figure


def _worst_best_and_all(data: ClassScores) -> Figure:
    classes = len(data.names)
    rows = np.concatenate([np.arange(WORST), np.arange(classes - BEST, classes)])
    left, top, bottom, between, strip_in = _names_in(data, rows), look.TOP_WITH_LEGEND, 0.55, 0.75, 1.2
    rows_in = 0.3 * len(rows) + 0.3
    height = top + rows_in + between + strip_in + bottom
    figure = look.new_figure(TITLE, _line(data), height=height)
    width = 1 - (left + 0.2) / look.WIDTH
    named = figure.add_axes((left / look.WIDTH, (bottom + strip_in + between) / height, width, rows_in / height))
    _rows(named, data, rows, gap_after=WORST)
    named.set_xlabel("score, with 95 % interval")
    strip = figure.add_axes((left / look.WIDTH, bottom / height, width, strip_in / height))
    ranks = np.arange(1, classes + 1)
    strip.fill_between(ranks, data.f1.low, data.f1.high, color=look.FAINT, alpha=0.5, linewidth=0, step="mid")
    strip.step(ranks, data.f1.value, color=look.BLACK, where="mid", linewidth=1.2)
    strip.axhline(data.macro_f1, color=look.GREY, linewidth=0.8, linestyle=":")
    strip.set(xlabel=f"all {classes} classes, by rising F1", ylabel="F1", xlim=(0.5, classes + 0.5), ylim=(0, 1.02))
    strip.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    look.light_grid(strip)
    look.legend_row(figure, named)
    return figure


def _rows(axes: Axes, data: ClassScores, rows: Array, gap_after: int | None = None) -> None:
    """One line of a table for each class, the worst on top; a rule after the first `gap_after`."""
    at = np.arange(len(rows), dtype=float)
    if gap_after is not None:
        at[gap_after:] += 0.8
        axes.axhline(gap_after - 0.1, color=look.GREY, linewidth=0.6)
    for (label, colour, marker), score, shift in zip(
        MARKERS, (data.recall, data.precision, data.f1), (-0.22, 0, 0.22), strict=True
    ):
        part = _taken(score, rows)
        spread = np.stack([part.value - part.low, part.high - part.value]).clip(0)
        axes.errorbar(
            part.value, at + shift, xerr=spread, fmt=marker, color=colour, markersize=4, elinewidth=1, label=label
        )
    axes.set_yticks(at, [_name(data, row) for row in rows])
    axes.tick_params(axis="y", length=0)
    lowest = np.nanmin([_taken(score, rows).low for score in (data.recall, data.precision, data.f1)])
    axes.set(xlim=(max(0, np.floor(10 * lowest) / 10) - 0.01, 1.01), ylim=(at[-1] + 0.6, -0.6))
    look.light_grid(axes, "x")


def _name(data: ClassScores, row: int) -> str:
    return f"{both_ends(data.names[row], 24)}  (n = {data.examples[row]:,})"


def _names_in(data: ClassScores, rows: Array) -> float:
    """Inches that the names of these classes need."""
    return 0.25 + 0.072 * max(len(_name(data, row)) for row in rows)


def _line(data: ClassScores) -> str:
    return f"{data.subject}; mean F1 of the classes {data.macro_f1:.3f}"
