"""Honest splits: training, validation and test, the same for every trial of a job."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

from .availability import absent, find_dataset, size_note
from .family import RawArrays, family_of
from .folders import search_folders

if TYPE_CHECKING:
    import numpy as np

TEST_SHARE = 0.2
"""Share taken for testing from a data set that has no test split of its own."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Splits:
    """Pictures (examples, height, width, channels) as float32 in [0, 1], labels as int32.

    class_names: by label. size: "" or "subset N/M". sha256: of the examples and labels as they lay in the files.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    size: str
    sha256: str


def load_splits(name: str, *, data_dir: str | None, validation_split: float, split_seed: int) -> Splits:
    """Read a data set and split it by classes, fixed by split_seed. Raises DatasetUnavailable.

    Validation examples come from the training examples alone. The official test split is used as it is;
    where there is none it is taken off first, so that no validation share touches it.
    """
    info = find_dataset(name)
    raw = family_of(info).read(info, search_folders(data_dir))
    if raw is None:
        raise absent(info, data_dir, "were not fetched")
    x, y, size = raw.x_train, raw.y_train, size_note(info, raw.sizes)
    x_test, y_test = raw.x_test, raw.y_test
    if x_test is None or y_test is None:
        x, x_test, y, y_test = _stratified(x, y, TEST_SHARE, split_seed)
    x_train, x_val, y_train, y_val = _stratified(x, y, validation_split, split_seed)
    return Splits(
        x_train=_scaled(x_train, raw.brightest, info.shape),
        y_train=y_train.astype("int32"),
        x_val=_scaled(x_val, raw.brightest, info.shape),
        y_val=y_val.astype("int32"),
        x_test=_scaled(x_test, raw.brightest, info.shape),
        y_test=y_test.astype("int32"),
        class_names=info.classes,
        size=size,
        sha256=_checksum(raw),
    )


def _stratified(x: np.ndarray, y: np.ndarray, share: float, seed: int) -> list[np.ndarray]:
    """x of the large part, x of the small part, y of both. Each part can hold every class, however small the set."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    classes = len(np.unique(y))
    taken = min(max(round(share * len(y)), classes), len(y) - classes)
    parts: list[np.ndarray] = train_test_split(x, y, test_size=taken, random_state=seed, stratify=y)
    return parts


def _scaled(images: np.ndarray, brightest: int, shape: tuple[int, int, int]) -> np.ndarray:
    scaled = images.reshape(-1, *shape).astype("float32")
    scaled /= brightest
    return scaled


def _checksum(raw: RawArrays) -> str:
    digest = hashlib.sha256()
    for array in (raw.x_train, raw.y_train, raw.x_test, raw.y_test):
        if array is not None:
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(array.tobytes())
    return digest.hexdigest()
