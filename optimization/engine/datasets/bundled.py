"""Data sets that come with scikit-learn."""

from collections.abc import Sequence
from pathlib import Path

from .family import RawArrays, Sizes
from .registry import DatasetInfo

BRIGHTEST_DIGIT_PIXEL = 16


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes:
    return Sizes(info.train_size, info.test_size)


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawArrays:
    from sklearn.datasets import load_digits

    digits = load_digits()
    return RawArrays(digits.images, digits.target, None, None, BRIGHTEST_DIGIT_PIXEL)


def wanted(info: DatasetInfo) -> str:
    return "nothing: it comes with scikit-learn"
