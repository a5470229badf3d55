"""IMDb and Reuters as Keras has them: texts as lists of word numbers, and the words in a JSON file.

The NPZ files hold pickled lists. They are judged by their headers and labels, and of the pickles only arrays and
plain values are built, so a repacked file is as good as the original. Texts are put in Keras' order.
"""

import json
import logging
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from .family import RawTexts, Sizes, TokenLists
from .image_arrays import FEWEST_PER_CLASS, check_labels
from .npz_files import NpzFile, naming
from .pickles import load_arrays
from .registry import DatasetInfo

logger = logging.getLogger(__name__)

KERAS_SEED = 113
"""What Keras shuffles these data sets with, before Reuters' test split is taken from the end."""
HIGHEST_NUMBER = 1_000_000
"""More words than either data set has."""


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
    source = _find(info, folders)
    if source is None:
        return None
    counts = {split: _check(source, split, info) for split in _stored_splits(source)}
    return Sizes(counts["train"], counts["test"]) if "test" in counts else _cut(counts[""], info)


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawTexts | None:
    found = sizes(info, folders)
    source = _find(info, folders)
    if found is None or source is None:
        return None
    words = _words(info, source.path.parent)
    if "" not in _stored_splits(source):
        return RawTexts(*_split(source, "train"), *_split(source, "test"), words)
    x, y = _split(source, "")
    middle, cut = found.train, x.starts[found.train]
    train, test = (
        TokenLists(x.numbers[:cut], x.starts[: middle + 1]),
        TokenLists(x.numbers[cut:], x.starts[middle:] - cut),
    )
    return RawTexts(train, y[:middle], test, y[middle:], words)


def wanted(info: DatasetInfo) -> str:
    return " and ".join(file.path for file in info.files)


def _find(info: DatasetInfo, folders: Sequence[Path]) -> NpzFile | None:
    for folder in folders:
        if (npz := folder / f"{info.name}.npz").is_file():
            return NpzFile(npz)
    return None


def _stored_splits(source: NpzFile) -> tuple[str, ...]:
    """ "" where all texts lie together."""
    with naming(source.path):
        return ("",) if source.holds("x") else ("train", "test")


def _cut(examples: int, info: DatasetInfo) -> Sizes:
    """Training and test texts among all, in the shares that Keras takes."""
    train = examples * info.train_size // (info.train_size + info.test_size)
    return Sizes(train, examples - train)


def _key(kind: str, split: str) -> str:
    return f"{kind}_{split}" if split else kind


def _check(source: NpzFile, split: str, info: DatasetInfo) -> int:
    """How many texts the split has. Raises DatasetUnavailable."""
    x, y = _key("x", split), _key("y", split)
    full = {"train": info.train_size, "test": info.test_size, "": info.train_size + info.test_size}[split]
    with naming(source.path):
        header = source.object_header(x)
        if len(header.shape) != 1 or not header.dtype.hasobject or not header.shape[0]:
            raise ValueError(f"{x} must hold one list of word numbers for each text; got {header.dtype} {header.shape}")
        examples = header.shape[0]
        if examples > full:
            raise ValueError(f"{x} holds {examples:,} texts, but {info.title} has {full:,}")
        labels = source.header(y)
        if labels.shape != (examples,) or labels.dtype.kind not in "iu":
            raise ValueError(f"{y} must hold {examples} whole numbers; got {labels.dtype} {labels.shape}")
        check_labels(source.array(y), y, info, 1 if split == "test" else FEWEST_PER_CLASS)
    return examples


def _split(source: NpzFile, split: str) -> tuple[TokenLists, np.ndarray]:
    """Texts and labels in the order that Keras puts them in."""
    key = _key("x", split)
    with naming(source.path):
        with source.objects(key) as file:
            lists = load_arrays(file)
        y = source.array(_key("y", split))
        if not isinstance(lists, np.ndarray) or lists.shape != y.shape:
            raise ValueError(f"{key} does not hold what its header says")
        order = np.arange(len(y))
        np.random.RandomState(KERAS_SEED).shuffle(order)
        return _numbers([lists[at] for at in order.tolist()], key), y[order]


def _numbers(lists: Sequence[object], key: str) -> TokenLists:
    if not all(type(item) is list for item in lists):
        raise ValueError(f"{key} must hold lists of word numbers")
    lengths = [len(item) for item in lists]  # type: ignore[arg-type]
    try:
        flat = np.fromiter(chain.from_iterable(lists), np.int32, count=sum(lengths))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{key} must hold whole numbers ({error})") from error
    if len(flat) and not 0 < flat.min() <= flat.max() < HIGHEST_NUMBER:
        raise ValueError(f"{key} must hold word numbers from 1 to {HIGHEST_NUMBER:,}; got {flat.min()} to {flat.max()}")
    return TokenLists(flat, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _words(info: DatasetInfo, folder: Path) -> tuple[str, ...]:
    """The words by number; none where their file is absent: ids are then shown as numbers."""
    path = folder / f"{info.name}_word_index.json"
    if not path.is_file():
        logger.warning("%s is not there, so the words of %s are shown as numbers", path, info.name)
        return ()
    with naming(path):
        index = json.loads(path.read_bytes())
        if not isinstance(index, dict) or not all(type(number) is int for number in index.values()):
            raise ValueError("it must map words to their numbers")
        if sorted(index.values()) != list(range(1, len(index) + 1)):
            raise ValueError("its numbers must run from 1 without a gap")
        return tuple(sorted(index, key=index.__getitem__))
