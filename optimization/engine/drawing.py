"""Has the plots of a trial drawn, by a process of its own: the engine draws nothing and knows no matplotlib."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .trial_files import LOG_NAME

logger = logging.getLogger(__name__)

MODULE = "visualization.figures"
LIMIT_S = 120.0
LOOK_S = 0.05
_ROOT = str(Path(__file__).parents[2])
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def draw_plots(folder: Path, *, give_up: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    """Draw into folder/plots what folder/arrays.npz has, and return when that is done.

    Ends early when `give_up()` is true, asked some 20 times a second, or after `limit_s` seconds; then there is no
    index of them, and they can be drawn again. Output goes to the trial's log. Raises nothing: a trial without plots
    is still a trial.
    """
    try:
        _draw(folder, give_up, limit_s)
    except OSError:
        logger.exception("plots were not drawn")


def _draw(folder: Path, give_up: Callable[[], bool], limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    with (folder / LOG_NAME).open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(folder.resolve()), "--with-parent"],
            stdin=subprocess.PIPE,  # it ends when this closes, so also when this process is killed
            stdout=log,
            stderr=log,
            env=_environment(),
        )
    with process:
        try:
            reason = _wait(process, give_up, deadline)
        finally:
            process.kill()
    if reason:
        logger.warning("plots were left unfinished: %s", reason)
    elif process.returncode:
        logger.warning("drawing plots ended with %s; see the lines above", _ending(process.returncode))


def _wait(process: subprocess.Popen[bytes], give_up: Callable[[], bool], deadline: float) -> str:
    """Why it was not waited for any longer, "" when it ended by itself."""
    while process.poll() is None:
        if give_up():
            return "the trial was told to end"
        if time.monotonic() > deadline:
            return "they took too long"
        try:
            process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            continue
    return ""


def _environment() -> dict[str, str]:
    """One thread for numbers: more of them spin beside trials that still train, and draw no faster."""
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    return os.environ | dict.fromkeys(_THREADS, "1") | {"PYTHONPATH": path}


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
