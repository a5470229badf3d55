"""What a job left behind, read past the product's own code: rows by SQL, files from the disk."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

Columns = Mapping[str, Any]


class Epoch(NamedTuple):
    """One epoch of one attempt, whoever tells of it."""

    number: int
    attempt: int
    epoch: int
    val_accuracy: float


class Event(NamedTuple):
    seq: int
    kind: str
    data: Columns


@dataclass(frozen=True)
class Folder:
    """The files of one trial: the attempt that its manifest names, and its history."""

    attempt: int
    history: tuple[Epoch, ...]


@dataclass(frozen=True)
class Evidence:
    """A job as rows, events and files show it; trials by number, epochs and events in their order."""

    job: Columns
    trials: tuple[Columns, ...]
    epochs: tuple[Epoch, ...]
    events: tuple[Event, ...]
    folders: Mapping[str, Folder]
    unfinished_files: tuple[str, ...] = ()

    @property
    def asked(self) -> int:
        return int(json.loads(self.job["request"])["trials"])


class Database:
    """The portal's SQLite file, read only."""

    def __init__(self, path: Path) -> None:
        self._address = f"{path.as_uri()}?mode=ro"

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        connection = sqlite3.connect(self._address, uri=True, timeout=20)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def job(self, job_id: str) -> dict[str, Any]:
        (job,) = self.rows("SELECT * FROM optimization_job WHERE id = ?", _key(job_id))
        return job

    def trials(self, job_id: str) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM optimization_trial WHERE job_id = ? ORDER BY number, id", _key(job_id))

    def epochs(self, job_id: str) -> list[Epoch]:
        query = """
            SELECT number, epoch.attempt, epoch, epoch.val_accuracy
            FROM optimization_epochmetrics AS epoch JOIN optimization_trial AS trial ON trial.id = epoch.trial_id
            WHERE job_id = ? ORDER BY number, epoch.attempt, epoch
        """
        return [Epoch(**row) for row in self.rows(query, _key(job_id))]

    def events(self, job_id: str) -> list[Event]:
        query = "SELECT seq, kind, data FROM optimization_jobevent WHERE job_id = ? ORDER BY seq, id"
        return [Event(**row | {"data": json.loads(row["data"])}) for row in self.rows(query, _key(job_id))]


def gather(database: Database, results: Path, job_id: str) -> Evidence:
    job = database.job(job_id)
    run = results / job["run_name"]
    return Evidence(
        job=job,
        trials=tuple(database.trials(job_id)),
        epochs=tuple(database.epochs(job_id)),
        events=tuple(database.events(job_id)),
        folders={path.name: _folder(path) for path in (run / "plots").iterdir() if not _is_on_its_way(path)},
        unfinished_files=tuple(str(path.relative_to(run)) for path in run.rglob("*") if _is_on_its_way(path)),
    )


def epoch_of(report: Columns) -> Epoch:
    return Epoch(**{name: report[name] for name in Epoch._fields})


def _folder(path: Path) -> Folder:
    manifest, history = (json.loads((path / name).read_text()) for name in ("manifest.json", "history.json"))
    return Folder(manifest["spec"]["attempt"], tuple(epoch_of(report) for report in history["epochs"]))


def _is_on_its_way(path: Path) -> bool:
    return path.name.endswith(".partial")


def _key(job_id: str) -> str:
    return job_id.replace("-", "")  # as Django writes it into SQLite
