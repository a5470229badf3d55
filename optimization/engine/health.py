"""The health of a model and its training: six metrics in [0, 1], larger is healthier, measured or absent.

docs/HEALTH.md has the definitions. This module is plain numpy; training.py feeds it while a model trains.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .loss_record import LossRecord
from .request import HealthMetric
from .scoring import ramp, skill
from .trial import HealthMeasurement


class Constants(NamedTuple):
    """The engineering choices in the definitions, all in one place."""

    chunks: int = 20
    fewest_batches_per_chunk: int = 4
    rise_standard_errors: float = 2.0
    climb_over_first: float = 1.5
    up_scale: float = 0.25
    spike_window: int = 10
    spike_deviations: float = 6.0
    spike_entropy_share: float = 0.5
    spike_weight: float = 10.0
    good_progress: float = 0.25
    size_from: float = 1e4
    size_decades: float = 3.0
    size_penalty: float = 0.5
    good: float = 0.8
    fair: float = 0.5


CONSTANTS = Constants()


class Standing(NamedTuple):
    """What the metrics need beside the losses. accuracy: plain, on validation data, None before it is measured.

    label_entropy: of the classes in the training examples, in nats. majority_share: in the validation split.
    """

    accuracy: float | None
    majority_share: float
    label_entropy: float
    parameters: int
    classes: int


def measure(record: LossRecord, standing: Standing) -> dict[str, HealthMeasurement]:
    """All six metrics by name, from what is known so far."""
    measured = {
        HealthMetric.PARAMETER_EFFICIENCY: parameter_efficiency(record, standing),
        HealthMetric.TRAINING_STABILITY: training_stability(record, standing.label_entropy),
        HealthMetric.CONVERGENCE_QUALITY: convergence_quality(record, standing.label_entropy),
    }
    return {
        metric.value: measured.get(metric) or _absent(metric, "not measured by this version") for metric in HealthMetric
    }


def label_entropy(labels: np.ndarray) -> float:
    """Entropy of the classes' shares, in nats: the loss of a model that knows the shares and nothing else."""
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-(shares * np.log(shares)).sum())


def parameter_efficiency(record: LossRecord, standing: Standing) -> HealthMeasurement:
    """Skill, reduced by up to half for size beyond 10,000 weights."""
    metric = HealthMetric.PARAMETER_EFFICIENCY
    if standing.accuracy is None:
        return _absent(metric, "no validation accuracy was measured")
    s = skill(standing.accuracy, standing.majority_share)
    decades = math.log10(max(1, standing.parameters) / CONSTANTS.size_from)
    penalty = CONSTANTS.size_penalty * ramp(decades, 0, CONSTANTS.size_decades)
    if s < CONSTANTS.fair:
        advice = "It gets too little right for its size to matter yet."
    elif penalty > 1 - CONSTANTS.good:
        advice = f"{standing.parameters:,} weights are many for this skill: try fewer units or global pooling."
    else:
        advice = "Its size suits what it can do."
    evidence = {
        "skill": _short(s),
        "accuracy": _short(standing.accuracy),
        "majority_share": _short(standing.majority_share),
        "parameters": standing.parameters,
        "size_penalty": _short(penalty),
        "first_epoch_compression": _first_epoch_compression(record, standing.classes),
    }
    return _measured(metric, s * (1 - penalty), advice, evidence)


def training_stability(record: LossRecord, entropy: float) -> HealthMeasurement:
    """1 for a loss that falls without rises and spikes, 0 for one that leaves the numbers."""
    metric = HealthMetric.TRAINING_STABILITY
    losses = np.asarray(record.losses)
    if not np.isfinite(losses).all():
        batch = int(np.flatnonzero(~np.isfinite(losses))[0])
        advice = "The loss left the numbers: lower the learning rate, or set clip_norm."
        return _measured(metric, 0.0, advice, {"diverged_in_epoch": record.epoch_of(batch), "batch": batch + 1})
    if problem := _too_little(record, entropy):
        return _absent(metric, problem)
    chunks = _chunks(record)
    rises = _rises(chunks, record)
    climb = _climb(chunks.means)
    spikes = _spikes(losses, entropy)
    up = (sum(rise["by"] for rise in rises) + climb) / entropy
    spike_share = len(spikes) / len(losses)
    calm = 1 - min(1.0, CONSTANTS.spike_weight * spike_share)
    steady = math.exp(-up / CONSTANTS.up_scale)
    evidence = {
        "rises": rises,
        "climb_over_first": _short(climb),
        "up": _short(up),
        "spikes": len(spikes),
        "spike_share": _short(spike_share),
        "spike_epochs": sorted({record.epoch_of(batch) for batch in spikes}),
        "chunk_means": [_short(mean) for mean in chunks.means],
    }
    return _measured(metric, steady * calm, _stability_advice(steady, calm, rises), evidence)


def convergence_quality(record: LossRecord, entropy: float) -> HealthMeasurement:
    """How far, how straight and how lastingly the loss came down."""
    metric = HealthMetric.CONVERGENCE_QUALITY
    if problem := _too_little(record, entropy):
        return _absent(metric, problem)
    finite = [(epochs, loss) for epochs, loss in record.validation if math.isfinite(loss)]
    if not finite:
        return _absent(metric, "no validation loss was measured")
    best_at, best = min(finite, key=lambda item: item[1])
    last = record.validation[-1][1]
    progress = ramp((entropy - best) / entropy, 0, CONSTANTS.good_progress)
    sound = math.isfinite(last) and bool(np.isfinite(record.losses).all())  # else the weights are lost
    straight = math.sqrt(_monotony(_chunks(record).means)) if sound else 0.0
    kept = ramp(entropy - last, 0, entropy - best) if sound and best < entropy else 0.0
    evidence = {
        "progress": _short((entropy - best) / entropy),
        "straightness": _short(straight),
        "gain_kept": _short(kept),
        "label_entropy": _short(entropy),
        "best_validation_loss": _short(best),
        "best_after_epochs": _short(best_at),
        "last_validation_loss": _short(last) if math.isfinite(last) else None,
    }
    return _measured(metric, progress * straight * kept, _convergence_advice(progress, straight, kept), evidence)


