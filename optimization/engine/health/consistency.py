"""Whether a model serves every class alike."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..request import HealthMetric
from ..trial import HealthMeasurement
from .constants import CONSTANTS
from .measurement import absent, measured, short


class Recalls(NamedTuple):
    """Recall and number of validation examples of each class that occurs; arrays (classes that occur,)."""

    classes: np.ndarray
    recall: np.ndarray
    examples: np.ndarray


def recalls(probabilities: np.ndarray, labels: np.ndarray) -> Recalls:
    """probabilities: (examples, classes); labels: (examples,)."""
    counts = np.bincount(labels)
    classes = np.flatnonzero(counts)
    right = np.bincount(labels, weights=probabilities.argmax(axis=1) == labels, minlength=len(counts))
    return Recalls(classes, right[classes] / counts[classes], counts[classes])


def accuracy_consistency(by_class: Recalls | None, names: Sequence[str]) -> HealthMeasurement:
    """1 less the true spread of recall over the classes, as a share of the largest spread possible at that mean.

    The variance that sampling alone gives is taken out, so that few examples do not look like inconsistency. A model
    that always says one class scores 0.
    """
    metric = HealthMetric.ACCURACY_CONSISTENCY
    if by_class is None:
        return absent(metric, "no validation accuracy was measured")
    enough = by_class.examples >= CONSTANTS.fewest_per_class
    if enough.sum() < 2:
        fewest = CONSTANTS.fewest_per_class
        return absent(metric, f"fewer than two classes have {fewest} validation examples")
    recall, examples = by_class.recall[enough], by_class.examples[enough]
    mean = float(recall.mean())
    noise = float((recall * (1 - recall) / examples).mean())
    spread = math.sqrt(max(0.0, float(recall.var()) - noise))
    largest = math.sqrt(mean * (1 - mean))
    value = (1 - min(1.0, spread / largest)) if 0 < mean < 1 else mean
    worst = np.argsort(recall, kind="stable")[:3]
    classes = by_class.classes[enough]
    evidence = {
        "mean_recall": short(mean),
        "true_spread": short(spread),
        "sampling_noise": short(math.sqrt(noise)),
        "classes": int(enough.sum()),
        "worst_classes": [
            {"class": names[classes[k]], "recall": short(recall[k]), "examples": int(examples[k])} for k in worst
        ],
    }
    return measured(metric, value, _advice(value, names[classes[worst[0]]], float(recall[worst[0]])), evidence)


def _advice(value: float, worst: str, recall: float) -> str:
    if value >= CONSTANTS.good:
        return "It serves all classes about alike."
    return f"Class {worst} is found in {recall:.0%} of its examples only: look at its mistakes, or collect more of it."
