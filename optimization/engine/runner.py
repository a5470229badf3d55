"""The child process that trains: trial specs in on stdin, epoch reports and results out on a private pipe.

Each line is JSON. In: {"kind": "trial", "spec": …, "folder": …} and {"kind": "verdict", "number": …,
"attempt": …, "verdict": …}. Out: {"kind": "ready"}, {"kind": "epoch", "report": …} and {"kind": "result",
"result": …}. Whatever else the process prints goes to the trial's log. It ends when stdin closes.
"""

import argparse
import dataclasses
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from .trial import EpochReport, TrialResult, TrialSpec, TrialState, Verdict, to_json

LOG_NAME = "trial.log"
NICENESS = 5


class Trainer(Protocol):
    """training.train_trial, or its stand-in that sleeps."""

    def __call__(
        self,
        spec: TrialSpec,
        folder: Path,
        *,
        on_epoch: Callable[[EpochReport], None],
        verdict: Callable[[], Verdict | None],
    ) -> TrialResult: ...


class Pipe:
    """The way out: a duplicate of fd 1 that nothing else in the process knows."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)

    def send(self, kind: str, **data: Any) -> None:
        self._file.write(to_json({"kind": kind, **data}) + "\n")


class Inbox:
    """What came in: specs in a queue, the verdict on the running trial beside it."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.trials: queue.Queue[tuple[TrialSpec, Path]] = queue.Queue()
        self.verdict_came = threading.Event()
        self._verdicts: dict[tuple[int, int], Verdict] = {}
        threading.Thread(target=self._read, args=(lines,), name="stdin", daemon=True).start()

    def verdict_on(self, spec: TrialSpec) -> Verdict | None:
        return self._verdicts.get((spec.number, spec.attempt))

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            message = json.loads(line)
            if message["kind"] == "trial":
                self._verdicts.clear()  # those on earlier trials, which another job may number alike
                self.trials.put((TrialSpec.from_dict(message["spec"]), Path(message["folder"])))
            else:
                self._verdicts[message["number"], message["attempt"]] = Verdict(message["verdict"])
                self.verdict_came.set()
        os._exit(0)  # the parent is gone or done with us: nobody waits for what is still computed


def run_trial(train: Trainer, inbox: Inbox, pipe: Pipe, spec: TrialSpec, folder: Path) -> None:
    """Train, and say how it ended whatever happens; the files of the trial are complete by then."""
    inbox.verdict_came.clear()
    try:
        result = train(
            spec,
            folder,
            on_epoch=lambda report: pipe.send("epoch", report=report.to_dict()),
            verdict=lambda: inbox.verdict_on(spec),
        )
    except Exception as error:  # noqa: BLE001  (any failure of a trial is that trial's result, and the job goes on)
        traceback.print_exc()
        result = failure(spec, error)
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    pipe.send("result", result=dataclasses.replace(result, files=files).to_dict())


def failure(spec: TrialSpec, error: Exception) -> TrialResult:
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    reason = f"{type(error).__name__}: {first_line}"
    if type(error).__name__ == "ResourceExhaustedError" or isinstance(error, MemoryError):
        reason += " (out of memory: try a smaller batch_size or max_parameters)"
    return TrialResult(
        number=spec.number,
        attempt=spec.attempt,
        state=TrialState.FAILED,
        reason=reason,
        traceback="".join(traceback.format_exception(error)),
    )


class LogRedirection:
    """Points fds 1 and 2 at the trial's log while it runs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._kept = os.dup(2)
        with self._path.open("ab") as log:
            _point_output_at(log.fileno())

    def __exit__(self, *_: object) -> None:
        _point_output_at(self._kept)
        os.close(self._kept)


def _point_output_at(fd: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)


def _trainer(options: argparse.Namespace, inbox: Inbox) -> Trainer:
    if options.trainer == "sleep":
        from .sleeping import SleepingTrainer

        return SleepingTrainer(options.sleep_epoch_s, inbox.verdict_came)
    from .training import train_trial

    return train_trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainer", choices=("keras", "sleep"), default="keras", help="sleep: report without training")
    parser.add_argument("--sleep-epoch-s", type=float, default=0.1, metavar="S", help="seconds a slept epoch takes")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.nice(NICENESS)
    pipe = Pipe()
    inbox = Inbox(sys.stdin)
    train = _trainer(options, inbox)
    pipe.send("ready")
    while True:
        spec, folder = inbox.trials.get()
        with LogRedirection(folder / LOG_NAME):
            run_trial(train, inbox, pipe, spec, folder)


if __name__ == "__main__":
    main()