class _Chunks(NamedTuple):
    """Parts of the training of equal numbers of batches, for means that are less noisy than batches."""

    means: np.ndarray
    standard_errors: np.ndarray
    first_batches: list[int]


def _chunks(record: LossRecord) -> _Chunks:
    losses, weights = np.asarray(record.losses), np.asarray(record.examples, float)
    count = min(CONSTANTS.chunks, len(losses) // CONSTANTS.fewest_batches_per_chunk)
    parts = np.array_split(np.arange(len(losses)), count)
    means = [np.average(losses[part], weights=weights[part]) for part in parts]
    errors = [
        math.sqrt(np.average((losses[part] - mean) ** 2, weights=weights[part]) / (len(part) - 1))
        for part, mean in zip(parts, means, strict=True)
    ]
    return _Chunks(np.asarray(means), np.asarray(errors), [int(part[0]) for part in parts])


def _rises(chunks: _Chunks, record: LossRecord) -> list[dict[str, Any]]:
    """Steps up from chunk to chunk, each by what noise does not explain.

    With twenty chunks some step exceeds two standard errors by chance in every third training that is
    all noise, so only the excess counts. A chunk may have few batches, whose spread is low by chance: no
    step is held to be surer than two typical chunks make it.
    """
    errors = chunks.standard_errors
    noise = np.maximum(np.hypot(errors[:-1], errors[1:]), math.sqrt(2) * np.median(errors))
    excess = np.diff(chunks.means) - CONSTANTS.rise_standard_errors * noise
    return [
        {"epoch": record.epoch_of(chunks.first_batches[index + 1]), "by": _short(excess[index])}
        for index in np.flatnonzero(excess > 0)
    ]


def _climb(means: np.ndarray) -> float:
    """How far the smoothed loss climbs above one and a half times its start."""
    if len(means) < 3:
        return 0.0
    smoothed = np.median(np.lib.stride_tricks.sliding_window_view(means, 3), axis=1)
    return max(0.0, float(smoothed.max()) - CONSTANTS.climb_over_first * float(means[0]))


def _spikes(losses: np.ndarray, entropy: float) -> list[int]:
    """Batches far above the running median of those before them, by the usual spread and by what matters."""
    window = CONSTANTS.spike_window
    if len(losses) <= window:
        return []
    before = np.median(np.lib.stride_tricks.sliding_window_view(losses[:-1], window), axis=1)
    above = losses[window:] - before
    limit = max(CONSTANTS.spike_deviations * float(np.median(np.abs(above))), CONSTANTS.spike_entropy_share * entropy)
    return [int(batch) + window for batch in np.flatnonzero(above > limit)]


def _monotony(means: np.ndarray) -> float:
    """Net fall over the whole way gone: 1 for a loss that only falls."""
    way = float(np.abs(np.diff(means)).sum())
    fall = float(means[0] - means[-1])
    return ramp(fall, 0, way) if way > 0 else 0.0


def _too_little(record: LossRecord, entropy: float) -> str:
    """Why losses cannot be judged, if they cannot."""
    if entropy <= 0:
        return "the training examples have one class only"
    fewest = 2 * CONSTANTS.fewest_batches_per_chunk
    return f"only {len(record.losses)} batches, at least {fewest} are needed" if len(record.losses) < fewest else ""


def _first_epoch_compression(record: LossRecord, classes: int) -> float | None:
    """Share of the labels' code length that the first pass saves, every batch coded before it is learned.

    Shown, not scored. Source: Blier & Ollivier, arXiv 1802.07044.
    """
    losses = record.first_epoch_losses()
    if classes < 2 or not losses or not np.isfinite(losses).all():
        return None
    mean = np.average(losses, weights=record.examples[: len(losses)])
    return _short(1 - mean / math.log(classes))


def _stability_advice(steady: float, calm: float, rises: list[dict[str, Any]]) -> str:
    if min(steady, calm) >= CONSTANTS.good:
        return "No rise and no spike in the loss is worth a worry."
    if calm < steady:
        return "Single batches throw the loss up: set clip_norm, or lower the learning rate."
    where = f" in epoch {max(rises, key=lambda rise: rise['by'])['epoch']}" if rises else ""
    return f"The loss rises again{where}: lower the learning rate, or let it fall by a schedule."


def _convergence_advice(progress: float, straight: float, kept: float) -> str:
    if progress * straight * kept >= CONSTANTS.good:
        return "The loss came down far, straight and for good."
    if progress <= min(straight, kept):
        return "It learned little beyond how frequent each class is: raise the learning rate, the size or the epochs."
    if straight <= kept:
        return "The loss goes to and fro on its way down: lower the learning rate, or take larger batches."
    return "The validation loss rose again after its best: stop earlier, or add dropout, L2 or augmentation."


def _measured(metric: HealthMetric, value: float, advice: str, evidence: Mapping[str, Any]) -> HealthMeasurement:
    verdict = "good" if value >= CONSTANTS.good else "fair" if value >= CONSTANTS.fair else "poor"
    return HealthMeasurement(metric=metric.value, value=value, verdict=verdict, advice=advice, evidence=evidence)


def _absent(metric: HealthMetric, reason: str) -> HealthMeasurement:
    return HealthMeasurement(metric=metric.value, value=None, reason=reason)


def _short(value: float) -> float:
    return round(float(value), 4)
