"""The callback that sees a trial through: reports its epochs, follows its health, ends it when it must end."""

import logging
import math
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from .datasets import Splits
from .evaluation import Predictor, Score, score
from .health.overfitting import NAME as OVERFITTING
from .loss_record import VALIDATIONS_PER_EPOCH
from .monitor import HealthMonitor
from .trial import DIVERGED, EpochReport, TrialSpec, TrialState, Verdict

logger = logging.getLogger(__name__)

SUM_TOLERANCE = 0.02
"""Probabilities of a model that computes in 16 bits do not sum to 1 exactly."""


class TrialEnded(Exception):
    """Leaves model.fit at once: the trial is over before its last epoch."""

    def __init__(self, state: TrialState, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


class TrialWatch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Follows one trial. Raises TrialEnded out of fit for a verdict and for a loss that left the numbers.

    Validates once an epoch, in inference mode, on the whole validation split; between epochs on a fixed
    subset. Puts val_loss into Keras' logs for the callbacks after it.
    """

    def __init__(
        self,
        spec: TrialSpec,
        splits: Splits,
        parameters: int,
        *,
        on_epoch: Callable[[EpochReport], None],
        verdict: Callable[[], Verdict | None],
    ) -> None:
        super().__init__()
        self.reports: list[EpochReport] = []
        self.training_s = 0.0
        self.stopped_early = ""
        self.monitor = HealthMonitor(spec, splits, parameters)
        self.predictor: Predictor
        self.probabilities: np.ndarray
        """Of all validation examples, after the last full epoch: (examples, classes)."""
        self._spec, self._splits = spec, splits
        self._on_epoch, self._verdict = on_epoch, verdict
        self._steps = math.ceil(len(splits.y_train) / spec.batch_size)
        self._validate_after = {
            math.ceil(self._steps * part / VALIDATIONS_PER_EPOCH) for part in range(1, VALIDATIONS_PER_EPOCH)
        } - {self._steps}
        self._epoch_started = 0.0
        self._best_accuracy, self._best_epoch = -1.0, 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.predictor = Predictor(self.model)
        _check_outputs(self.predictor.probabilities(self._splits.x_val[:1]))
        self.monitor.begin(self.model, self.predictor)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.monitor.begin_epoch()
        self._epoch_started = time.monotonic()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if batch + 1 == self._steps:
            self.monitor.begin_last_batch()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
        examples = min(self._spec.batch_size, len(self._splits.y_train) - batch * self._spec.batch_size)
        lost = not math.isfinite(float(logs["loss"]))  # by its penalty for large weights it may be so alone
        self.monitor.record.add_batch(math.nan if lost else float(logs["cross_entropy"]), examples)
        if lost:
            self._diverged("the training loss", f"batch {batch + 1}")
        self._obey()
        if batch + 1 in self._validate_after:
            self.monitor.check_within_epoch(len(self.reports) + (batch + 1) / self._steps)
        if batch + 1 == self._steps:
            self.monitor.end_last_batch()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        self.training_s += time.monotonic() - self._epoch_started - self.monitor.seconds[-1]
        self.probabilities = self.predictor.probabilities(self._splits.x_val)
        if not np.isfinite(self.probabilities).all():
            self.monitor.lost(epoch + 1)
            self._diverged("an output of the model", "validation")
        measured = score(self.probabilities, self._splits.y_val)
        logs["val_loss"] = measured.loss
        self._stop_early(epoch + 1, measured.accuracy)
        is_last = epoch + 1 == self._spec.max_epochs or bool(self.stopped_early)
        is_due = is_last or (epoch + 1) % self._spec.health_monitoring_frequency == 0
        self.monitor.end_epoch(epoch + 1, self.probabilities, measured, is_due=is_due)
        self._report(epoch + 1, logs, measured, is_due=is_due)
        self._obey()

    def _report(self, epoch: int, logs: dict[str, Any], measured: Score, *, is_due: bool) -> None:
        measurements = self.monitor.measurements() if is_due else {}
        report = EpochReport(
            number=self._spec.number,
            attempt=self._spec.attempt,
            epoch=epoch,
            epochs=self._spec.max_epochs,
            loss=float(logs["cross_entropy"]),
            accuracy=float(logs["accuracy"]),
            val_loss=measured.loss,
            val_accuracy=measured.accuracy,
            val_balanced_accuracy=measured.balanced_accuracy,
            learning_rate=float(self.model.optimizer.learning_rate),
            health={name: metric.value for name, metric in measurements.items()},
            measurements={**measurements, **({OVERFITTING: self.monitor.overfitting()} if is_due else {})},
            alarm=self.monitor.alarm() if is_due else "",
            monitoring_s=self.monitor.seconds[-1],
            duration_s=time.monotonic() - self._epoch_started,
            ended_at=time.time(),
        )
        self.reports.append(report.without_measurements())
        logger.info(
            "epoch %d/%d: loss %.4f, accuracy %.4f, validation loss %.4f, validation accuracy %.4f, %.1f s",
            epoch, report.epochs, report.loss, report.accuracy, report.val_loss, report.val_accuracy, report.duration_s,
        )  # fmt: skip
        self._on_epoch(report)

    def _stop_early(self, epoch: int, accuracy: float) -> None:
        if accuracy > self._best_accuracy:
            self._best_accuracy, self._best_epoch = accuracy, epoch
        patience = self._spec.early_stopping_patience
        if patience and epoch >= self._spec.min_epochs and epoch - self._best_epoch >= patience:
            self.stopped_early = f"early stopping: no better validation accuracy than in epoch {self._best_epoch}"
            self.model.stop_training = True

    def _obey(self) -> None:
        if verdict := self._verdict():
            raise TrialEnded(verdict.end_state, f"{verdict.end_state} after {len(self.reports)} full epochs")

    def _diverged(self, what: str, where: str) -> None:
        epoch = len(self.reports) + 1
        raise TrialEnded(TrialState.PRUNED, f"{DIVERGED}: {what} was no finite number in epoch {epoch}, {where}")


def _check_outputs(outputs: np.ndarray) -> None:
    """Losses and calibration of what are no probabilities would look measured and mean nothing."""
    if outputs.min() < 0 or abs(outputs.sum() - 1) > SUM_TOLERANCE:  # of outputs that are no numbers neither is true
        raise ValueError("the model's outputs are no probabilities that sum to 1: end it in a softmax")
