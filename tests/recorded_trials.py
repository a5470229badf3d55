"""Made-up arrays of one trial, of the shape that a real one leaves in `arrays.npz`, for tests and looks at its plots.

Pictures and mistakes are of real digits and photographs; everything else follows plain formulas, seeded by the kind.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from optimization.engine.request import HealthMetric
from tests.recorded_kinds import FEATURES, KINDS, Kind, biased, kernels, recurrent, with_maps, with_units
from tests.recorded_samples import Arrays, issue_rows, picture_samples, sample_rows, text_samples, words, worst_rows

BINS = 40

_ABSENT_OF_POOR = (
    "features", "feature_rows", "subset_epochs", "subset_loss", "update_epochs", "update_ratio", "epoch_train_loss",
    "epoch_train_accuracy", "bias_histogram", "bias_bins", "saliency", "noise_levels", "noise_accuracy",
    "noise_examples", "layer_latency_s", "worst_images", "worst_rows", "issue_images",
)  # fmt: skip


def make_arrays(kind: str) -> Arrays:
    """All that a trial of this kind records, and `about`; the same arrays at every call."""
    of = KINDS[kind]
    rng = np.random.default_rng(of.seed)
    arrays: Arrays = {}
    for part in (_history, _predictions, _gradients, _weights, _units, _activations, _robustness_and_cost):
        arrays |= part(of, rng, arrays)
    arrays |= picture_samples(of, rng, arrays) if of.side else text_samples(of, rng, arrays)
    about = _about(of, arrays)
    if kind == "poor":
        arrays = _spoiled(arrays, about)
    return arrays | {"about": np.array(json.dumps(about, allow_nan=False))}


def write_record(folder: Path, kind: str) -> Path:
    """Writes `arrays.npz` into the folder, as a trial does, and returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "arrays.npz"
    np.savez_compressed(path, **make_arrays(kind))
    return path


def _moments(of: Kind) -> np.ndarray:
    return np.arange(of.epochs + 1)


