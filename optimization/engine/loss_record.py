"""The losses of a training as they come, for health.py to judge."""

from bisect import bisect_right

VALIDATIONS_PER_EPOCH = 4
VALIDATION_SUBSET = 256
"""The fixed examples on which the loss is followed within an epoch."""


class LossRecord:
    """What a training tells while it runs: every batch's own loss, and validation losses on a fixed subset."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.examples: list[int] = []
        self.epoch_starts: list[int] = []
        self.validation: list[tuple[float, float]] = []
        self._seen = 0
        self._total = 0.0

    def start_epoch(self) -> None:
        self.epoch_starts.append(len(self.losses))
        self._seen, self._total = 0, 0.0

    def add_batch(self, running_mean: float, examples: int) -> float:
        """The batch's own loss, taken out of Keras' mean over the examples of the epoch so far."""
        total = running_mean * (self._seen + examples)
        loss = (total - self._total) / examples
        self._seen, self._total = self._seen + examples, total
        self.losses.append(loss)
        self.examples.append(examples)
        return loss

    def add_validation(self, epochs_done: float, loss: float) -> None:
        self.validation.append((epochs_done, loss))

    def epoch_of(self, batch: int) -> int:
        """The epoch, from 1, that a batch belongs to."""
        return bisect_right(self.epoch_starts, batch)

    def first_epoch_losses(self) -> list[float]:
        return self.losses[: self.epoch_starts[1]] if len(self.epoch_starts) > 1 else self.losses
