"""A trainer that sleeps: reports epochs like a real one, for tests of dispatch, load and faults.

It makes no model, and its manifest and result say what it is.
"""

import math
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .trial import EpochReport, TrialResult, TrialSpec, TrialState, Verdict
from .trial_files import write_history, write_manifest

TRAINER = "sleep"
CLASSES = 10

_STATE_AFTER = {Verdict.PRUNE: TrialState.PRUNED, Verdict.STOP: TrialState.STOPPED}


class SleepingTrainer:
    """Takes `epoch_s` seconds an epoch; a verdict, announced by the event, ends it at once.

    Its curves rise to a level that depends on the trial's seed alone.
    """

    def __init__(self, epoch_s: float, verdict_came: threading.Event) -> None:
        self._epoch_s = epoch_s
        self._verdict_came = verdict_came

    def __call__(
        self,
        spec: TrialSpec,
        folder: Path,
        *,
        on_epoch: Callable[[EpochReport], None],
        verdict: Callable[[], Verdict | None],
    ) -> TrialResult:
        started = time.monotonic()
        write_manifest(folder, spec, trainer=TRAINER, device="none", dataset={"name": spec.dataset_name})
        reports: list[EpochReport] = []
        state = TrialState.COMPLETED
        for epoch in range(1, spec.max_epochs + 1):
            if (decided := verdict()) is not None or self._verdict_came.wait(self._epoch_s):
                decided = decided or verdict()
            if decided is not None:
                state = _STATE_AFTER[decided]
                break
            reports.append(_report(spec, epoch, self._epoch_s))
            on_epoch(reports[-1])
        write_history(folder, reports)
        accuracy = reports[-1].val_accuracy if reports else None
        return TrialResult(
            number=spec.number,
            attempt=spec.attempt,
            state=state,
            trainer=TRAINER,
            epochs=len(reports),
            val_accuracy=accuracy,
            val_balanced_accuracy=accuracy,
            test_accuracy=accuracy,
            majority_share=1 / CLASSES,
            classes=CLASSES,
            training_s=time.monotonic() - started,
            duration_s=time.monotonic() - started,
        )


def _report(spec: TrialSpec, epoch: int, epoch_s: float) -> EpochReport:
    level = random.Random(spec.seed).uniform(0.5, 0.99)
    accuracy = level * (1 - math.exp(-epoch))
    return EpochReport(
        number=spec.number,
        attempt=spec.attempt,
        epoch=epoch,
        epochs=spec.max_epochs,
        loss=-math.log(accuracy),
        accuracy=accuracy,
        val_loss=-math.log(accuracy),
        val_accuracy=accuracy,
        val_balanced_accuracy=accuracy,
        learning_rate=spec.model.learning_rate,
        duration_s=epoch_s,
        ended_at=time.time(),
    )