def _history(of: Kind, rng: np.random.Generator, _: Arrays) -> Arrays:
    batches = of.epochs * of.batches_per_epoch
    first = np.log(len(of.class_names))
    last = of.final_loss if np.isfinite(of.final_loss) else first
    progress = np.arange(batches) / of.batches_per_epoch
    batch_loss = last * 0.8 + (first - last * 0.8) * np.exp(-progress / (of.epochs / 5)) + rng.normal(0, 0.06, batches)
    spikes = np.array([batches // 3, batches // 2 + 5]) if of.epochs > 1 else np.array([], int)
    batch_loss[spikes] += 0.7 * first
    starts = np.arange(of.epochs) * of.batches_per_epoch
    epoch_loss = np.add.reduceat(batch_loss, starts) / of.batches_per_epoch
    drift = np.linspace(0, 0.25, of.epochs) ** 2
    val_loss = epoch_loss + drift + rng.normal(0, 0.01, of.epochs)
    accuracy = np.clip(1 - epoch_loss / (first * 1.15), 0, 1)
    val_accuracy = np.clip(1 - val_loss / (first * 1.15), 0, 1)
    rate = 1e-3 * 0.5 * (1 + np.cos(np.pi * progress / of.epochs))
    health = np.clip(0.92 - 0.1 * rng.random((of.epochs, 6)) - 0.3 / (1 + np.arange(of.epochs))[:, None], 0, 1)
    health[: min(2, of.epochs - 1), 4] = np.nan
    subset_epochs = np.arange(1, 4 * of.epochs + 1) / 4
    subset_loss = np.interp(subset_epochs, np.arange(1, of.epochs + 1), val_loss)
    return {
        "epoch_loss": epoch_loss, "epoch_accuracy": accuracy, "epoch_val_loss": val_loss,
        "epoch_val_accuracy": val_accuracy, "epoch_val_balanced_accuracy": val_accuracy - 0.005,
        "epoch_learning_rate": rate[starts], "epoch_duration_s": rng.uniform(1.3, 1.5, of.epochs),
        "epoch_health": health, "epoch_train_loss": epoch_loss * 0.9, "epoch_train_accuracy": np.sqrt(accuracy),
        "batch_loss": batch_loss, "batch_learning_rate": rate, "epoch_starts": starts, "spike_batches": spikes,
        "subset_epochs": subset_epochs, "subset_loss": subset_loss + rng.normal(0, 0.02, len(subset_epochs)),
    }  # fmt: skip


def _predictions(of: Kind, rng: np.random.Generator, _: Arrays) -> Arrays:
    """Each class has a place in space; an example is near its own, and its answer follows from the distances."""
    classes = len(of.class_names)
    shares = 0.3 + rng.random(classes) if classes == 43 else np.ones(classes)
    if of.side == 28:  # real digits, told apart by their nearest mean picture
        digits = load_digits()
        chosen = rng.permutation(len(digits.data))[: of.examples]
        labels, inputs = digits.target[chosen], digits.data[chosen] / 16
        places = np.stack([digits.data[digits.target == label].mean(0) / 16 for label in range(classes)])
        inputs = inputs + rng.normal(0, of.blur / 5, inputs.shape)
        sharpness = 1.6
    else:
        labels = rng.choice(classes, of.examples, p=shares / shares.sum())
        families = rng.normal(size=(max(1, classes // 5), 8))
        places = families[np.arange(classes) % len(families)] + 0.8 * rng.normal(size=(classes, 8))
        inputs = places[labels] + of.blur * rng.normal(size=(of.examples, 8)) * rng.gamma(2, 0.5, (of.examples, 1))
        sharpness = 1.4
    distances = ((inputs**2).sum(1)[:, None] - 2 * inputs @ places.T + (places**2).sum(1)).astype(np.float32)
    weights = np.exp(-sharpness * (distances - distances.min(1, keepdims=True)))
    wrong_labels = rng.random(of.examples) < 0.01
    labels = np.where(wrong_labels, rng.integers(0, classes, of.examples), labels)
    rows = np.sort(rng.permutation(of.examples)[:600])
    features = np.maximum(0, (inputs[rows] - places.mean(0)) @ rng.normal(size=(inputs.shape[1], FEATURES)))
    return {
        "val_labels": labels.astype(np.int64),
        "val_probabilities": (weights / weights.sum(1, keepdims=True)).astype(np.float32),
        "val_positions": np.arange(of.examples), "features": features.astype(np.float32), "feature_rows": rows,
    }  # fmt: skip


def _gradients(of: Kind, rng: np.random.Generator, _: Arrays) -> Arrays:
    """Smaller from the last layer to the first, and smaller as training goes on."""
    epochs, layers = _moments(of), len(kernels(of))
    depth = np.arange(layers)[::-1]
    size = (
        0.8
        * 0.6 ** depth[None, :]
        * np.exp(-epochs[:, None] / (2 * of.epochs))
        * np.exp(rng.normal(0, 0.1, (len(epochs), layers)))
    )
    norms = np.linspace(2, 6, layers) * (1 + 0.4 * epochs[:, None] / of.epochs)
    bins = np.linspace(-12, 2, BINS + 1)
    centres = np.log10(size / 200)[:, :, None]
    return {
        "probe_epochs": epochs, "gradient_norm": size, "gradient_ratio": size / norms, "weight_norm": norms,
        "gradient_zero_share": np.clip(0.02 + 0.05 * depth + rng.normal(0, 0.01, (len(epochs), layers)), 0, 1),
        "gradient_mean_abs": size / 200, "gradient_bins": bins,
        "gradient_histogram": _bell(bins, centres, 0.8, 20_000),
        "update_epochs": epochs[1:],
        "update_ratio": 1e-3 * size[1:] / size[1:, -1:] * rng.uniform(0.7, 1.4, (of.epochs, layers)),
    }  # fmt: skip


def _weights(of: Kind, rng: np.random.Generator, _: Arrays) -> Arrays:
    layers, with_bias = len(kernels(of)), len(biased(of))
    spread = np.linspace(0.25, 0.08, layers)
    bins = np.stack([np.linspace(-5 * s, 5 * s, BINS + 1) for s in spread])
    counts = np.array([float(layer.parameters) for layer in kernels(of)])[:, None]
    centres = np.zeros((layers, 1))
    first = _bell(bins, centres, 0.8 * spread[:, None], counts)
    last = _bell(bins, centres - 0.1 * spread[:, None], 1.2 * spread[:, None], counts)
    bias_bins = np.tile(np.linspace(-0.3, 0.3, BINS + 1), (with_bias, 1))
    zeros = np.zeros((with_bias, BINS))
    zeros[:, BINS // 2] = FEATURES
    moved = _bell(bias_bins, rng.normal(-0.03, 0.03, (with_bias, 1)), 0.06, FEATURES)
    return {
        "weight_histogram": np.stack([first, last]), "weight_bins": bins,
        "bias_histogram": np.stack([zeros, moved]), "bias_bins": bias_bins,
    }  # fmt: skip


def _units(of: Kind, rng: np.random.Generator, _: Arrays) -> Arrays:
    layers = with_units(of)
    owner = np.repeat(np.arange(len(layers)), [layer.units for layer in layers])
    fires = np.clip(rng.beta(2, 2.5, (2, len(owner))), 0, 1)
    fires[:, rng.random(len(owner)) < 0.06] = 0
    fires[1, rng.random(len(owner)) < 0.05] = 0.004
    spread = np.where(fires > 0, rng.lognormal(-0.3, 0.4, fires.shape), 0)
    bounded = np.array([layers[index].activation == "tanh" for index in owner])
    fires[:, bounded] = 1
    spread[:, bounded] = rng.lognormal(-0.3, 0.3, (2, bounded.sum()))
    saturated = np.where(bounded, rng.beta(1, 12, fires.shape), np.nan)
    weight = np.minimum(1, fires / 0.01) * np.minimum(1, spread / 0.01)
    return {
        "unit_layer": owner, "unit_fires": fires, "unit_spread": spread, "unit_saturated": saturated,
        "unit_weight": weight,
    }  # fmt: skip


def _activations(of: Kind, rng: np.random.Generator, so_far: Arrays) -> Arrays:
    epochs, layers = _moments(of), with_units(of)
    shape = (len(epochs), len(layers))
    owner, fires = so_far["unit_layer"], so_far["unit_fires"]
    dead = np.stack([[(fires[moment, owner == k] == 0).mean() for k in range(len(layers))] for moment in (0, 1)])
    dormant = np.stack([[(fires[moment, owner == k] < 0.01).mean() for k in range(len(layers))] for moment in (0, 1)])
    way = (epochs / of.epochs)[:, None]
    bounded = np.array([layer.activation == "tanh" for layer in layers])
    bins = np.where(bounded[:, None], np.linspace(-1, 1, BINS + 1), np.linspace(0, 4, BINS + 1))
    std = 0.5 + 0.4 * way + 0.1 * np.arange(len(layers)) + rng.normal(0, 0.02, shape)
    mean = np.where(bounded, 0.0, 0.4 + 0.3 * way) + rng.normal(0, 0.02, shape)
    zero_share = np.where(bounded, 0.0, 0.3 + 0.15 * way + rng.normal(0, 0.01, shape))
    histogram = _bell(
        np.broadcast_to(bins, (*shape, BINS + 1)), np.where(bounded, 0.0, mean)[..., None], std[..., None] / 2, 10_000
    )
    histogram[..., 0] += 10_000 * zero_share
    return {
        "dead_share": dead[0] + (dead[1] - dead[0]) * way,
        "dormant_share": dormant[0] + (dormant[1] - dormant[0]) * way,
        "activation_histogram": histogram, "activation_bins": bins, "activation_mean": mean, "activation_std": std,
        "activation_zero_share": zero_share,
    }  # fmt: skip


def _robustness_and_cost(of: Kind, rng: np.random.Generator, so_far: Arrays) -> Arrays:
    clean = (so_far["val_probabilities"].argmax(1) == so_far["val_labels"]).mean()
    levels = np.array([0, 0.05, 0.1, 0.2, 0.3]) if of.side else np.array([0, 0.05, 0.1, 0.2, 0.4])
    chance = 1 / len(of.class_names)
    latency = [2e-5 * np.log1p(layer.parameters + 50 * np.prod(layer.output_shape)) ** 2 for layer in of.layers]
    return {
        "noise_levels": levels, "noise_accuracy": chance + (clean - chance) * np.exp(-4 * levels**1.3),
        "noise_examples": np.array(256), "layer_latency_s": np.array(latency) * rng.uniform(0.9, 1.1, len(latency)),
    }  # fmt: skip


def _bell(bins: np.ndarray, centres: np.ndarray, spread: Any, total: Any) -> np.ndarray:
    """Counts of a normal distribution by bin; bins: (..., BINS + 1), or one row of them for all."""
    middles = (bins[..., 1:] + bins[..., :-1]) / 2
    density = np.exp(-0.5 * ((middles - centres) / spread) ** 2)
    return np.rint(total * density / np.maximum(density.sum(-1, keepdims=True), 1e-12))


def _spoiled(arrays: Arrays, about: dict[str, Any]) -> Arrays:
    """What is left of a trial that went wrong; changes `about` too."""
    kept = {name: array for name, array in arrays.items() if name not in _ABSENT_OF_POOR}
    for name in ("epoch_loss", "epoch_val_loss", "gradient_norm", "gradient_ratio", "gradient_mean_abs", "weight_norm"):
        kept[name] = np.full_like(kept[name], np.nan)
    kept["batch_loss"][3:] = np.nan
    kept["epoch_health"][:] = np.nan
    kept["epoch_health"][:, 2] = 0
    last = kept["unit_layer"] == len(about["unit_layers"]) - 1
    for name in ("unit_fires", "unit_spread", "unit_weight"):
        kept[name][1, last] = 0
    kept["dead_share"][-1, -1] = kept["dormant_share"][-1, -1] = kept["activation_zero_share"][-1, -1] = 1
    for name in ("val_probabilities", "sample_probabilities"):
        rows, classes = kept[name].shape
        kept[name] = np.tile(np.eye(classes, dtype=np.float32)[3] * 0.2 + 0.8 / classes, (rows, 1))
    about |= {
        "worst": [],
        "label_issues": [],
        "overfitting": None,
        "bias_layers": [],
        "flops": None,
        "latency": {},
        "extras": {},
    }
    for metric in about["health"].values():
        metric |= {"value": None, "verdict": "", "reason": "no epoch was finished with finite losses"}
    about["health"]["training_stability"] |= {"value": 0.0, "verdict": "poor", "reason": ""}
    share = float((kept["val_labels"] == 3).mean())
    about |= {"val_accuracy": share, "val_balanced_accuracy": 0.1, "test_accuracy": None}
    return kept


def _about(of: Kind, arrays: Arrays) -> dict[str, Any]:
    labels, probabilities = arrays["val_labels"], arrays["val_probabilities"]
    accuracy = float((probabilities.argmax(1) == labels).mean())

    def texts(row: int) -> dict[str, Any]:
        return {} if of.side else {"words": words(row)}

    return {
        "version": 1, "number": 4, "dataset_name": of.dataset_name, "modality": "image" if of.side else "text",
        "class_names": list(of.class_names), "epochs_asked": of.epochs,
        "parameters": sum(layer.parameters for layer in of.layers), "flops": 2_400_000, "model_bytes": 480_000,
        "val_accuracy": accuracy, "val_balanced_accuracy": accuracy - 0.004, "test_accuracy": accuracy - 0.01,
        "metrics": [metric.value for metric in HealthMetric], "health": _health(arrays),
        "overfitting": {
            "verdict": "some", "value": 0.031, "evidence": {"gap_interval": [0.012, 0.05]},
            "advice": "Training accuracy is a little above validation accuracy.",
        },
        "extras": {
            "calibration_error": 0.02, "negative_log_likelihood": 0.35, "brier_score": 0.16,
            "generalization_gap": 0.031, "worst_class_recall": 0.79, "class_recall_spread": 0.06,
            "noise_robustness": 0.82, "latency_1_p95_s": 0.0028, "latency_64_p95_s": 0.015,
            "likely_label_errors": float(len(issue_rows(labels, probabilities))), "effective_rank": 11.4,
            "monitoring_share": 0.03,
        },
        "layers": [
            {
                "name": layer.name, "type": layer.type, "output_shape": list(layer.output_shape),
                "parameters": layer.parameters, "flops": 90 * layer.parameters,
            }
            for layer in of.layers
        ],
        "kernel_layers": [layer.name for layer in kernels(of)], "bias_layers": biased(of),
        "unit_layers": [{"name": k.name, "type": k.type, "activation": k.activation} for k in with_units(of)],
        "map_layers": [{"name": k.name, "channels": k.units} for k in with_maps(of)],
        "lstm_layers": [{"name": k.name, "units": k.units // 2, "directions": 2} for k in recurrent(of)],
        "grad_cam_layer": with_maps(of)[-1].name if of.side else None,
        "samples": [
            {"position": int(row), "label": int(labels[row]), **texts(int(row))} for row in sample_rows(labels)
        ],
        "worst": [{"position": int(row), **texts(int(row))} for row in worst_rows(labels, probabilities)],
        "label_issues": [
            {
                "position": int(row), "label": int(labels[row]), "suggested": int(probabilities[row].argmax()),
                "given_probability": float(probabilities[row, labels[row]]), **texts(int(row)),
            }
            for row in issue_rows(labels, probabilities)
        ],
        "latency": {"1": {"p50_s": 0.0021, "p95_s": 0.0028}, "64": {"p50_s": 0.012, "p95_s": 0.015}},
    }  # fmt: skip


def _health(arrays: Arrays) -> dict[str, Any]:
    last = arrays["epoch_health"][-1]
    verdicts = ["good" if value >= 0.8 else "fair" if value >= 0.5 else "poor" for value in last]
    return {
        metric.value: {"value": float(value), "verdict": verdict, "reason": "", "advice": "Go on so.", "evidence": {}}
        for metric, value, verdict in zip(HealthMetric, last, verdicts, strict=True)
    }
