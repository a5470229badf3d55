"""What a model answered on validation data, and how sure one may be of shares counted there."""

import functools
from typing import Any, NamedTuple

import numpy as np

from .record import Array, NotRecorded, TrialArrays

Z = 1.959964
"""Standard deviations either side that hold 95 % of a normal distribution."""

_MARKS = {"[PAD]", "[START]"}


class Answers(NamedTuple):
    """labels, predicted: (N,) class numbers; probabilities: (N, C), rows sum to 1; names: C."""

    labels: Array
    probabilities: Array
    predicted: Array
    names: list[str]

    @property
    def correct(self) -> Array:
        return np.equal(self.predicted, self.labels)


@functools.lru_cache(maxsize=1)
def read_answers(arrays: TrialArrays) -> Answers:
    """Kept for the next plot, so not to be changed. Raises NotRecorded where the trial has none, or no numbers."""
    labels = arrays.require("val_labels", "the model was not evaluated on validation data")
    probabilities = arrays.require("val_probabilities", "the model was not evaluated on validation data")
    if not np.isfinite(probabilities).all():
        raise NotRecorded("the model's answers are not finite numbers: its weights left the numbers in training")
    probabilities = probabilities.astype(np.float64)
    probabilities.flags.writeable = False
    return Answers(labels.astype(np.int64), probabilities, probabilities.argmax(1), arrays.class_names)


def subject(arrays: TrialArrays, examples: int) -> str:
    """The line below a title: "digits, trial 12, 360 validation examples"."""
    return f"{arrays.subject}, {examples:,} validation examples"


def count_confusions(answers: Answers) -> Array:
    """(C, C) counts: the row is the true class, the column what the model said."""
    classes = len(answers.names)
    return np.bincount(answers.labels * classes + answers.predicted, minlength=classes**2).reshape(classes, classes)


def wilson(hits: Any, of: Any) -> tuple[Array, Array]:
    """Lower and upper end of the 95 % interval of a share counted as `hits` in `of`; NaN where `of` is 0.

    Unlike the share ± 1.96 standard errors it stays in [0, 1] and is right for few examples and for shares near the
    ends. Source: Wilson, "Probable inference", JASA 22, 1927; Brown, Cai and DasGupta, Statistical Science 16, 2001.
    """
    k, n = np.asarray(hits, np.float64), np.asarray(of, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)


def percent(share: float) -> str:
    """0.973 as "97 %", and what is neither none nor all as "< 1 %" and "> 99 %"."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def both_ends(name: str, most: int) -> str:
    """A class name of at most `most` characters, its middle left out: "Speed lim…(120 km/h)" is told by its end."""
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[: most - 1 - half].rstrip()}…{name[-half:].lstrip()}"


def readable(words: list[str]) -> str:
    """A text as a person reads it, without the marks that fill it up."""
    return " ".join(word for word in words if word not in _MARKS)
