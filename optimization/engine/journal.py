"""The record of a job in Python use: one JSON line for each thing that happened, in journal.jsonl.

Lines are only ever appended, each flushed to the disk before the method returns; a line torn by a kill
is cut off when the journal is opened again. A file lock, held while the recorder is open, keeps a
second process from writing the same job.
"""

import dataclasses
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .config import OptimizationConfig
from .errors import ConfigError, LeaseLost, OptimizationError
from .recorder import JobOutcome, TrialRecord
from .trial import WIRE_VERSION, EpochReport, JobState, TrialSpec, TrialState, to_json

JOURNAL_NAME = "journal.jsonl"

RETIRED = {"max_relative_flops"}
"""Fields that a journal of an earlier version may still hold."""


class JournalRecorder:
    """Recorder and AttemptRecorder over one run folder. Raises LeaseLost when another process has it."""

    def __init__(self, folder: Path, config: OptimizationConfig) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / JOURNAL_NAME
        self._lock = FileLock(str(self._path) + ".lock")
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LeaseLost(f"{folder.name} is being written by another process") from None
        self._trials: dict[int, TrialRecord] = {}
        self._attrs: dict[str, Any] = {}
        self._started_at = time.time()
        self.state = JobState.QUEUED
        known = self._path.exists() and self._replay()
        self._file = self._path.open("a", encoding="utf-8")
        if not known:
            self._append("job", at=self._started_at, config=config.to_dict())
        self._requeue_lost()
        self._trials = {n: record for n, record in self._trials.items() if not record.state.is_finished}

    def close(self) -> None:
        self._file.close()
        self._lock.release()

    def trials(self) -> list[TrialRecord]:
        """Finished ones are read from the file each time: in memory they would add up."""
        found: dict[int, TrialRecord] = {}
        for line in self._path.read_bytes().splitlines():
            message = json.loads(line)
            if message["kind"] == "trial":
                record = TrialRecord.from_dict(message["record"])
                found[record.number] = self._trials.get(record.number, record)
            elif message["kind"] == "files":
                found[message["number"]] = _with_files(found[message["number"]], message["files"])
        return [found[number] for number in sorted(found)]

    def elapsed_s(self) -> float:
        return time.time() - self._started_at

    def study_attrs(self) -> dict[str, Any]:
        return dict(self._attrs)

    def save_study_attrs(self, attrs: Mapping[str, Any]) -> None:
        if dict(attrs) != self._attrs:
            self._attrs = dict(attrs)
            self._append("study", attrs=self._attrs)

    def trial_asked(self, record: TrialRecord) -> None:
        self._keep("trial", record)

    def trial_retried(self, spec: TrialSpec, reason: str) -> None:
        record = dataclasses.replace(
            self._trials[spec.number], spec=spec, state=TrialState.QUEUED, intermediate={}, alarms={}, reason=reason
        )
        self._keep("trial", record)

    def trial_finished(self, record: TrialRecord) -> None:
        self._append("trial", record=record.to_dict())
        self._trials.pop(record.number, None)

    def trial_files(self, number: int, files: Mapping[str, int]) -> None:
        result = self.trials()[number].result
        if result is not None and dict(result.files) != dict(files):
            self._append("files", number=number, files=dict(files))

    def job_state(self, state: JobState, *, reason: str = "", outcome: JobOutcome | None = None) -> None:
        self.state = state
        self._append(
            "state", at=time.time(), state=state, reason=reason, outcome=outcome.to_dict() if outcome else None
        )

    def started(self, spec: TrialSpec, *, worker: str) -> None:
        self._append("started", number=spec.number, attempt=spec.attempt, at=time.time(), worker=worker)
        self._note_started(spec.number)

    def epoch(self, report: EpochReport) -> None:
        if self._note_epoch(report):
            self._append("epoch", report=report.without_measurements().to_dict())

    def _requeue_lost(self) -> None:
        """What was running when the last writer died is gone with it: its next attempt is queued."""
        for record in list(self._trials.values()):
            if record.state is TrialState.RUNNING:
                self.trial_retried(record.spec.next_attempt(), "its process was lost")

    def _note_started(self, number: int) -> None:
        self._trials[number] = dataclasses.replace(self._trials[number], state=TrialState.RUNNING)

    def _note_epoch(self, report: EpochReport) -> bool:
        record = self._trials.get(report.number)
        if record is None or report.attempt != record.spec.attempt or report.epoch in record.intermediate:
            return False
        accuracy = 0.0 if report.val_accuracy is None else report.val_accuracy
        intermediate = {**record.intermediate, report.epoch: accuracy}
        alarms = {**record.alarms, report.epoch: report.alarm} if report.alarm else record.alarms
        self._trials[report.number] = dataclasses.replace(record, intermediate=intermediate, alarms=alarms)
        return True

    def _keep(self, kind: str, record: TrialRecord) -> None:
        self._append(kind, record=record.to_dict())
        self._trials[record.number] = record

    def _append(self, kind: str, **data: Any) -> None:
        self._file.write(to_json({"version": WIRE_VERSION, "kind": kind, **data}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _replay(self) -> bool:
        """Read what stands in the file, cutting off a torn last line; False when nothing stands there."""
        whole = self._path.read_bytes()
        end = whole.rfind(b"\n") + 1
        if end < len(whole):
            with self._path.open("r+b") as file:
                file.truncate(end)
        lines = whole[:end].splitlines()
        for line in lines:
            self._apply(json.loads(line))
        return bool(lines)

    def _apply(self, line: Mapping[str, Any]) -> None:
        if line["version"] > WIRE_VERSION:
            raise OptimizationError(f"{self._path}: written by a newer version ({line['version']})")
        match line["kind"]:
            case "job":
                self._started_at = line["at"]
            case "trial":
                record = TrialRecord.from_dict(line["record"])
                self._trials[record.number] = record
            case "started":
                self._note_started(line["number"])
            case "epoch":
                self._note_epoch(EpochReport.from_dict(line["report"]))
            case "study":
                self._attrs = dict(line["attrs"])
            case "state":
                self.state = JobState(line["state"])


def _with_files(record: TrialRecord, files: Mapping[str, int]) -> TrialRecord:
    if record.result is None:
        return record
    return dataclasses.replace(record, result=dataclasses.replace(record.result, files=files))


def stored_config(folder: Path) -> OptimizationConfig:
    """The configuration a run was started with. Raises ConfigError when the folder holds no run, or the process was
    killed before it had written that."""
    path = folder / JOURNAL_NAME
    if not path.exists():
        raise ConfigError({"resume": f"no run to resume: {path} does not exist"})
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    if not first.endswith("\n"):
        raise ConfigError({"resume": f"no run to resume: {path} is empty, since it was killed before it began"})
    config = json.loads(first)["config"]
    return OptimizationConfig.from_dict({name: value for name, value in config.items() if name not in RETIRED})
