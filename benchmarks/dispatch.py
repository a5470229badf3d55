"""How busy slots are while trials wait."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from optimization.engine.artifacts import FolderStore
from optimization.engine.executors.local import LocalExecutor
from optimization.engine.journal import JournalRecorder
from optimization.engine.optimizer import ModelOptimizer
from optimization.engine.results import make_run_name

from .loop import configuration, in_folder
from .table import Row, seconds

TRIALS, TRIAL_S, SLOTS = 48, 2.0, 6


def rows() -> Iterator[Row]:
    yield Row(
        what=f"{TRIALS} trials that sleep {TRIAL_S:g} s, over {SLOTS} slots",
        against="a thread pool that sleeps",
        ours=in_folder(_ours),
        peer=seconds(_peer),
        unit="s",
    )


def _ours(folder: Path) -> float:
    """With the start of the six processes in it."""
    config = configuration(
        folder, trials=TRIALS, concurrent=True, concurrent_workers=SLOTS, max_epochs_per_trial=1, sampler="random"
    )
    run_name = make_run_name(config.dataset_name, uuid.uuid4())
    recorder = JournalRecorder(folder / run_name, config)
    args = ["--trainer", "sleep", "--sleep-epoch-s", str(TRIAL_S)]
    executor = LocalExecutor(FolderStore(folder), recorder, slots=SLOTS, runner_args=args)
    optimizer = ModelOptimizer(config, run_name=run_name, recorder=recorder, executor=executor)
    took = seconds(optimizer.optimize_model)
    recorder.close()
    return took


def _peer() -> None:
    with ThreadPoolExecutor(SLOTS) as pool:
        list(pool.map(time.sleep, [TRIAL_S] * TRIALS))
