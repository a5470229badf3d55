"""A trainer that sleeps: reports epochs like a real one, for tests of dispatch, load and faults.

It makes no model, and its manifest and result say what it is.
"""

import math
import random
import time
from collections.abc import Callable
from pathlib import Path

from .cost import cost_of
from .datasets import find_dataset
from .trial import EpochReport, TrialResult, TrialSpec, TrialState, Verdict
from .trial_files import write_history, write_manifest

TRAINER = "sleep"
LOWEST_LEVEL, HIGHEST_LEVEL = 0.5, 0.99


def sleep_trial(
    spec: TrialSpec,
    folder: Path,
    *,
    on_epoch: Callable[[EpochReport], None],
    wait: Callable[[float], Verdict | None],
    epoch_s: float,
) -> TrialResult:
    """Take epoch_s seconds an epoch. wait: sleeps that long, or until a verdict, which ends the trial at once.

    The accuracies rise to a level that depends on the trial's seed alone.
    """
    started = time.monotonic()
    write_manifest(folder, spec, trainer=TRAINER, device=None, dataset={"name": spec.dataset_name})
    reports: list[EpochReport] = []
    state = TrialState.COMPLETED
    for epoch in range(1, spec.max_epochs + 1):
        if verdict := wait(epoch_s):
            state = verdict.end_state
            break
        reports.append(_report(spec, epoch, epoch_s))
        on_epoch(reports[-1])
    write_history(folder, reports)
    return _result(spec, state, reports, time.monotonic() - started)


def _report(spec: TrialSpec, epoch: int, epoch_s: float) -> EpochReport:
    level = random.Random(spec.seed).uniform(LOWEST_LEVEL, HIGHEST_LEVEL)
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


def _result(spec: TrialSpec, state: TrialState, reports: list[EpochReport], slept_s: float) -> TrialResult:
    info = find_dataset(spec.dataset_name, spec.data_dir)
    cost = cost_of(spec.model, info.shape, len(info.classes))
    accuracy = reports[-1].val_accuracy if reports else None
    return TrialResult(
        number=spec.number,
        attempt=spec.attempt,
        state=state,
        trainer=TRAINER,
        epochs=len(reports),
        val_loss=reports[-1].val_loss if reports else None,
        val_accuracy=accuracy,
        val_balanced_accuracy=accuracy,
        test_accuracy=accuracy if state is TrialState.COMPLETED else None,
        majority_share=1 / len(info.classes),
        classes=len(info.classes),
        parameters=cost.parameters,
        flops=cost.flops,
        training_s=slept_s,
        duration_s=slept_s,
    )
