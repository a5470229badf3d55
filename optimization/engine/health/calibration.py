"""Whether a model's probabilities mean what they say: shown beside the six metrics, not scored."""

from typing import NamedTuple

import numpy as np

from .constants import CONSTANTS


class Calibration(NamedTuple):
    """expected_error: in [0, 1], 0 is perfect. brier_score: in [0, 2], 0 is perfect."""

    expected_error: float
    brier_score: float


def calibration(probabilities: np.ndarray, labels: np.ndarray) -> Calibration:
    """probabilities: (examples, classes); labels: (examples,).

    The expected error is over bins of equal numbers of examples, by confidence; with few examples a perfect model
    has one too, so proper scores, this one's and the loss, stand beside it. Sources: Nixon et al., arXiv 1904.01685,
    adaptive bins; Brier, Monthly Weather Review 78 (1950).
    """
    rows = np.arange(len(labels))
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    bins = np.array_split(order, min(CONSTANTS.calibration_bins, len(labels)))
    error = sum(len(part) * abs(right[part].mean() - confidence[part].mean()) for part in bins) / len(labels)
    squares = (probabilities.astype(np.float64) ** 2).sum(axis=1) - 2 * probabilities[rows, labels] + 1
    return Calibration(float(error), float(squares.mean()))
