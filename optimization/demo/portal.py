"""The portal as a child process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from optimization.lifeline import SUPERVISOR

from .client import PortalClient, PortalError

HOST = "127.0.0.1"
START_LIMIT_S = 90.0
STOP_LIMIT_S = 40.0
LOOK_EVERY_S = 0.1


def port_to_use(wanted: int) -> int:
    """The wanted port where it is free, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise PortalError("This machine has no free port.")


class Portal:
    """`manage.py start`, whose output goes to a file."""

    def __init__(self, manage: Path, port: int, log: Path) -> None:
        self.url = f"http://{HOST}:{port}"
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches us alone, and the servers are stopped in order.
            self._process = subprocess.Popen(
                [sys.executable, str(manage), "start", "--port", str(port)],
                stdin=subprocess.DEVNULL,
                env={**os.environ, SUPERVISOR: str(os.getpid())},  # it ends when we are gone, however we go
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self, client: PortalClient) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while not client.is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise PortalError(
                    f"The portal did not answer within {START_LIMIT_S:.0f} s; its output is in {self._log}"
                )
            time.sleep(LOOK_EVERY_S)

    def check(self) -> None:
        """Raises PortalError when the portal has ended by itself."""
        if (code := self._process.poll()) is not None:
            last = "\n".join(self._log.read_text(errors="replace").splitlines()[-10:])
            raise PortalError(f"The portal ended with exit code {code}; its output is in {self._log}:\n{last}")

    def stop(self) -> None:
        """SIGTERM and a wait; whoever does not end is killed, also when the person is impatient."""
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextlib.contextmanager
def running_portal(manage: Path, port: int, log: Path) -> Iterator[Portal]:
    portal = Portal(manage, port, log)
    try:
        yield portal
    finally:
        portal.stop()
