"""How the processes of a queue cluster end: none outlives its parent, and none leaves work half done.

django-q2 forks a guard from the command's process and everything else from the guard; a killed parent
leaves its children working for ever, and its queues jam when a process is killed that held one of their
locks. So every process watches its parent, and a guard that has to replace a process starts the whole
cluster anew.
"""

import contextlib
import logging
import mmap
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

logger = logging.getLogger(__name__)

SUPERVISOR = "TUNEWELL_SUPERVISOR"
"""Environment variable: the process that must be the parent of a child of `manage.py start`."""
LOOK_S = 0.5
GRACE_S = 4.0
"""How long work may take to be handed back when the process has to go."""

_draining = mmap.mmap(-1, 1)  # shared by all forked processes of a cluster, and safe to write in a signal handler


class _Process:
    """What this process knows of itself; a forked child starts with a copy."""

    generation = 0  # 0 the command, 1 the guard, 2 its workers
    forks = 0
    forks_expected = 0  # by the guard, when nothing dies
    pid_before_fork = 0
    is_leaving = False
    works = False


def drain_cluster() -> None:
    """Tell every process of this cluster to hand back its work."""
    _draining[0] = 1


def is_draining() -> bool:
    """Whether this process should hand back what it does."""
    return bool(_draining[0]) or _Process.is_leaving


@contextlib.contextmanager
def working() -> Iterator[None]:
    """Around work that is handed back when the process has to go."""
    _Process.works = True
    try:
        yield
    finally:
        _Process.works = False


def follow_supervisor() -> None:
    """End this process when `manage.py start`, which started it, is gone; nothing where nobody did."""
    if supervisor := os.environ.get(SUPERVISOR):
        _watch_parent(int(supervisor))


def guard_cluster(processes: int) -> None:
    """Called before the cluster forks. processes: how many its guard starts when none dies."""
    _Process.forks_expected = processes
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def leave_on_sigterm() -> None:
    """A single worker that is told to end hands back its work first."""

    def leave(*_: Any) -> None:
        _Process.is_leaving = True

    signal.signal(signal.SIGTERM, leave)


def _before_fork() -> None:
    _Process.pid_before_fork = os.getpid()
    _Process.forks += 1
    if _Process.generation == 1 and _Process.forks > _Process.forks_expected:
        logger.error("a process of the cluster died, so its queues cannot be trusted: the cluster ends")
        drain_cluster()
        threading.Timer(GRACE_S, os._exit, (1,)).start()


def _after_fork() -> None:
    _Process.generation += 1
    _Process.forks = 0
    _watch_parent(_Process.pid_before_fork)


def _watch_parent(parent: int) -> None:
    threading.Thread(target=_end_with, args=(parent,), name="lifeline", daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent and not _Process.is_leaving:
        time.sleep(LOOK_S)
    _Process.is_leaving = True
    deadline = time.monotonic() + GRACE_S
    while _Process.works and time.monotonic() < deadline:
        time.sleep(LOOK_S / 10)
    os._exit(1)
