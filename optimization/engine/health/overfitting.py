"""Whether a model learned its training examples rather than the task: shown beside the six metrics, not scored."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..trial import HealthMeasurement
from .constants import CONSTANTS
from .measurement import short

NAME = "overfitting"
NONE, SOME, STRONG = "none", "some", "strong"


class Checkup(NamedTuple):
    """A model in inference mode after an epoch, on training examples and on validation examples; losses in nats."""

    epoch: int
    training_loss: float
    training_accuracy: float
    validation_loss: float
    validation_accuracy: float


class Gap(NamedTuple):
    """Training less validation accuracy at the end, with its 95 % interval [low, high]."""

    value: float
    low: float
    high: float


def generalization_gap(last: Checkup, examples: tuple[int, int]) -> Gap:
    """examples: how many of training and of validation were looked at.

    Normal approximation for the difference of two shares, each smoothed by an added success and failure.
    Source: Agresti & Caffo, The American Statistician 54 (2000).
    """
    shares = zip((last.training_accuracy, last.validation_accuracy), examples, strict=True)
    a, b = [((share * n + 1) / (n + 2), n + 2) for share, n in shares]
    half = CONSTANTS.confidence * math.sqrt(sum(p * (1 - p) / n for p, n in (a, b)))
    centre = a[0] - b[0]
    value = last.training_accuracy - last.validation_accuracy
    return Gap(value, max(-1.0, centre - half), min(1.0, centre + half))


def overfitting(checkups: Sequence[Checkup], examples: tuple[int, int], entropy: float) -> HealthMeasurement:
    """value: the gap in accuracy; verdict: none, some or strong.

    Strong where the gap is surely large, or where it is sure and the validation loss rose well above its best while
    the training loss went on falling; some where either is noticeable. Losses are compared as shares of `entropy`,
    that of the classes.
    """
    if not checkups:
        return HealthMeasurement(metric=NAME, value=None, reason="no epoch is complete yet")
    last, best = checkups[-1], min(checkups, key=_loss_or_infinity)
    gap = generalization_gap(last, examples)
    rise = (last.validation_loss - best.validation_loss) / (entropy or 1.0)
    rises = rise > CONSTANTS.rise_noticed and last.training_loss < best.training_loss
    verdict = _verdict(gap, rises)
    evidence = {
        "training_accuracy": short(last.training_accuracy),
        "validation_accuracy": short(last.validation_accuracy),
        "gap_interval": [short(gap.low), short(gap.high)],
        "training_loss": short(last.training_loss),
        "validation_loss": short(last.validation_loss),
        "best_validation_loss": short(best.validation_loss),
        "best_validation_loss_in_epoch": best.epoch,
        "validation_loss_rise": short(rise),
        "training_examples": examples[0],
        "validation_examples": examples[1],
    }
    return HealthMeasurement(
        metric=NAME, value=gap.value, verdict=verdict, advice=_advice(verdict, rises, best.epoch), evidence=evidence
    )


def _loss_or_infinity(checkup: Checkup) -> float:
    return checkup.validation_loss if math.isfinite(checkup.validation_loss) else math.inf


def _verdict(gap: Gap, rises: bool) -> str:
    if gap.low > CONSTANTS.gap_large or (rises and gap.low > CONSTANTS.gap_noticed):
        return STRONG
    return SOME if rises or gap.low > CONSTANTS.gap_noticed else NONE


def _advice(verdict: str, rises: bool, best_epoch: int) -> str:
    if verdict == NONE:
        return "It does as well on examples it never saw."
    if rises:
        return (
            f"The validation loss was best after epoch {best_epoch} and rose since, while the training loss fell: stop "
            "there, or add dropout, L2 or augmentation; wrong labels show so too."
        )
    return (
        "It does clearly better on what it was trained on: add dropout, L2, augmentation or data, take a smaller "
        "model, and check that validation data come from the same source."
    )
