"""Measures a model's health while it trains, and keeps what its pictures are drawn from."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import keras
import numpy as np

from .datasets import Splits
from .evaluation import Predictor, Score, cross_entropy, score
from .health import GradientReadings, Observed, Standing, alarm, label_entropy, measure
from .health.consistency import recalls
from .health.overfitting import Checkup, overfitting
from .loss_record import VALIDATION_SUBSET, LossRecord
from .probes import GradientProbe, LayerReading, StepProbe, UnitProbe, some_values, trained_biases, trained_kernels
from .trial import HealthMeasurement, TrialSpec

UNIT_EXAMPLES = 256
TRAINING_EXAMPLES = 512
GRADIENT_BATCHES, GRADIENT_BATCH = 4, 32
SAMPLES = 6
MOST_MOMENTS = 40
"""Of a long training so many moments at most are kept for its pictures; the metrics use all."""


class Moment(NamedTuple):
    """What the probes saw after an epoch; epoch 0 is before the first step. Arrays by kernel or, values, of each."""

    epoch: int
    layers: list[LayerReading]
    gradients: GradientReadings
    gradient_values: list[np.ndarray]
    weight_norm: np.ndarray
    update_ratio: np.ndarray | None


class HealthMonitor:
    """Follows one training with fixed probes: the same examples in every trial of a job.

    Units and gradients are read on validation examples, before the first step and then every
    `health_monitoring_frequency` epochs and after the last. `seconds` is the time spent in here, by epoch.
    """

    def __init__(self, spec: TrialSpec, splits: Splits, parameters: int) -> None:
        self._spec, self._splits = spec, splits
        self.record = LossRecord()
        self.moments: list[Moment] = []
        self.seconds: list[float] = []
        self.checkups: list[Checkup] = []
        self.standing = Standing(
            accuracy=None,
            majority_share=float(np.bincount(splits.y_val).max() / len(splits.y_val)),
            label_entropy=label_entropy(splits.y_train),
            parameters=parameters,
            classes=len(splits.class_names),
        )
        self.probed = _probed_examples(splits.y_val, spec.split_seed)
        """Rows of the validation split; the first SAMPLES are of different classes where there are so many."""
        self._subset = _fixed_choice(len(splits.y_val), VALIDATION_SUBSET, spec.split_seed)
        self._trained_on = _fixed_choice(len(splits.y_train), TRAINING_EXAMPLES, spec.split_seed)
        self._observed = Observed()

    @property
    def samples(self) -> np.ndarray:
        """Rows of the validation split that pictures show."""
        return self.probed[:SAMPLES]

    @property
    def checked_examples(self) -> tuple[int, int]:
        """How many training and validation examples the checkups look at."""
        return len(self._trained_on), len(self._splits.y_val)

    def measurements(self) -> dict[str, HealthMeasurement]:
        """All six metrics from what is known so far."""
        with self._timed():
            return measure(self.record, self.standing, self._observed, self._splits.class_names)

    def overfitting(self) -> HealthMeasurement:
        return overfitting(self.checkups, self.checked_examples, self.standing.label_entropy)

    def alarm(self) -> str:
        return alarm(self._observed)

    def begin(self, model: keras.Model, predictor: Predictor) -> None:
        self._predictor, self._model = predictor, model
        x, y = self._splits.x_val[self.probed], self._splits.y_val[self.probed]
        batches = [slice(n * GRADIENT_BATCH, (n + 1) * GRADIENT_BATCH) for n in range(GRADIENT_BATCHES)]
        self._units = UnitProbe(model, x)
        self._gradients = GradientProbe(model, [(x[part], y[part]) for part in batches if len(y[part])])
        self._step = StepProbe(model)
        self.first_kernels = [some_values(kernel) for kernel in trained_kernels(model)]
        self.first_biases = [some_values(bias) for bias in trained_biases(model)]
        self._look(epoch=0, update_ratio=None)

    def begin_epoch(self) -> None:
        self.record.start_epoch()
        self.seconds.append(0.0)

    def begin_last_batch(self) -> None:
        with self._timed():
            self._step.before_step()

    def end_last_batch(self) -> None:
        with self._timed():
            self._update_ratio = self._step.after_step()

    def check_within_epoch(self, epochs_done: float) -> None:
        """The validation loss between two epochs, on a fixed subset."""
        with self._timed():
            probabilities = self._predictor.probabilities(self._splits.x_val[self._subset])
            self.record.add_validation(epochs_done, cross_entropy(probabilities, self._splits.y_val[self._subset]))

    def end_epoch(self, epoch: int, probabilities: np.ndarray, validation: Score, *, is_due: bool) -> None:
        """probabilities: of all validation examples, which were measured anyway."""
        with self._timed():
            labels = self._splits.y_val
            self.record.add_validation(epoch, cross_entropy(probabilities[self._subset], labels[self._subset]))
            self.standing = self.standing._replace(accuracy=validation.accuracy)
            self._observed = self._observed._replace(recalls=recalls(probabilities, labels))
            if is_due:
                self._look(epoch, self._update_ratio)
                self._check_up(epoch, validation)

    def lost(self, epochs_done: float) -> None:
        """The model's outputs left the numbers."""
        self.record.add_validation(epochs_done, float("nan"))

    def _look(self, epoch: int, update_ratio: np.ndarray | None) -> None:
        layers = self._units.read()
        gradients = self._gradients.read(epoch)
        norms = np.array([float(np.linalg.norm(kernel.value.numpy())) for kernel in trained_kernels(self._model)])
        self.moments.append(Moment(epoch, layers, gradients, self._gradients.values, norms, update_ratio))
        units = [layer.units for layer in layers]
        self._observed = self._observed._replace(
            units=units if epoch else (),
            first_units=self._observed.first_units or units,
            gradients=[*self._observed.gradients, gradients],
        )
        if len(self.moments) > MOST_MOMENTS:
            epochs = np.array([moment.epoch for moment in self.moments])
            del self.moments[1 + int(np.argmin(epochs[2:] - epochs[:-2]))]  # whose neighbours are the nearest

    def _check_up(self, epoch: int, validation: Score) -> None:
        labels = self._splits.y_train[self._trained_on]
        training = score(self._predictor.probabilities(self._splits.x_train[self._trained_on]), labels)
        self.checkups.append(Checkup(epoch, training.loss, training.accuracy, validation.loss, validation.accuracy))

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.monotonic()
        yield
        if self.seconds:
            self.seconds[-1] += time.monotonic() - started


def _fixed_choice(examples: int, size: int, seed: int) -> np.ndarray:
    """Rows of the same examples in every trial of a job, in order."""
    return np.sort(np.random.default_rng(seed).choice(examples, min(size, examples), replace=False))


def _probed_examples(labels: np.ndarray, seed: int) -> np.ndarray:
    """Rows of the same examples in every trial of a job; those of the first classes to be met come first."""
    rows = np.random.default_rng(seed).permutation(len(labels))[:UNIT_EXAMPLES]
    firsts = np.sort(np.unique(labels[rows], return_index=True)[1])[:SAMPLES]
    return np.concatenate([rows[firsts], np.delete(rows, firsts)])
