"""What the losses of a training tell: whether it was stable, and whether it came down for good."""

import math
from typing import Any, NamedTuple

import numpy as np

from ..loss_record import LossRecord
from ..request import HealthMetric
from ..scoring import ramp
from ..trial import HealthMeasurement
from .constants import CONSTANTS
from .measurement import absent, measured, short


def label_entropy(labels: np.ndarray) -> float:
    """Entropy of the classes' shares, in nats: the loss of a model that knows the shares and nothing else."""
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    return float(-(shares * np.log(shares)).sum())


def training_stability(record: LossRecord, entropy: float) -> HealthMeasurement:
    """1 for a loss that falls without rises and spikes, 0 for one that leaves the numbers."""
    metric = HealthMetric.TRAINING_STABILITY
    losses = np.asarray(record.losses)
    if where := _where_it_diverged(record):
        advice = "The loss left the numbers: lower the learning rate, or set clip_norm."
        return measured(metric, 0.0, advice, where)
    if problem := _too_little(record, entropy):
        return absent(metric, problem)
    chunks = _chunks(record)
    rises = _rises(chunks, record)
    climb = _climb(losses, entropy)
    spikes = spike_batches(losses, entropy)
    up = sum(rise["by"] for rise in rises) / entropy + climb
    spike_share = len(spikes) / len(losses)
    calm = 1 - min(1.0, CONSTANTS.spike_weight * spike_share)
    steady = math.exp(-up / CONSTANTS.up_scale)
    evidence = {
        "rises": rises,
        "climb_decades": short(climb),
        "up": short(up),
        "spikes": len(spikes),
        "spike_share": short(spike_share),
        "spike_epochs": sorted({record.epoch_of(batch) for batch in spikes}),
        "chunk_means": [short(mean) for mean in chunks.means],
    }
    return measured(metric, steady * calm, _stability_advice(steady, calm, rises), evidence)


def convergence_quality(record: LossRecord, entropy: float) -> HealthMeasurement:
    """How far, how straight and how lastingly the loss came down."""
    metric = HealthMetric.CONVERGENCE_QUALITY
    if problem := _too_little(record, entropy):
        return absent(metric, problem)
    finite = [(epochs, loss) for epochs, loss in record.validation if math.isfinite(loss)]
    if not finite:
        return absent(metric, "no validation loss was measured")
    best_at, best = min(finite, key=lambda item: item[1])
    last = record.validation[-1][1]
    progress = ramp((entropy - best) / entropy, 0, CONSTANTS.good_progress)
    sound = math.isfinite(last) and bool(np.isfinite(record.losses).all())  # else the weights are lost
    straight = math.sqrt(_monotony(_chunks(record).means)) if sound else 0.0
    kept = ramp(entropy - last, 0, entropy - best) if sound and best < entropy else 0.0
    evidence = {
        "progress": short((entropy - best) / entropy),
        "straightness": short(straight),
        "gain_kept": short(kept),
        "label_entropy": short(entropy),
        "best_validation_loss": short(best),
        "best_after_epochs": short(best_at),
        "last_validation_loss": short(last) if math.isfinite(last) else None,
    }
    return measured(metric, progress * straight * kept, _convergence_advice(progress, straight, kept), evidence)


def _where_it_diverged(record: LossRecord) -> dict[str, Any]:
    """The first loss, of training or validation, that is no finite number; empty where all are."""
    lost = np.flatnonzero(~np.isfinite(record.losses))
    if len(lost):
        return {"diverged_in_epoch": record.epoch_of(int(lost[0])), "batch": int(lost[0]) + 1}
    epochs = [epochs for epochs, loss in record.validation if not math.isfinite(loss)]
    return {"diverged_in_epoch": math.ceil(epochs[0]), "in_validation": True} if epochs else {}


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
        {"epoch": record.epoch_of(chunks.first_batches[index + 1]), "by": short(excess[index])}
        for index in np.flatnonzero(excess > 0)
    ]


def _climb(losses: np.ndarray, entropy: float) -> float:
    """How many decades the smoothed loss climbs above twice its start, or twice what knowing nothing costs if that is
    more: a model thrown far off in its first batches may look calm for the rest."""
    smoothed = np.median(np.lib.stride_tricks.sliding_window_view(losses, CONSTANTS.climb_window), axis=1)
    limit = CONSTANTS.climb_over_start * max(float(losses[0]), entropy)
    return max(0.0, math.log10(float(smoothed.max()) / limit)) if smoothed.max() > 0 else 0.0


def spike_batches(losses: np.ndarray, entropy: float) -> list[int]:
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
