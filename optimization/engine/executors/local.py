"""Trials as children of this process: the executor of Python use and of the command line."""

import os
import socket
import time
from collections.abc import Sequence

from ..artifacts import ArtifactStore
from ..recorder import AttemptRecorder
from ..trial import EpochReport, TrialResult, TrialSpec, Verdict
from .attempt_files import AttemptFiles
from .base import Report
from .child import RunnerChild

_TURN_S = 0.05
"""Longest wait on one child while others may have something to say."""


class LocalExecutor:
    """Runs up to `slots` trials at once, each in its own warm runner."""

    def __init__(
        self, store: ArtifactStore, recorder: AttemptRecorder, *, slots: int = 1, runner_args: Sequence[str] = ()
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._children = [RunnerChild(runner_args) for _ in range(slots)]
        self._files: dict[int, AttemptFiles] = {}
        self._refused: list[Report] = []

    def free_slots(self) -> int:
        return sum(child.spec is None for child in self._children) - len(self._refused)

    def submit(self, spec: TrialSpec) -> None:
        if any(child.spec == spec for child in self._children):
            return
        child = next(child for child in self._children if child.spec is None)
        files = AttemptFiles(self._store, spec)
        if refusal := files.refusal():
            self._refused.append(refusal)
            return
        self._files[spec.number] = files
        child.start(spec, files.folder)
        self._recorder.started(spec, worker=f"{socket.gethostname()}:{os.getpid()}")

    def poll(self, timeout_s: float) -> list[Report]:
        if self._refused:
            refused, self._refused = self._refused, []
            return refused
        deadline = time.monotonic() + timeout_s
        while True:
            reports = [report for child in self._children for report in self._poll_child(child, deadline)]
            if reports or time.monotonic() >= deadline:
                return reports

    def verdict(self, number: int, verdict: Verdict) -> None:
        for child in self._children:
            if child.spec is not None and child.spec.number == number:
                child.send_verdict(verdict)

    def close(self) -> None:
        for child in self._children:
            child.close()

    def _poll_child(self, child: RunnerChild, deadline: float) -> list[Report]:
        spec = child.spec
        if spec is None and len(self._children) > 1:
            return []
        turn_s = _TURN_S if len(self._children) > 1 else float("inf")
        reports = child.poll(max(0.0, min(turn_s, deadline - time.monotonic())))
        return [self._recorded(report) for report in reports]

    def _recorded(self, report: Report) -> Report:
        if isinstance(report, EpochReport):
            self._recorder.epoch(report)
        elif isinstance(report, TrialResult):
            return self._files.pop(report.number).publish(report)
        else:
            self._files.pop(report.number).publish_log()
        return report
