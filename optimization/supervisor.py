"""A parent that keeps its children running, and takes them along when it ends."""

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from optimization.lifeline import SUPERVISOR

logger = logging.getLogger(__name__)

LOOK_S = 0.2
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
HEALTHY_AFTER_S = 30.0
"""A child that lived this long starts again at once; others wait longer each time."""
STOP_LIMIT_S = 25.0


class Child:
    """One process in a session of its own, started anew whenever it ends."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], pass_fds: Sequence[int] = ()) -> None:
        self.name = name
        self.failures = 0
        """How often in a row it has ended early."""
        self._argv = list(argv)
        self._env = {**os.environ, **env, SUPERVISOR: str(os.getpid())}
        self._pass_fds = tuple(pass_fds)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0

    def tend(self) -> None:
        """Start it when it does not run and its delay is over."""
        if self._process is not None and self._process.poll() is not None:
            self._note_end(self._process)
        if self._process is None and time.monotonic() >= self._start_again_at:
            self._start()

    def ask_to_stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def end(self, deadline: float) -> None:
        """Wait for it until `deadline`; then end it, and what it left behind, by force."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        _kill_group(self._process.pid)
        self._process.wait()

    def _start(self) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the parent alone.
        self._process = subprocess.Popen(
            self._argv,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=self._pass_fds,
            start_new_session=True,
        )
        self._started_at = time.monotonic()
        logger.info("%s runs as process %d", self.name, self._process.pid)

    def _note_end(self, process: subprocess.Popen[bytes]) -> None:
        _kill_group(process.pid)
        self._process = None
        lived_s = time.monotonic() - self._started_at
        self.failures = 0 if lived_s > HEALTHY_AFTER_S else self.failures + 1
        delay_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2**self.failures)
        self._start_again_at = time.monotonic() + delay_s
        logger.error("%s ended with code %d; it starts again in %g s", self.name, process.returncode, delay_s)


class Supervisor:
    """Keeps children running until SIGTERM, SIGINT or SIGHUP arrives."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._is_stopping = False

    def run(self, each_turn: Callable[[], None]) -> None:
        """Returns when all children have ended; `each_turn` may raise to end it all."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        try:
            while not self._is_stopping:
                for child in self._children:
                    child.tend()
                each_turn()
                time.sleep(LOOK_S)
        finally:
            self._stop()

    def _note_signal(self, number: int, frame: object) -> None:
        self._is_stopping = True

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_LIMIT_S
        for child in self._children:
            child.ask_to_stop()
        for child in self._children:
            child.end(deadline)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
