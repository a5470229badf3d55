"""Honest splits: training, validation, test and holdout, the same for every trial of a job."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from .availability import absent, size_note
from .family import Family, RawArrays, RawTexts, TextShape, TokenLists
from .finding import family_of, find_dataset
from .folders import search_folders
from .registry import DatasetInfo, Modality

if TYPE_CHECKING:
    import numpy as np

TEST_SHARE = 0.2
"""Share taken for testing from a data set that has no test split of its own."""

TEST, HOLDOUT, VALIDATION = range(3)
"""What a share is taken for: each is drawn with random numbers of its own."""

VECTORIZED_KEPT = 3


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Splits:
    """Examples and labels (int32) of each split.

    Images: float32 in [0, 1], (examples, height, width, channels). Texts: int32 (examples, sequence_length), 0
    padding, 1 start, 2 unknown word; vocabulary: what each id stands for. The holdout split is opened by a
    comparative study alone; it is empty where none was asked for. class_names: by label. size: "" or "subset …" (as
    `check_available`). sha256: of the examples and labels as they lay in the files.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    x_holdout: np.ndarray
    y_holdout: np.ndarray
    class_names: tuple[str, ...]
    size: str
    sha256: str
    modality: Modality
    vocabulary: tuple[str, ...] = ()


class _Parts(NamedTuple):
    """Positions among the training examples. test: None where the set has a test split of its own."""

    train: np.ndarray
    val: np.ndarray
    holdout: np.ndarray
    test: np.ndarray | None


class _Labels(TypedDict):
    y_train: np.ndarray
    y_val: np.ndarray
    y_test: np.ndarray
    y_holdout: np.ndarray


class _Shares(NamedTuple):
    validation: float
    holdout: float
    seed: int


def load_splits(
    name: str,
    *,
    data_dir: str | None,
    validation_split: float,
    holdout_split: float,
    split_seed: int,
    text: TextShape | None = None,
) -> Splits:
    """Read a data set and split it by classes, fixed by split_seed. Raises DatasetUnavailable.

    validation_split, holdout_split: shares of the training examples, together below 1. The official test split is
    used as it is; where there is none it is taken off first, so that no other share touches it. Near-copies
    (`groups` of the raw data) never lie in two splits. text: needed for a data set of texts, ignored for images;
    the vocabulary comes from the training split alone, unless the publisher has numbered the words.
    """
    info = find_dataset(name, data_dir)
    source = _Source(info, family_of(info), tuple(search_folders(data_dir)), data_dir)
    shares = _Shares(validation_split, holdout_split, split_seed)
    if info.modality is Modality.IMAGE:
        return _image_splits(source, shares)
    if text is None:
        raise ValueError(f"{name} holds texts, so load_splits needs their TextShape")
    return _text_splits(_numbered(source, shares), TextShape(*text))


class _Source(NamedTuple):
    info: DatasetInfo
    family: Family
    folders: tuple[Path, ...]
    data_dir: str | None

    def read(self) -> RawArrays | RawTexts:
        raw = self.family.read(self.info, self.folders)
        if raw is None:
            raise absent(self.info, self.data_dir, "were not fetched")
        from .handed_over import check

        check(raw, self.info)
        return raw


