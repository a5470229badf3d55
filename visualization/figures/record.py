"""The arrays a trial recorded: the one thing plots are drawn from, so they can be drawn again without the model.

`arrays.npz` lies in the trial's folder, schema version 1. What was not measured is absent. E epochs done, B batches,
C classes, N validation examples (at most 10,000), L layers with a kernel, A layers with units (seen after the
activation function), P probed moments (0 = initial weights, then epochs at the monitoring frequency), S samples (at
most 6 fixed validation examples of different classes), K histogram bins. All pictures are of validation data.

about: a JSON object in a 0-d unicode array
    version, number, dataset_name, modality ("image" or "text"), class_names [C], epochs_asked, parameters, flops,
    model_bytes, val_accuracy, val_balanced_accuracy, test_accuracy, metrics [names in order],
    health {metric: {value, verdict, reason, advice, evidence}}, overfitting, which is one of these, extras {name:
    value}, layers [{name, type, output_shape, parameters, flops}], kernel_layers [L], bias_layers, unit_layers
    [{name, type, activation}], map_layers [{name, channels}], lstm_layers [{name, units, directions}],
    grad_cam_layer, samples [{position, label, words of texts}], worst [{position, words}], label_issues [{position,
    label, given_probability, suggested, words of texts}],
    latency {"1": {p50_s, p95_s}, "64": {p50_s, p95_s}}
history
    epoch_loss epoch_accuracy epoch_val_loss epoch_val_accuracy epoch_val_balanced_accuracy epoch_learning_rate
    epoch_duration_s (E,); epoch_health (E, metrics), NaN where absent; epoch_train_loss epoch_train_accuracy (E,) of
    a fixed training subset in inference mode; batch_loss batch_learning_rate (B,); epoch_starts (E,) first batch of
    each epoch; spike_batches (int,); subset_epochs subset_loss (V,) validation within epochs, x in epochs done
predictions
    val_labels (N,); val_probabilities (N, C); val_positions (N,) row in the validation split; features (n, F) of the
    last hidden layer, feature_rows (n,) index into val_labels
gradients
    probe_epochs (P,); gradient_norm gradient_ratio (norm over that of the weights) gradient_zero_share
    gradient_mean_abs (P, L); gradient_histogram (P, L, K) counts of log10|g| in gradient_bins (K+1,);
    update_epochs (U,), update_ratio (U, L) step over weights, of one step at each epoch's end; weight_norm (P, L)
weights
    weight_histogram (2, L, K) initial and final; weight_bins (L, K+1); bias_histogram (2, Lb, K), bias_bins (Lb, K+1)
units
    unit_layer (U,) index into unit_layers; unit_fires (2, U) share of samples, initial and final; unit_spread (2, U)
    standard deviation over the layer's RMS; unit_saturated (2, U), NaN where the activation has no ends;
    unit_weight (2, U) in [0, 1], 0 = dead; dead_share dormant_share (P, A); activation_histogram (P, A, K)
    activation_bins (A, K+1) activation_mean activation_std activation_zero_share (P, A)
samples
    sample_images (S, H, W, c) uint8; sample_labels (S,); sample_probabilities (S, C); maps_{k} (S', h, w, at most 16)
    with k an index into map_layers, S' at most 3; progression_{k} (P, h, w) mean |activation| of sample 0;
    hidden_{k} (words, units) LSTM output of sample 0; hidden_progress_{k} (P, words) RMS over units;
    gates_{k} (4, words, units) input, forget, output in [0, 1], candidate in [-1, 1]; grad_cam saliency (S, H, W) in
    [0, 1]; attribution (S, words) signed integrated gradients towards the predicted class, attribution_total (S, 2)
    its sum and what that should be; worst_images (M, H, W, c) uint8, worst_rows (M,) index into val_labels;
    issue_images (issues, H, W, c) uint8, of label_issues
robustness
    noise_levels noise_accuracy (R,) standard deviation of noise on pictures in [0, 1], share of words replaced;
    noise_examples 0-d
cost
    layer_latency_s (layers,) median seconds for a batch of 64
"""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ARRAYS_NAME = "arrays.npz"
VERSION = 1

Array = NDArray[Any]


class NotRecorded(Exception):
    """The trial did not record what a plot needs; the message says why, for a person."""


class UnreadableRecord(Exception):
    """The file of arrays is missing, damaged or of a version this one cannot read."""


class TrialArrays:
    """What one trial recorded, by key; the schema is this module's docstring."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        """arrays: with `about`. Raises UnreadableRecord when that is missing or of another version."""
        self._arrays = dict(arrays)
        self.about = _parsed(self._arrays.pop("about", None))

    @classmethod
    def load(cls, path: Path) -> "TrialArrays":
        """Read an `arrays.npz`. Raises UnreadableRecord with the reason."""
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise UnreadableRecord(f"cannot read {path.name}: {error}") from error
        return cls(arrays)

    @property
    def class_names(self) -> list[str]:
        return [str(name) for name in self.about["class_names"]]

    @property
    def modality(self) -> str:
        """ "image" or "text"."""
        return str(self.about["modality"])

    @property
    def subject(self) -> str:
        """What every picture is of: "digits, trial 12"."""
        return f"{self.about['dataset_name']}, trial {self.about['number']}"

    def get(self, key: str) -> Array | None:
        """The array, None where it was not measured."""
        return self._arrays.get(key)

    def require(self, key: str, why_absent: str = "") -> Array:
        """The array. Raises NotRecorded, with `why_absent` where it is known, when it is absent or empty."""
        array = self._arrays.get(key)
        if array is None or array.size == 0:
            raise NotRecorded(why_absent or f"this trial recorded no {key.replace('_', ' ')}")
        return array


def _parsed(about: Array | None) -> dict[str, Any]:
    if about is None:
        raise UnreadableRecord("the arrays say nothing about their trial: `about` is missing")
    try:
        parsed = json.loads(str(about))
    except ValueError as error:
        raise UnreadableRecord(f"`about` is no JSON: {error}") from error
    version = parsed.get("version") if isinstance(parsed, dict) else None
    if version != VERSION:
        raise UnreadableRecord(f"the arrays are of version {version}; this program reads version {VERSION}")
    return dict(parsed)
