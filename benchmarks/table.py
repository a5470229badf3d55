"""What a benchmark measured, and how it is written down."""

import dataclasses
import os
import platform
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version

HEAD = """# Benchmarks

Written by `make bench`. Each row compares with a peer that did the same work in the same run; the ratio is ours divided
by the peer's.
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison. ours, peer: in `unit`. better: whether less or more is better."""

    what: str
    against: str
    ours: float
    peer: float
    unit: str
    better: str = "less"

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    def __str__(self) -> str:
        return (
            f"| {self.what} | {self.against} | {self.ours:,.4g} {self.unit} | {self.peer:,.4g} {self.unit} "
            f"| {self.ratio:.2f} | {self.better} |"
        )


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds that the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def machine() -> str:
    parts = [f"{os.cpu_count()} cores", platform.machine(), platform.system(), f"Python {platform.python_version()}"]
    return ", ".join(parts + [f"{name} {version(name)}" for name in ("optuna", "tensorflow", "keras")])


def page(rows: Iterable[Row]) -> str:
    """docs/BENCHMARKS.md."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    lines = [HEAD, f"{day}, {machine()}.", "", "| what | against | ours | peer | ratio | better |", "|" + " --- |" * 6]
    return "\n".join([*lines, *map(str, rows)]) + "\n"
