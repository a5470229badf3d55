"""Is the model as sure as it should be? Accuracy against confidence, and how often each confidence occurs."""

import math
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from . import look
from .answers import read_answers, subject, wilson
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["calibration"].title
BINS = 15
"""As many as the trial's figure for its calibration error has."""
HISTOGRAM_BINS = 20
_LEAST = 1e-7
"""A smaller probability counts as this one in the logarithm, as in Keras."""


class Reliability(NamedTuple):
    """By bin of equally many examples: mean confidence, accuracy, its 95 % interval, examples."""

    confidence: Array
    accuracy: Array
    low: Array
    high: Array
    examples: Array


class Calibration(NamedTuple):
    """ece: expected calibration error; ece_by_chance: what a perfectly calibrated model would show at this size.

    nll: mean -log of the true class's probability, nats. brier: mean squared distance to the truth, in [0, 2].
    histogram: (2, bins), of right and wrong answers, over confidence in histogram_edges.
    """

    subject: str
    reliability: Reliability
    ece: float
    ece_by_chance: float
    nll: float
    brier: float
    mean_confidence: float
    accuracy: float
    histogram: Array
    histogram_edges: Array


def prepare(arrays: TrialArrays) -> Calibration:
    answers = read_answers(arrays)
    examples = len(answers.labels)
    if len(answers.names) < 2:
        raise NotRecorded("with one class every answer is certain")
    confidence, correct = answers.probabilities.max(1), answers.correct
    reliability = bins_of_equal_mass(confidence, correct, bins=min(BINS, examples))
    given = answers.probabilities[np.arange(examples), answers.labels]
    edges = np.linspace(1 / len(answers.names), 1, HISTOGRAM_BINS + 1)
    inside = confidence.clip(edges[0], 1)
    return Calibration(
        subject=subject(arrays, examples),
        reliability=reliability,
        ece=expected_calibration_error(reliability),
        ece_by_chance=_error_by_chance(reliability),
        nll=float(np.log(1 / given.clip(_LEAST, 1)).mean()),
        brier=float(((answers.probabilities**2).sum(1) - 2 * given + 1).mean()),
        mean_confidence=float(confidence.mean()),
        accuracy=float(correct.mean()),
        histogram=np.stack([np.histogram(inside[correct == right], edges)[0] for right in (True, False)]),
        histogram_edges=edges,
    )


def bins_of_equal_mass(confidence: Array, correct: Array, *, bins: int) -> Reliability:
    """confidence: (N,) of the class that was said; correct: (N,) bool. Bins differ by one example at most."""
    parts = np.array_split(np.argsort(confidence, kind="stable"), bins)
    sizes = np.array([len(part) for part in parts])
    hits = np.array([correct[part].sum() for part in parts])
    low, high = wilson(hits, sizes)
    return Reliability(np.array([confidence[part].mean() for part in parts]), hits / sizes, low, high, sizes)


def expected_calibration_error(reliability: Reliability) -> float:
    """Mean distance between confidence and accuracy over bins of equal mass, in [0, 1].

    Source: Nixon et al., "Measuring calibration in deep learning", CVPR workshops 2019 (adaptive calibration error).
    """
    return float(np.average(np.abs(reliability.confidence - reliability.accuracy), weights=reliability.examples))


def _error_by_chance(reliability: Reliability) -> float:
    """The error expected where every confidence is true: the mean distance of a binomial share from its mean."""
    spread = np.sqrt(reliability.confidence * (1 - reliability.confidence) / reliability.examples)
    return float(np.average(math.sqrt(2 / math.pi) * spread, weights=reliability.examples))


def draw(data: Calibration) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=4.6, right=2.45, bottom=0.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
    start = data.histogram_edges[0]
    part = data.reliability
    upper.plot([start, 1], [start, 1], color=look.GREY, linewidth=0.8, linestyle=":", label="as sure as it should be")
    spread = np.stack([part.accuracy - part.low, part.high - part.accuracy]).clip(0)
    upper.errorbar(part.confidence, part.accuracy, yerr=spread, color=look.VALIDATION, marker="o", elinewidth=1,
                   label=f"accuracy, 95 % interval\n({_sizes(part.examples)} a point)")  # fmt: skip
    upper.set(ylabel="accuracy", ylim=(max(0, min(start, part.low.min()) - 0.03), 1.02))
    upper.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
    look.light_grid(upper, "both")
    right, wrong = data.histogram
    middles, width = (data.histogram_edges[1:] + data.histogram_edges[:-1]) / 2, np.diff(data.histogram_edges)
    lower.bar(middles, right, width, color=look.BLUE, edgecolor="white", linewidth=0.4, label="right answers")
    lower.bar(middles, wrong, width, bottom=right, color=look.ORANGE, edgecolor="white", linewidth=0.4,
              label="wrong answers")  # fmt: skip
    lower.set(xlabel="confidence (probability of the class that was said)", ylabel="examples")
    margin = 0.02 * (1 - start)
    lower.set_xlim(start - margin, 1 + margin)
    lower.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
    upper.text(1.045, 0.56, _figures(data), transform=upper.transAxes, va="top", size=look.SMALL, linespacing=1.5)
    return figure


def _sizes(examples: Array) -> str:
    low, high = int(examples.min()), int(examples.max())
    return f"{low:,} examples" if low == high else f"{low:,}–{high:,} examples"


def _figures(data: Calibration) -> str:
    return "\n".join(
        [
            f"accuracy {data.accuracy:.3f}",
            f"mean confidence {data.mean_confidence:.3f}",
            f"calibration error (ECE) {data.ece:.3f}",
            f"  by chance alone {data.ece_by_chance:.3f}",
            f"log loss (NLL) {data.nll:.3f} nats",
            f"Brier score {data.brier:.3f}",
        ]
    )
