"""One warm runner process, seen from its parent."""

import contextlib
import dataclasses
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from ..trial import EpochReport, TrialLost, TrialResult, TrialSpec, TrialState, Verdict, to_json
from .base import Report

TRIALS_PER_PROCESS = 25
"""A TensorFlow process grows by about 12 MB a trial and gives nothing back, so it is replaced now and then."""

_ROOT = str(Path(__file__).parents[3])


class RunnerChild:
    """Runs one trial at a time in a runner process that stays warm between trials.

    A trial that outlives its time limit, or does not end within `grace_s` of a verdict, is ended by
    SIGTERM and, after as long again, by SIGKILL of its process group. Once its model is complete, nothing of
    this fails it any more: however its pictures end, the trial is complete. The runner notices by itself
    when this process dies, since its standard input closes.
    """

    def __init__(self, extra_args: Sequence[str] = (), *, grace_s: float = 5.0) -> None:
        self._args = [sys.executable, "-m", "optimization.engine.runner", *extra_args]
        self._grace_s = grace_s
        self._process: subprocess.Popen[str] | None = None
        self._inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._stderr: IO[bytes] | None = None
        self._served = 0
        self._spec: TrialSpec | None = None
        self._verdict: Verdict | None = None
        self._trained: TrialResult | None = None
        self._started_at = 0.0
        self._deadlines: list[tuple[float, int]] = []
        self._timed_out = False

    @property
    def spec(self) -> TrialSpec | None:
        """The trial that runs now."""
        return self._spec

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def warm_up(self) -> None:
        """Start the process now, so that the first trial need not wait for its imports."""
        if self._process is None:
            self._spawn()

    def start(self, spec: TrialSpec, folder: Path) -> None:
        """Begin a trial whose files go to `folder`, which exists. One at a time."""
        if self._spec is not None:
            raise RuntimeError(f"trial {self._spec.number} still runs here")
        if self._served >= TRIALS_PER_PROCESS:
            self._end_process()
        self.warm_up()
        self._spec, self._verdict, self._trained, self._timed_out = spec, None, None, False
        self._started_at = time.monotonic()
        self._served += 1
        self._deadlines = self._kill_plan(spec.time_limit_s) if spec.time_limit_s else []
        self._send({"kind": "trial", "spec": spec.to_dict(), "folder": str(folder.resolve())})

    def send_verdict(self, verdict: Verdict) -> None:
        """Ask the running trial to end early; its result follows from poll."""
        if self._spec is None or self._verdict is not None:
            return
        self._verdict = verdict
        self._deadlines = self._kill_plan()
        self._ask_to_end(self._spec, verdict)

    def poll(self, timeout_s: float) -> list[Report]:
        """Reports that arrived; waits up to timeout_s for the first. After a result the child is free."""
        self._enforce_deadlines()
        if self._deadlines:
            timeout_s = max(0.0, min(timeout_s, self._deadlines[0][0] - time.monotonic()))
        reports: list[Report] = []
        with contextlib.suppress(queue.Empty):
            reports += self._read(self._inbox.get(timeout=timeout_s))
            while True:
                reports += self._read(self._inbox.get_nowait())
        self._enforce_deadlines()
        return reports

    def close(self) -> None:
        """End the process at once; a running trial is given up."""
        self._spec = None
        self._end_process()

    def _spawn(self) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        self._process = subprocess.Popen(
            self._args,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            env=_environment(),
        )
        self._served = 0
        threading.Thread(target=_drain, args=(self._process.stdout, self._inbox), daemon=True).start()

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the reader thread reports the end of the process
            self._process.stdin.write(to_json(message) + "\n")
            self._process.stdin.flush()

    def _read(self, message: dict[str, Any] | None) -> list[Report]:
        if message is None:
            return self._process_ended()
        if self._spec is None:
            return []
        match message["kind"]:
            case "epoch":
                return [EpochReport.from_dict(message["report"])]
            case "trained":
                self._trained = TrialResult.from_dict(message["result"])
            case "result":
                result = TrialResult.from_dict(message["result"])
                if self._timed_out and result.state is not TrialState.COMPLETED:
                    result = dataclasses.replace(result, state=TrialState.FAILED, reason=self._time_out(self._spec))
                self._spec, self._deadlines = None, []
                if result.state is TrialState.FAILED:
                    self._end_process()  # what it leaves behind, in memory above all, must not harm the next trial
                return [result]
        return []

    def _process_ended(self) -> list[Report]:
        assert self._process is not None
        code, words = self._process.wait(), self._last_words()
        spec, self._spec, self._deadlines = self._spec, None, []
        self._end_process()
        if spec is None:
            return []
        if self._trained is not None:
            return [dataclasses.replace(self._trained, duration_s=time.monotonic() - self._started_at)]
        if self._timed_out or self._verdict is not None:
            return [self._cut_short(spec)]
        reason = f"the runner process ended with {_ending(code)}" + (f": {words}" if words else "")
        return [TrialLost(number=spec.number, attempt=spec.attempt, reason=reason)]

    def _cut_short(self, spec: TrialSpec) -> TrialResult:
        duration_s = time.monotonic() - self._started_at
        if self._timed_out:
            state, reason = TrialState.FAILED, self._time_out(spec)
        else:
            assert self._verdict is not None
            state, reason = self._verdict.end_state, "ended by force: it did not stop in time"
        return TrialResult(number=spec.number, attempt=spec.attempt, state=state, reason=reason, duration_s=duration_s)

    @staticmethod
    def _time_out(spec: TrialSpec) -> str:
        return f"time-out: not finished within {spec.time_limit_s:g} s"

    def _kill_plan(self, limit_s: float | None = None) -> list[tuple[float, int]]:
        """When to do what: 0 asks the trial to end (at the limit, if there is one), a signal makes it."""
        start = time.monotonic() + (limit_s or 0.0)
        forced: list[tuple[float, int]] = [
            (start + self._grace_s, signal.SIGTERM),
            (start + 2 * self._grace_s, signal.SIGKILL),
        ]
        return forced if limit_s is None else [(start, 0), *forced]

    def _enforce_deadlines(self) -> None:
        while self._deadlines and self._deadlines[0][0] <= time.monotonic():
            _, number = self._deadlines.pop(0)
            if number:
                self._signal(number)
            elif self._spec is not None:
                self._timed_out = True
                self._ask_to_end(self._spec, Verdict.STOP)

    def _ask_to_end(self, spec: TrialSpec, verdict: Verdict) -> None:
        self._send({"kind": "verdict", "number": spec.number, "attempt": spec.attempt, "verdict": verdict})

    def _signal(self, number: int) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _end_process(self) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._stderr):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process = None
        self._inbox = queue.Queue()

    def _last_words(self) -> str:
        """The last line the runner wrote outside of a trial, for when it could not even start."""
        assert self._stderr is not None
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - 2000))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def _environment() -> dict[str, str]:
    """The runner finds the modules that this process finds: a user's plugins may lie beside a script or notebook."""
    folders = [_ROOT, *(str(folder) or str(Path.cwd()) for folder in sys.path)]
    return os.environ | {"PYTHONPATH": os.pathsep.join(folders)}


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    name = signal.Signals(-code).name
    return f"signal {name}" + (" (the system does this when memory runs out)" if name == "SIGKILL" else "")


def _drain(pipe: IO[str], inbox: queue.Queue[dict[str, Any] | None]) -> None:
    """Always read the runner's pipe, so that it never waits for us; None marks its end."""
    with contextlib.suppress(ValueError):  # the pipe was closed under us: the process was ended on purpose
        for line in pipe:
            inbox.put(json.loads(line))
    inbox.put(None)
