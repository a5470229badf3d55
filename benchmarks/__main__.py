"""Runs them all and writes docs/BENCHMARKS.md: `make bench`."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from .table import Row, page

PAGE = Path(__file__).parents[1] / "docs" / "BENCHMARKS.md"

BENCHMARKS = ("overhead", "dispatch", "efficiency", "memory", "feeding", "monitoring")
"""In this order: the last two load TensorFlow."""


def measured() -> Iterator[Row]:
    for name in BENCHMARKS:
        for row in importlib.import_module(f"benchmarks.{name}").rows():
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
            yield row


if __name__ == "__main__":
    PAGE.write_text(page(list(measured())))
