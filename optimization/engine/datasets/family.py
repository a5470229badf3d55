"""What the module of every family of data sets offers, and the values it hands over."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .registry import DatasetInfo

if TYPE_CHECKING:
    import numpy as np


class Sizes(NamedTuple):
    """How many examples there are; test 0 where the set has no test split of its own."""

    train: int
    test: int


class TextShape(NamedTuple):
    """What a text model sees. vocab_size: ids, the four marks among them. sequence_length: ids in one text."""

    vocab_size: int
    sequence_length: int


class RawArrays(NamedTuple):
    """Images as they lie in the files. brightest: the value that becomes 1. No test arrays: a split is taken off.

    x: (examples, height, width) or (examples, height, width, channels); y: (examples,) whole numbers.
    groups: (training examples,), equal where examples are near-copies; no two splits share a group.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    brightest: int = 255
    groups: np.ndarray | None = None

    @property
    def sizes(self) -> Sizes:
        return Sizes(len(self.x_train), 0 if self.x_test is None else len(self.x_test))


@dataclasses.dataclass(frozen=True, eq=False)
class TokenLists:
    """Texts as word numbers, which count from 1. Text i is numbers[starts[i]:starts[i + 1]].

    numbers: int32 (all words). starts: int64 (texts + 1).
    """

    numbers: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1


class RawTexts(NamedTuple):
    """Texts as they lie in the files: strings, or lists of word numbers where the publisher numbered the words.

    words: the publisher's words, number 1 first; empty for strings, and where the words are not known.
    groups: as in RawArrays.
    """

    x_train: Sequence[str] | TokenLists
    y_train: np.ndarray
    x_test: Sequence[str] | TokenLists | None = None
    y_test: np.ndarray | None = None
    words: tuple[str, ...] = ()
    groups: np.ndarray | None = None

    @property
    def sizes(self) -> Sizes:
        return Sizes(len(self.x_train), 0 if self.x_test is None else len(self.x_test))


class Family(Protocol):
    """The functions that a loader module named by DatasetInfo.loader has, or an object given to `register`."""

    def sizes(self, info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
        """How many examples are here, judged by the files' headers and labels; None without files.

        Called in web processes: loads no framework and unpickles nothing. Raises DatasetUnavailable for a file
        that is not what it should be.
        """
        ...

    def read(self, info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | RawTexts | None:
        """All examples; None without files. Raises like sizes."""
        ...

    def wanted(self, info: DatasetInfo) -> str:
        """The files that would serve, in words."""
        ...
