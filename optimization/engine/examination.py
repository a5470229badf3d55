"""What is measured of a model once its training is complete, beside health: shown, not scored."""

import warnings
from typing import NamedTuple

import keras
import numpy as np
from cleanlab.filter import find_label_issues

from .datasets import Modality, Splits
from .evaluation import Latency, Predictor
from .health.calibration import calibration
from .health.consistency import recalls
from .watch import TrialWatch

LATENCY_BATCHES = (1, 64)
MOST_FEATURES = 600
"""Examples whose last hidden layer is kept, for an embedding map and the effective rank."""
NOISE_EXAMPLES = 500
PICTURE_NOISE = (0.0, 0.05, 0.1, 0.2, 0.3)
"""Standard deviations of Gaussian noise on pictures in [0, 1]."""
WORD_DROPS = (0.0, 0.1, 0.2, 0.3, 0.5)
"""Shares of a text's words that become unknown."""
JUDGED_AT = 0.1
"""The level, of either kind, at which robustness is stated as one figure."""
UNKNOWN_WORD, PADDING = 2, 0


class Noise(NamedTuple):
    """Accuracy on validation examples, by the strength of the noise on them."""

    levels: tuple[float, ...]
    accuracies: tuple[float, ...]
    examples: int


class Examination(NamedTuple):
    """features: (examples, values) that the last layer sees. feature_rows, label_issues: rows of the validation
    split, of the latter the likeliest errors first."""

    latency: dict[int, Latency]
    noise: Noise
    features: np.ndarray
    feature_rows: np.ndarray
    label_issues: np.ndarray


def examine(model: keras.Model, predictor: Predictor, splits: Splits, probabilities: np.ndarray) -> Examination:
    """probabilities: of all validation examples."""
    rows = np.sort(np.random.default_rng(0).permutation(len(splits.y_val))[:MOST_FEATURES])
    return Examination(
        latency={size: predictor.latency(_batch_of(splits.x_val, size)) for size in LATENCY_BATCHES},
        noise=_noise(predictor, splits),
        features=_features(model, splits.x_val[rows]),
        feature_rows=rows,
        label_issues=_label_issues(probabilities, splits.y_val),
    )


def extra_figures(examined: Examination, watch: TrialWatch, labels: np.ndarray) -> dict[str, float | None]:
    """The figures beside the six, by name; the unit at the end of a name where it has one. labels: of validation."""
    measured, by_class = calibration(watch.probabilities, labels), recalls(watch.probabilities, labels)
    noisy = dict(zip(examined.noise.levels, examined.noise.accuracies, strict=True))
    return {
        "calibration_error": measured.expected_error,
        "negative_log_likelihood": watch.reports[-1].val_loss,
        "brier_score": measured.brier_score,
        "generalization_gap": watch.monitor.overfitting().value,
        "worst_class_recall": float(by_class.recall.min()),
        "class_recall_spread": float(by_class.recall.std()),
        "noise_robustness": noisy[JUDGED_AT] / noisy[0.0] if noisy[0.0] else None,
        "latency_1_p95_s": examined.latency[1].p95_s,
        "latency_64_p95_s": examined.latency[64].p95_s,
        "likely_label_errors": float(len(examined.label_issues)),
        "effective_rank": effective_rank(examined.features),
        "monitoring_share": float(np.median([report.monitoring_s / report.duration_s for report in watch.reports])),
    }


def effective_rank(features: np.ndarray) -> float | None:
    """How many directions the features really use: the exponential of the entropy of the singular values' shares.

    features: (examples, units). None where all are alike. Source: Roy & Vetterli, EUSIPCO 2007.
    """
    features = features.astype(np.float64)
    if not np.ptp(features, axis=0).any():
        return None
    values = np.linalg.svd(features - features.mean(axis=0), compute_uv=False)
    total = float(values.sum())
    shares = values[values > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _batch_of(examples: np.ndarray, size: int) -> np.ndarray:
    return np.resize(examples[:size], (size, *examples.shape[1:]))


def _features(model: keras.Model, examples: np.ndarray) -> np.ndarray:
    """What the last layer sees, (examples, values); of one that joins several, all of them side by side."""
    seen = keras.tree.flatten(model.layers[-1].input)
    parts = [Predictor(keras.Model(model.input, each)).probabilities(examples) for each in seen]
    return np.concatenate([np.reshape(part, (len(examples), -1)) for part in parts], axis=1)


def _noise(predictor: Predictor, splits: Splits) -> Noise:
    rng = np.random.default_rng(0)
    x, y = splits.x_val[:NOISE_EXAMPLES], splits.y_val[:NOISE_EXAMPLES]
    levels = WORD_DROPS if splits.modality is Modality.TEXT else PICTURE_NOISE
    spoiled = _without_words if splits.modality is Modality.TEXT else _noisy
    accuracies = [float((predictor.probabilities(spoiled(x, level, rng)).argmax(1) == y).mean()) for level in levels]
    return Noise(levels, tuple(accuracies), len(y))


def _noisy(pictures: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(0, level, pictures.shape) if level else np.zeros(())
    return np.clip(pictures + noise, 0, 1).astype(pictures.dtype)


def _without_words(texts: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    hidden = (rng.random(texts.shape) < share) & (texts != PADDING)
    return np.where(hidden, UNKNOWN_WORD, texts).astype(texts.dtype)


def _label_issues(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rows of examples whose label is probably wrong, the likeliest first. Needs two classes at least that occur."""
    if len(np.unique(labels)) < 2:
        return np.zeros(0, int)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "May not flag all label issues")  # a line in the log for each rare class
        issues = find_label_issues(labels, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1)
    return np.asarray(issues, dtype=int)
