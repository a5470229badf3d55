"""The whole portal in one command."""

import contextlib
import http.client
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from filelock import FileLock, Timeout

from optimization import lifeline
from optimization.supervisor import Child, Supervisor
from optimization.tasks import TRIALS

WEB_FAILURES_THAT_STOP = 4
ANSWER_LIMIT_S = 2.0


class Command(BaseCommand):
    _announced = False
    help = "Run web and workers under one parent, until Ctrl-C or SIGTERM. What dies is started again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on; 0 picks a free one.")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        lifeline.follow_supervisor()
        refuse_missing_migrations()
        with _only_one(), _listening(host, port) as listener:
            host, port = listener.getsockname()[:2]
            web = _child("web", "web", f"--fd={listener.fileno()}", pass_fds=[listener.fileno()])
            loops = _child("loops", "qcluster")
            trials = _child("trials", "qcluster", env={"Q_CLUSTER_NAME": TRIALS})
            Supervisor([web, loops, trials]).run(each_turn=lambda: self._announce(web, host, port))
        self._say("Tunewell has stopped.")

    def _announce(self, web: Child, host: str, port: int) -> None:
        """Print the address once the web answers; give up when it never comes up."""
        if self._announced:
            return
        if web.failures >= WEB_FAILURES_THAT_STOP:
            raise CommandError(f"The web process ends again and again; see {settings.TUNEWELL_LOG_DIR / 'web.log'}.")
        if _answers(host, port):
            self._announced = True
            self._say(f"Tunewell is ready at http://{f'[{host}]' if ':' in host else host}:{port}/ (Ctrl-C stops it)")

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self.stdout.write(line)
            self.stdout.flush()


def refuse_missing_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date: run `manage.py migrate` first.")
    connection.close()


@contextlib.contextmanager
def _only_one() -> Iterator[None]:
    """Two sets of workers on one machine would only slow each other down."""
    holder = Path(settings.TUNEWELL_VAR_DIR) / "start.lock"
    lock = FileLock(holder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CommandError(f"Tunewell already runs from this folder: {holder} is locked by its `start`.") from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket stays open while the web process is started again, so no visitor is refused."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise CommandError(f"Cannot listen on {host} port {port}: {error.strerror}. Try --port 0.") from None
    with listener:
        yield listener


def _child(name: str, *arguments: str, env: dict[str, str] | None = None, pass_fds: list[int] | None = None) -> Child:
    argv = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    return Child(name, argv, env or {}, pass_fds or [])


def _answers(host: str, port: int) -> bool:
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    web = http.client.HTTPConnection(address, port, timeout=ANSWER_LIMIT_S)
    try:
        web.request("GET", "/api/v1/health", headers={"Host": "localhost"})
        return web.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        web.close()
