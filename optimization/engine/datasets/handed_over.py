"""Whether what a family hands over fits what its registration says: a user's own family was checked by nobody else."""

from collections.abc import Sequence

import numpy as np

from ..errors import DatasetUnavailable
from .family import RawArrays, RawTexts, TokenLists
from .registry import DatasetInfo

Examples = np.ndarray | TokenLists | Sequence[str]


def check(raw: RawArrays | RawTexts, info: DatasetInfo) -> None:
    """Raises DatasetUnavailable naming the data set: wrong examples would be reshaped or mislabelled in silence."""
    problem = _problem(raw.x_train, raw.y_train, "train", info)
    if raw.x_test is not None:
        problem = problem or _problem(raw.x_test, raw.y_test, "test", info)
    if raw.groups is not None and len(raw.groups) != len(raw.y_train):
        problem = problem or f"groups has {len(raw.groups)} values for {len(raw.y_train)} examples"
    if problem:
        raise DatasetUnavailable(f"the data set {info.name} does not hold what it is registered with: {problem}")


def _problem(x: Examples, y: np.ndarray | None, part: str, info: DatasetInfo) -> str:
    if y is None or len(x) != len(y):
        return f"x_{part} has {len(x)} examples, y_{part} {0 if y is None else len(y)} labels"
    if not len(y):
        return f"x_{part} is empty"
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= len(info.classes):
        return (
            f"y_{part} must hold whole numbers from 0 to {len(info.classes) - 1}; got {y.dtype} {y.min()} to {y.max()}"
        )
    if isinstance(x, np.ndarray) and info.shape is not None:
        grey = info.shape[:2] if info.shape[2] == 1 else info.shape
        if x.shape[1:] not in (info.shape, grey):
            return f"its examples are of shape {x.shape[1:]}, not {info.shape}"
    return ""
