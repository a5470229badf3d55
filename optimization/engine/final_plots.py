"""Plots of the best trial when its job ends: drawn from its kept arrays, in whatever process runs the loop."""

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .artifacts import ArtifactStore
from .drawing import draw_plots
from .trial_files import ARRAYS_FILE, LOG_NAME, PLOTS_FOLDER

logger = logging.getLogger(__name__)

INDEX_FILE = f"{PLOTS_FOLDER}/index.json"
"""Written after all other files: where a trial has it, its plots are complete."""
LIMIT_S = 50.0
"""A slice of a job's loop is not to last much longer than a minute."""


def lacks_plots(files: Mapping[str, int]) -> bool:
    """Whether a trial with these files has what its plots are drawn from, and no plots."""
    return ARRAYS_FILE in files and INDEX_FILE not in files


def add_plots(
    store: ArtifactStore, trial: str, *, also_in: Sequence[str] = (), give_up: Callable[[], bool]
) -> dict[str, int]:
    """Draw the plots that a kept trial lacks; its files afterwards, path -> size in bytes.

    trial, also_in: names of kept folders, of which the others get the same plots. give_up: asked while drawing;
    what was drawn by then is dropped. Safe to repeat and to interrupt, since nothing but plots and the log is
    written. Raises nothing: a model without plots is still a model.
    """
    try:
        files = store.files(trial)
        if lacks_plots(files):
            with tempfile.TemporaryDirectory(prefix="tunewell_plots_") as folder:
                _draw(store, trial, Path(folder), give_up)
                if not give_up():
                    _keep(store, Path(folder), [*also_in, trial])
            files = store.files(trial)
    except Exception:  # whatever the store says: the job has its model all the same
        logger.exception("plots of %s were not drawn", trial)
        return {}
    return files


def _draw(store: ArtifactStore, trial: str, folder: Path, give_up: Callable[[], bool]) -> None:
    for name in (ARRAYS_FILE, LOG_NAME):
        with (
            contextlib.suppress(FileNotFoundError),
            store.open(f"{trial}/{name}") as kept,
            (folder / name).open("wb") as copy,
        ):
            shutil.copyfileobj(kept, copy)
    draw_plots(folder, give_up=give_up, limit_s=LIMIT_S)
    store.write(f"{trial}/{LOG_NAME}", (folder / LOG_NAME).read_bytes())


def _keep(store: ArtifactStore, folder: Path, targets: Sequence[str]) -> None:
    """The index of the first target is written after everything but that of the next, and so on."""
    index = folder / INDEX_FILE
    if not index.exists():
        return
    drawn = [path for path in sorted(index.parent.iterdir()) if path != index and path.suffix != ".partial"]
    for target in targets:
        for path in (*drawn, index):
            store.write(f"{target}/{PLOTS_FOLDER}/{path.name}", path.read_bytes())
