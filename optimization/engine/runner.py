"""The child process that trains: trial specs in on stdin, epoch reports and results out on a private pipe.

Each line is JSON. In: {"kind": "trial", "spec": …, "folder": …} and {"kind": "verdict", "number": …,
"attempt": …, "verdict": …}. Out: {"kind": "ready"}, {"kind": "epoch", "report": …}, {"kind": "trained", "result": …}
as soon as a model is complete, since what then only shows it may still be cut short, and {"kind": "result", "result":
…}. Whatever else the process prints goes to the running trial's log, between trials to stderr.
It ends when stdin closes, also in the middle of a trial.
"""

import argparse
import dataclasses
import faulthandler
import json
import logging
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .drawing import draw_plots
from .plugins import load_plugins
from .trial import EpochReport, TrialResult, TrialSpec, TrialState, Verdict, to_json
from .trial_files import ARRAYS_FILE, LOG_NAME, file_sizes

logger = logging.getLogger(__name__)

NICENESS = 5
OUT_OF_MEMORY = ("ResourceExhaustedError", "MemoryError")
LONGEST_REASON = 500


class VerdictBox:
    """Where the verdict on one trial arrives."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._verdict: Verdict | None = None

    def put(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._came.set()

    def look(self) -> Verdict | None:
        return self._verdict

    def wait(self, timeout_s: float) -> Verdict | None:
        """The verdict as soon as it is there, None after the time."""
        self._came.wait(timeout_s)
        return self._verdict


class Order(NamedTuple):
    """One trial to train. spec: still as it came over the wire."""

    spec: Mapping[str, Any]
    folder: Path
    box: VerdictBox


class Pipe:
    """The way out: a duplicate of fd 1 that nothing else in the process knows; fd 1 becomes stderr."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)

    def send(self, kind: str, **data: Any) -> None:
        try:
            self._file.write(to_json({"kind": kind, **data}) + "\n")
        except BrokenPipeError:
            os._exit(0)  # the parent is gone

    def send_epoch(self, report: EpochReport) -> None:
        self.send("epoch", report=report.to_dict())

    def send_trained(self, result: TrialResult) -> None:
        self.send("trained", result=result.to_dict())


Trainer = Callable[[TrialSpec, Path, Pipe, VerdictBox], TrialResult]


class Inbox:
    """Reads stdin in a thread of its own, so that verdicts and the end of the parent are seen while training."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.orders: queue.Queue[Order] = queue.Queue()
        self._boxes: dict[tuple[int, int], VerdictBox] = {}
        threading.Thread(target=self._read, args=(lines,), name="stdin", daemon=True).start()

    def _read(self, lines: Iterable[str]) -> None:
        try:
            for line in lines:
                self._take(json.loads(line))
        except Exception:
            logger.exception("cannot read what the parent sends")
            os._exit(1)
        os._exit(0)  # the parent is gone, or done with us: nobody waits for what is still computed

    def _take(self, message: Mapping[str, Any]) -> None:
        match message["kind"]:
            case "trial":
                spec, box = message["spec"], VerdictBox()
                # Trials come one at a time: with this one, verdicts on earlier ones are void.
                self._boxes = {(spec["number"], spec["attempt"]): box}
                self.orders.put(Order(spec, Path(message["folder"]), box))
            case "verdict":
                if addressee := self._boxes.get((message["number"], message["attempt"])):
                    addressee.put(Verdict(message["verdict"]))


def run(order: Order, train: Trainer, pipe: Pipe) -> TrialResult:
    """How the trial ended, whatever happened; its files are complete by then."""
    with output_to(order.folder / LOG_NAME):
        try:
            spec = TrialSpec.from_dict(order.spec)
            load_plugins(spec.plugins)
            result = train(spec, order.folder, pipe, order.box)
            kept = (order.folder / ARRAYS_FILE).exists()  # a trial that only slept has nothing to draw
            if kept and spec.draw_plots and result.state is TrialState.COMPLETED:
                draw_plots(order.folder, give_up=lambda: order.box.look() is not None)
        except (Exception, SystemExit) as error:  # any failure of a trial is that trial's result, and the job goes on
            logger.exception("trial %s failed", order.spec["number"])
            result = failure(order.spec, error)
    return dataclasses.replace(result, files=file_sizes(order.folder))


def failure(spec: Mapping[str, Any], error: BaseException) -> TrialResult:
    """The result of a trial that raised: a reason in one line, the traceback whole."""
    kind = type(error).__name__
    first_line = (str(error).strip().splitlines() or ["no message"])[0]
    reason = f"{kind}: {first_line}"[:LONGEST_REASON]
    if any(base.__name__ in OUT_OF_MEMORY for base in type(error).__mro__):
        reason += " (out of memory: use a smaller batch_size or max_parameters)"
    return TrialResult(
        number=spec["number"],
        attempt=spec["attempt"],
        state=TrialState.FAILED,
        reason=reason,
        traceback="".join(traceback.format_exception(error)),
    )


@contextmanager
def output_to(path: Path) -> Iterator[None]:
    """Point fds 1 and 2, and so all that Python and the framework print, at a file for a while."""
    kept = os.dup(2)
    with path.open("ab") as log:
        _point_output_at(log.fileno())
    try:
        yield
    finally:
        _point_output_at(kept)
        os.close(kept)


def _point_output_at(fd: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(fd, 1)
    os.dup2(fd, 2)


def make_trainer(options: argparse.Namespace) -> Trainer:
    """The trainer asked for, its framework loaded."""
    if options.trainer == "sleep":
        from .sleeping import sleep_trial

        return lambda spec, folder, pipe, box: sleep_trial(
            spec, folder, on_epoch=pipe.send_epoch, wait=box.wait, epoch_s=options.sleep_epoch_s
        )
    from .training import train_trial

    return lambda spec, folder, pipe, box: train_trial(
        spec, folder, on_epoch=pipe.send_epoch, on_trained=pipe.send_trained, verdict=box.look
    )


def make_output_readable() -> None:
    """Lines appear in the log as they are written; warnings and errors of the framework stay, its chatter goes."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # both are real files here
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    faulthandler.enable()
    faulthandler.register(signal.SIGTERM, chain=True)  # a trial ended by force: its log shows where it hung


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--trainer", choices=("keras", "sleep"), default="keras", help="sleep: report epochs without training"
    )
    parser.add_argument("--sleep-epoch-s", type=float, default=0.1, metavar="S", help="seconds a slept epoch takes")
    options = parser.parse_args()
    os.nice(NICENESS)
    pipe = Pipe()
    make_output_readable()
    inbox = Inbox(sys.stdin)
    train = make_trainer(options)
    pipe.send("ready")
    while True:
        pipe.send("result", result=run(inbox.orders.get(), train, pipe).to_dict())


if __name__ == "__main__":
    main()
