"""A whole portal as processes, in a folder of its own. Only processes below its parent are looked at or ended."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import requests

from tests.integration.portal import wait_until

ROOT = Path(__file__).parents[2]
DRAIN_LIMIT_S = 30
MAKE_ALICE = """
from accounts.models import User
from knox.models import AuthToken
print(AuthToken.objects.create(User.objects.create_user("alice"))[1])
"""


class Row(NamedTuple):
    """One process."""

    parent: int
    command: str


class Portal:
    """`manage.py start` with the trainer that sleeps. settings: environment variables without TUNEWELL_."""

    def __init__(self, folder: Path, *, epoch_s: float, loops: int = 2, slots: int = 1, **settings: object) -> None:
        names = ("VAR", "LOG", "RESULTS", "UPLOAD")
        self.results = folder / "results"
        self.database = folder / "var" / "tunewell.sqlite3"
        self._workers = {"loops": loops, "trials": slots}
        self._output = folder / "output"
        self._env = os.environ | {f"TUNEWELL_{name}_DIR": str(folder / name.lower()) for name in names}
        self._env["TUNEWELL_RUNNER_ARGS"] = f"--trainer sleep --sleep-epoch-s {epoch_s}"
        self._env |= {"TUNEWELL_LOOP_WORKERS": str(loops), "TUNEWELL_TRIAL_WORKERS": str(slots)}
        self._env |= {f"TUNEWELL_{name}": str(value) for name, value in settings.items()}
        self._env.pop("DATABASE_URL", None)
        self._process: subprocess.Popen[bytes] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Connection"] = "close"  # the web process may be another one the next time
        self._seen: dict[int, Row] = {}

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.run(command, env=self._env, capture_output=True, text=True, check=False)

    def migrate(self) -> None:
        assert self.manage("migrate", "--verbosity", "0").returncode == 0
        token = self.manage("shell", "--verbosity", "0", "-c", MAKE_ALICE).stdout.strip()
        self._session.headers["Authorization"] = f"Token {token}"

    def start(self) -> None:
        """Returns when the web answers and the workers are there."""
        self.launch()
        wait_until(lambda: self.get("health")["workers"] == self._workers, of="the workers")

    def launch(self) -> None:
        """Returns at once."""
        with self._output.open("wb") as output:
            command = [sys.executable, str(ROOT / "manage.py"), "start", "--port", "0"]
            self._process = subprocess.Popen(command, env=self._env, stdout=output, stderr=subprocess.STDOUT)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        return self._output.read_text(errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(DRAIN_LIMIT_S)

    def get(self, path: str) -> Any:
        answer = self._session.get(f"{self._address()}/api/v1/{path}", timeout=20)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self._session.post(f"{self._address()}/api/v1/{path}", json=body, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def optimize(self, *, trials: int, epochs: int, **asked: Any) -> str:
        """A new job's id."""
        asked |= {"dataset_name": "digits", "trials": trials, "max_epochs_per_trial": epochs, "pruner": "none"}
        return self.post("optimize", **asked)["id"]

    def trials(self, job_id: str) -> list[Any]:
        return self.get(f"jobs/{job_id}/trials")["results"]

    def wait_for_epoch(self, job_id: str, *, number: int, attempt: int = 1) -> None:
        """Until that trial is in the middle of that attempt."""

        def has_begun() -> bool:
            trials = self.trials(job_id)
            return len(trials) > number and trials[number]["attempt"] == attempt and bool(trials[number]["epochs"])

        wait_until(has_begun, of=f"an epoch of trial {number}, attempt {attempt}")

    def wait_for_state(self, job_id: str, state: str) -> None:
        wait_until(lambda: self.get(f"jobs/{job_id}")["state"] == state, of=f"the state {state}")

    def wait_for_end(self, job_id: str) -> Any:
        def ended() -> Any:
            job = self.get(f"jobs/{job_id}")
            return job if job["finished_at"] else None

        return wait_until(ended, limit_s=90, of="the end of the job")

    def tree(self) -> dict[int, Row]:
        """The processes below `start` now, by process id."""
        found = processes_below(self.pid)
        self._seen |= found
        return found

    def runner(self) -> int:
        """The process id of the one runner."""
        return next(pid for pid, row in self.tree().items() if "engine.runner" in row.command)

    def survivors(self) -> dict[int, Row]:
        """What is left of the processes that `tree` has shown."""
        return still_there(self._seen)

    def end_by_force(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.tree()
            self._process.kill()
            self._process.wait()
        for pid in self.survivors():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _address(self) -> str:
        """Once `start` has said it: trials may run before the web answers."""

        def said() -> str:
            assert self._process is not None
            assert self._process.poll() is None, self.output()
            _, _, rest = self.output().partition("ready at ")
            return rest.partition("/ ")[0]

        return str(wait_until(said, of="the address"))


def all_processes() -> dict[int, Row]:
    """Every process that is not just waiting to be buried, with its whole command line whatever COLUMNS says."""
    command = ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 3) for line in listing.splitlines())
    return {int(row[0]): Row(int(row[1]), row[3]) for row in rows if not row[2].startswith("Z")}


def processes_below(pid: int) -> dict[int, Row]:
    """Children of that process, their children, and so on."""
    rows, found, parents = all_processes(), {}, {pid}
    while parents:
        children = {pid: row for pid, row in rows.items() if row.parent in parents}
        found |= children
        parents = set(children)
    return found


def still_there(seen: dict[int, Row]) -> dict[int, Row]:
    """Those of the processes that have not ended."""
    rows = all_processes()
    return {pid: row for pid, row in seen.items() if pid in rows and rows[pid].command == row.command}


@contextlib.contextmanager
def portal_in(folder: Path, *, epoch_s: float, **settings: Any) -> Iterator[Portal]:
    """A migrated portal, not started yet; nothing of it is left behind."""
    portal = Portal(folder, epoch_s=epoch_s, **settings)
    portal.migrate()
    try:
        yield portal
    finally:
        portal.end_by_force()
