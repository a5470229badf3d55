"""The course of a training: losses, gradients, weights and units, as arrays. A trial that was pruned has them too."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ..datasets import Splits
from ..health.losses import spike_batches
from ..layers import describe_layers
from ..loss_record import LossRecord
from ..monitor import HealthMonitor, Moment
from ..probes import some_values, trained_biases, trained_kernels, weight_name
from ..request import HealthMetric
from ..trial import EpochReport, TrialResult, TrialSpec
from . import Arrays

BINS = 60
GRADIENT_DECADES = (-12.0, 4.0)
OUTER_PERCENTILES = (0.1, 99.9)
"""A histogram's ends: single values far out must not squeeze all others into one bin."""
FIGURES = ("parameters", "flops", "model_bytes", "val_accuracy", "val_balanced_accuracy", "test_accuracy")
LAYER_FIELDS = ("name", "type", "output_shape", "parameters", "flops")
COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy", "val_balanced_accuracy", "learning_rate", "duration_s")


def about_course(
    spec: TrialSpec, result: TrialResult, splits: Splits, monitor: HealthMonitor, model: keras.Model
) -> dict[str, Any]:
    """Plain values that go with the arrays: what was trained on what, and what was measured of it."""
    units = [layer.units for layer in monitor.moments[-1].layers]
    return {
        "number": spec.number,
        "dataset_name": spec.dataset_name,
        "modality": splits.modality.value,
        "class_names": list(splits.class_names),
        "epochs_asked": spec.max_epochs,
        **{name: getattr(result, name) for name in FIGURES},
        "metrics": [metric.value for metric in HealthMetric],
        "layers": [{field: getattr(record, field) for field in LAYER_FIELDS} for record in describe_layers(model)],
        "kernel_layers": [weight_name(kernel) for kernel in trained_kernels(model)],
        "bias_layers": [weight_name(bias) for bias in trained_biases(model)],
        "unit_layers": [{"name": each.layer, "type": each.type, "activation": each.activation} for each in units],
        "health": {name: measured.to_dict() for name, measured in result.health.items()},
        "overfitting": result.overfitting.to_dict() if result.overfitting else None,
        "extras": dict(result.extras),
    }


def course(reports: Sequence[EpochReport], monitor: HealthMonitor, model: keras.Model) -> Arrays:
    """All arrays of the course; those of what was not measured are absent."""
    return {
        **_epochs(reports, monitor),
        **_batches(monitor.record, monitor.standing.label_entropy),
        "batch_learning_rate": _learning_rates(model, monitor.record, reports),
        **_gradients(monitor.moments),
        **_weights(monitor, model),
        **_units(monitor.moments),
        **_activations(monitor.moments),
    }


def _epochs(reports: Sequence[EpochReport], monitor: HealthMonitor) -> Arrays:
    arrays = {f"epoch_{name}": _floats([getattr(report, name) for report in reports]) for name in COLUMNS}
    health = [[report.health.get(metric.value) for metric in HealthMetric] for report in reports]
    arrays["epoch_health"] = _floats(health).reshape(len(reports), len(HealthMetric))
    checked = {checkup.epoch: checkup for checkup in monitor.checkups}
    for name in ("training_loss", "training_accuracy"):
        values = [getattr(checked[r.epoch], name) if r.epoch in checked else None for r in reports]
        arrays[f"epoch_{name.replace('training', 'train')}"] = _floats(values)
    return arrays


def _batches(record: LossRecord, entropy: float) -> Arrays:
    losses = np.asarray(record.losses, np.float32)
    epochs, validation = zip(*record.validation, strict=True) if record.validation else ((), ())
    return {
        "batch_loss": losses,
        "epoch_starts": np.asarray(record.epoch_starts, np.int32),
        "spike_batches": np.asarray(spike_batches(losses, entropy) if entropy > 0 else [], np.int32),
        "subset_epochs": np.asarray(epochs, np.float32),
        "subset_loss": np.asarray(validation, np.float32),
    }


def _learning_rates(model: keras.Model, record: LossRecord, reports: Sequence[EpochReport]) -> np.ndarray:
    """The rate of every step: of a schedule exactly, else that at the end of the step's epoch."""
    schedule = getattr(model.optimizer, "_learning_rate", None)
    steps = len(record.losses)
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return np.asarray(keras.ops.vectorized_map(schedule, keras.ops.arange(steps)), np.float32)
    rates = [report.learning_rate for report in reports] + [float(model.optimizer.learning_rate)]
    epochs = np.searchsorted(record.epoch_starts, np.arange(steps), side="right") - 1
    return _floats(rates)[np.minimum(epochs, len(rates) - 1)].astype(np.float32)