def _image_splits(source: _Source, shares: _Shares) -> Splits:
    raw = source.read()
    if not isinstance(raw, RawArrays) or source.info.shape is None:
        raise TypeError(f"{source.info.name} is registered as images, but has a family or a shape of texts")
    parts = _parts(raw, shares)
    shape = source.info.shape

    def images(examples: np.ndarray) -> np.ndarray:
        return _scaled(examples, raw.brightest, shape)

    x_test = raw.x_train[parts.test] if parts.test is not None else raw.x_test
    assert x_test is not None
    return Splits(
        x_train=images(raw.x_train[parts.train]),
        x_val=images(raw.x_train[parts.val]),
        x_test=images(x_test),
        x_holdout=images(raw.x_train[parts.holdout]),
        **_labels(raw, parts),
        class_names=source.info.classes,
        size=size_note(source.info, raw.sizes),
        sha256=_checksum(raw.x_train, raw.y_train, raw.x_test, raw.y_test),
        modality=Modality.IMAGE,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class _NumberedTexts:
    """Texts split and numbered, before anybody has said how many words and how much of a text a model sees.

    ranks: as in `words.vectorized`. words: by rank. highest: rank of the rarest word.
    """

    train: TokenLists
    val: TokenLists
    test: TokenLists
    holdout: TokenLists
    labels: _Labels
    ranks: np.ndarray | None
    words: tuple[str, ...]
    highest: int
    classes: tuple[str, ...]
    size: str
    sha256: str


@functools.lru_cache(maxsize=1)
def _numbered(source: _Source, shares: _Shares) -> _NumberedTexts:
    from . import words

    raw = source.read()
    if not isinstance(raw, RawTexts):
        raise TypeError(f"{source.info.name} is registered as texts, but its family reads images")
    parts = _parts(raw, shares)
    dictionary: dict[str, int] = {}
    x = raw.x_train if isinstance(raw.x_train, TokenLists) else words.number_words(raw.x_train, dictionary)
    train = words.taken(x, parts.train)
    if parts.test is not None:
        test = words.taken(x, parts.test)
    else:
        assert raw.x_test is not None
        test = raw.x_test if isinstance(raw.x_test, TokenLists) else words.number_words(raw.x_test, dictionary)
    ranks, vocabulary = words.ranks_by_frequency(train, dictionary) if dictionary else (None, raw.words)
    return _NumberedTexts(
        train=train,
        val=words.taken(x, parts.val),
        test=test,
        holdout=words.taken(x, parts.holdout),
        labels=_labels(raw, parts),
        ranks=ranks,
        words=vocabulary,
        highest=len(vocabulary) or int(x.numbers.max(initial=0)),
        classes=source.info.classes,
        size=size_note(source.info, raw.sizes),
        sha256=_checksum(raw.x_train, raw.y_train, raw.x_test, raw.y_test),
    )


@functools.lru_cache(maxsize=VECTORIZED_KEPT)
def _text_splits(texts: _NumberedTexts, shape: TextShape) -> Splits:
    from . import words

    def ids(lists: TokenLists) -> np.ndarray:
        return words.vectorized(lists, texts.ranks, shape)

    return Splits(
        x_train=ids(texts.train),
        x_val=ids(texts.val),
        x_test=ids(texts.test),
        x_holdout=ids(texts.holdout),
        **texts.labels,
        class_names=texts.classes,
        size=texts.size,
        sha256=texts.sha256,
        modality=Modality.TEXT,
        vocabulary=words.vocabulary(texts.words, texts.highest, shape),
    )


def _parts(raw: RawArrays | RawTexts, shares: _Shares) -> _Parts:
    import numpy as np

    from .stratify import take_share

    def take(positions: np.ndarray, share: float, purpose: int, leave: int) -> tuple[np.ndarray, np.ndarray]:
        groups = None if raw.groups is None else raw.groups[positions]
        seed = (shares.seed, purpose)
        left, taken = take_share(raw.y_train[positions], share, seed=seed, groups=groups, leave=leave)
        return positions[left], positions[taken]

    rest, test = np.arange(len(raw.y_train)), None
    if raw.x_test is None:
        rest, test = take(rest, TEST_SHARE, TEST, leave=2)
    examples = len(rest)
    rest, holdout = take(rest, shares.holdout, HOLDOUT, leave=2)
    train, val = take(rest, shares.validation * examples / len(rest), VALIDATION, leave=1)
    return _Parts(train, val, holdout, test)


def _labels(raw: RawArrays | RawTexts, parts: _Parts) -> _Labels:
    y_test = raw.y_train[parts.test] if parts.test is not None else raw.y_test
    assert y_test is not None
    return {
        "y_train": raw.y_train[parts.train].astype("int32"),
        "y_val": raw.y_train[parts.val].astype("int32"),
        "y_test": y_test.astype("int32"),
        "y_holdout": raw.y_train[parts.holdout].astype("int32"),
    }


def _scaled(images: np.ndarray, brightest: int, shape: tuple[int, int, int]) -> np.ndarray:
    scaled = images.reshape(-1, *shape).astype("float32")
    scaled /= brightest
    return scaled


def _checksum(*contents: np.ndarray | TokenLists | Sequence[str] | None) -> str:
    """SHA-256 over what was read: shapes, types and values."""
    import numpy as np

    digest = hashlib.sha256()
    for content in contents:
        arrays = (content.numbers, content.starts) if isinstance(content, TokenLists) else (content,)
        for array in arrays:
            if isinstance(array, np.ndarray):
                digest.update(f"{array.dtype} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
            elif array is not None:
                for text in array:
                    digest.update(f"{len(text)} {text}".encode())
    return digest.hexdigest()
