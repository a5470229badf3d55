"""What the module of every family of data sets offers, and the values it hands over."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from .registry import DatasetInfo

if TYPE_CHECKING:
    import numpy as np


class Sizes(NamedTuple):
    """How many examples there are; test 0 where the set has no test split of its own."""

    train: int
    test: int


class RawArrays(NamedTuple):
    """Examples as they lie in the files. brightest: the value that becomes 1. No test arrays: one is split off."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray | None
    y_test: np.ndarray | None
    brightest: int

    @property
    def sizes(self) -> Sizes:
        return Sizes(len(self.x_train), 0 if self.x_test is None else len(self.x_test))


class Family(Protocol):
    """The functions that a loader module named by DatasetInfo.loader has."""

    def sizes(self, info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
        """How many examples are here, judged by the files' headers and labels; None without files.

        Raises DatasetUnavailable for a file that is not what it should be.
        """
        ...

    def read(self, info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | None:
        """All examples; None without files. Raises like sizes."""
        ...

    def wanted(self, info: DatasetInfo) -> str:
        """The files that would serve, in words."""
        ...


def family_of(info: DatasetInfo) -> Family:
    return cast("Family", importlib.import_module(f".{info.loader}", __package__))