def _gradients(moments: Sequence[Moment]) -> Arrays:
    bins = np.linspace(*GRADIENT_DECADES, BINS + 1)
    arrays: Arrays = {"probe_epochs": np.asarray([moment.epoch for moment in moments], np.int32)}
    if not moments[0].gradients.kernels:
        return arrays
    for name in ("norm", "ratio", "zero_share", "mean_abs"):
        arrays[f"gradient_{name}"] = _floats([getattr(moment.gradients, name) for moment in moments])
    arrays["gradient_histogram"] = np.asarray(
        [[_histogram(_log10(values), bins) for values in moment.gradient_values] for moment in moments], np.int32
    )
    arrays["gradient_bins"] = bins
    arrays["weight_norm"] = _floats([moment.weight_norm for moment in moments])
    updates = [(moment.epoch, moment.update_ratio) for moment in moments if moment.update_ratio is not None]
    if updates:
        arrays["update_epochs"] = np.asarray([epoch for epoch, _ in updates], np.int32)
        arrays["update_ratio"] = _floats([ratio for _, ratio in updates])
    return arrays


def _weights(monitor: HealthMonitor, model: keras.Model) -> Arrays:
    arrays: Arrays = {}
    pairs = {
        "weight": (monitor.first_kernels, trained_kernels(model)),
        "bias": (monitor.first_biases, trained_biases(model)),
    }
    for name, (first, variables) in pairs.items():
        last = [some_values(variable) for variable in variables]
        if not last:
            continue
        bins = [_bins(np.concatenate(both)) for both in zip(first, last, strict=True)]
        arrays[f"{name}_bins"] = np.asarray(bins)
        arrays[f"{name}_histogram"] = np.asarray(
            [[_histogram(values, edges) for values, edges in zip(each, bins, strict=True)] for each in (first, last)],
            np.int32,
        )
    return arrays


def _units(moments: Sequence[Moment]) -> Arrays:
    """Of every unit, before the first step and at the end; of every layer, dead and dormant shares by moment."""
    layers = [[layer.units for layer in moment.layers] for moment in moments]
    if not layers[0]:
        return {}
    ends = (layers[0], layers[-1])
    arrays = {
        "unit_layer": np.concatenate([np.full(len(each.fires), k, np.int32) for k, each in enumerate(layers[0])]),
        "unit_fires": _floats([np.concatenate([each.fires for each in end]) for end in ends]),
        "unit_spread": _floats([np.concatenate([each.spread for each in end]) for end in ends]),
        "unit_weight": _floats([np.concatenate([each.weights() for each in end]) for end in ends]),
        "unit_saturated": _floats(
            [
                np.concatenate([np.full(len(e.fires), np.nan) if e.saturated is None else e.saturated for e in end])
                for end in ends
            ]
        ),
    }
    arrays["dead_share"] = _floats([[each.dead_share() for each in moment] for moment in layers])
    arrays["dormant_share"] = _floats([[each.dormant_share() for each in moment] for moment in layers])
    return arrays


def _activations(moments: Sequence[Moment]) -> Arrays:
    if not moments[0].layers:
        return {}
    by_layer = list(zip(*(moment.layers for moment in moments), strict=True))
    bins = [_bins(np.concatenate([reading.values for reading in readings])) for readings in by_layer]
    arrays = {
        "activation_bins": np.asarray(bins),
        "activation_histogram": np.asarray(
            [
                [_histogram(reading.values, edges) for reading, edges in zip(moment.layers, bins, strict=True)]
                for moment in moments
            ],
            np.int32,
        ),
    }
    for name in ("mean", "std", "zero_share"):
        arrays[f"activation_{name}"] = _floats([[getattr(r, name) for r in moment.layers] for moment in moments])
    return arrays


def _log10(values: np.ndarray) -> np.ndarray:
    """Zeros are left out: their share stands apart."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    return np.asarray(np.clip(np.log10(sizes), *GRADIENT_DECADES))


def _bins(values: np.ndarray) -> np.ndarray:
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, OUTER_PERCENTILES) if len(finite) else (0.0, 0.0)
    if not high - low > 1e-9:
        low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, BINS + 1)


def _histogram(values: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Counts; what lies outside of the bins counts in the outermost."""
    finite = values[np.isfinite(values)]
    return np.asarray(np.histogram(np.clip(finite, bins[0], bins[-1]), bins)[0])


def _floats(values: Any) -> np.ndarray:
    """None becomes NaN."""
    return np.asarray(np.asarray(values, dtype=np.float64), dtype=np.float32)
