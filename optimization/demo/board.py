"""What is seen while a job runs: bars in a terminal, plain lines anywhere else."""

from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from optimization.tables import figure

Json = dict[str, Any]
LINE_END = "\n"


class Board(Protocol):
    """Shows a job and its trials, as the API gives them, each time they are looked at."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def update(self, job: Json, trials: list[Json]) -> None: ...


def board_for(console: Console) -> Board:
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveBoard(console)
    return PlainBoard(console)


def epochs_of(trial: Json) -> tuple[int, int | None]:
    """Epochs done and asked for; the second is unknown before the first epoch ended."""
    done = trial["epochs"]
    return len(done), done[-1]["epochs"] if done else None


def outcome(trial: Json) -> str:
    """How a trial stands, in a few words."""
    if trial["state"] == "completed":
        return f"completed  score {figure(trial['total_score'], 3)}"
    if trial["state"] == "running" and trial["epochs"]:
        return f"running  validation accuracy {figure(trial['epochs'][-1]['val_accuracy'], 3)}"
    reason = trial["reason"].partition(LINE_END)[0]
    return reason if reason.startswith(trial["state"]) else f"{trial['state']}  {reason}".rstrip()


class LiveBoard:
    """One bar for the job and one for each trial, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._job = Progress(
            TextColumn("[bold]{task.description:<9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("trials"),
            TimeElapsedColumn(),
            console=console,
        )
        self._trials = Progress(
            TextColumn("{task.description:<9}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("epochs  {task.fields[outcome]}"),
            console=console,
        )
        self._live = Live(Group(self._job, self._trials), console=console, refresh_per_second=8)
        self._bars: dict[int, TaskID] = {}
        self._overall = self._job.add_task("job", total=None)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def update(self, job: Json, trials: list[Json]) -> None:
        self._job.update(self._overall, total=job["trials"], completed=job["finished"])
        for trial in trials:
            number = trial["number"]
            if number not in self._bars:
                self._bars[number] = self._trials.add_task(f"trial {number}", total=None, outcome="")
            done, asked = epochs_of(trial)
            self._trials.update(self._bars[number], completed=done, total=asked, outcome=outcome(trial))


class PlainBoard:
    """One line for each thing that happened; no control characters."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[int, tuple[str, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    def update(self, job: Json, trials: list[Json]) -> None:
        for trial in trials:
            done, asked = epochs_of(trial)
            now = (trial["state"], done)
            if self._said.get(trial["number"]) == now:
                continue
            self._said[trial["number"]] = now
            epochs = f"epoch {done}/{asked}  " if asked else ""
            self._console.print(f"trial {trial['number']}: {epochs}{outcome(trial)}", soft_wrap=True)
