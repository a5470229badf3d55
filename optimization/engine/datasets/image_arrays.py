"""Images as arrays x_train, y_train, x_test, y_test, wherever they lie: what they must be, and reading them."""

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from .family import RawArrays, Sizes
from .npz_files import Header, naming
from .registry import DatasetInfo

KEYS = ("x_train", "y_train", "x_test", "y_test")
FEWEST_PER_CLASS = 2
"""One example for training and one for validation."""


class Source(Protocol):
    """Where the arrays lie. Headers are told without unpacking the images."""

    def path_of(self, key: str) -> Path: ...

    def header(self, key: str) -> Header: ...

    def array(self, key: str) -> np.ndarray: ...


class _Split(NamedTuple):
    name: str
    full_size: int
    fewest: int


def check(source: Source, info: DatasetInfo) -> Sizes:
    """The sizes of both splits. Raises DatasetUnavailable naming the file that is not what it should be."""
    found = []
    for split in _splits(info):
        x, y = f"x_{split.name}", f"y_{split.name}"
        with naming(source.path_of(x)):
            examples = check_images(source.header(x), x, info, split.full_size)
        with naming(source.path_of(y)):
            header = source.header(y)
            if header.shape not in ((examples,), (examples, 1)) or header.dtype.kind not in "iu":
                raise ValueError(f"{y} must hold {examples} whole numbers; got {header.dtype} {header.shape}")
            check_labels(source.array(y), y, info, split.fewest)
        found.append(examples)
    return Sizes(*found)


def read(source: Source, info: DatasetInfo) -> RawArrays:
    """All examples, checked as `check` does."""
    check(source, info)
    x_train, y_train, x_test, y_test = (_array(source, key) for key in KEYS)
    return RawArrays(x_train, y_train.reshape(-1), x_test, y_test.reshape(-1))


def _array(source: Source, key: str) -> np.ndarray:
    with naming(source.path_of(key)):
        return source.array(key)


def check_images(header: Header, key: str, info: DatasetInfo, full_size: int) -> int:
    """How many there are. Raises ValueError."""
    assert info.shape is not None
    height, width, channels = info.shape
    shape = (height, width) if channels == 1 else info.shape
    if header.shape[1:] != shape or not header.shape[0] or header.dtype != np.uint8:
        wanted = ", ".join(str(size) for size in shape)
        raise ValueError(f"{key} must be uint8 (examples, {wanted}); got {header.dtype} {header.shape}")
    if header.shape[0] > full_size:
        raise ValueError(f"{key} holds {header.shape[0]:,} examples, but {info.title} has {full_size:,}")
    return header.shape[0]


def check_labels(labels: np.ndarray, key: str, info: DatasetInfo, fewest: int) -> None:
    """fewest: examples that each class which occurs must have. Raises ValueError."""
    last = len(info.classes) - 1
    if labels.min() < 0 or labels.max() > last:
        raise ValueError(f"{key} must hold labels from 0 to {last}; got {labels.min()} to {labels.max()}")
    values, counts = np.unique(labels, return_counts=True)
    if counts.min() < fewest:
        rare = info.classes[values[counts.argmin()]]
        raise ValueError(f"{key} must hold at least {fewest} examples of each class it has; {rare} has one")
    if len(values) < 2 and fewest > 1:
        raise ValueError(f"{key} must hold at least two classes")


def _splits(info: DatasetInfo) -> tuple[_Split, _Split]:
    return _Split("train", info.train_size, FEWEST_PER_CLASS), _Split("test", info.test_size, 1)
