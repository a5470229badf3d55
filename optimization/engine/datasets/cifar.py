"""CIFAR-10 and CIFAR-100: one NPZ file, or the publisher's pickles as Keras' download brings them.

The pickles lie in a folder, or still in the archive; of them only arrays are built. How many images one holds is
known from the length of its pixels, so judging unpickles nothing. What was in an archive is kept beside it, unpacked.
"""

import functools
import hashlib
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np

from . import decoded, image_arrays
from .family import RawArrays, Sizes
from .npz_files import Header, NpzFile, naming
from .pickles import load_arrays, longest_bytes
from .registry import DatasetInfo

T = TypeVar("T")


class _Layout(NamedTuple):
    """How the publisher packs a data set. labels: the key of the labels in each pickle."""

    folder: str
    train: tuple[str, ...]
    test: str
    labels: bytes


_LAYOUTS = {
    "cifar10": _Layout(
        "cifar-10-batches-py", tuple(f"data_batch_{number}" for number in range(1, 6)), "test_batch", b"labels"
    ),
    "cifar100": _Layout("cifar-100-python", ("train",), "test", b"fine_labels"),
}


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
    source = _find(info, folders)
    if isinstance(source, NpzFile):
        return image_arrays.check(source, info)
    if source is None:
        return None
    with naming(source):
        counts = _counts(info, source, _state(source))
    layout = _LAYOUTS[info.name]
    found = Sizes(sum(counts[name] for name in layout.train), counts[layout.test])
    with naming(source):
        if not min(counts.values()):
            raise ValueError("a batch holds no images")
        if found.train > info.train_size or found.test > info.test_size:
            raise ValueError(f"it holds {found.train:,} + {found.test:,} images, more than {info.title} has")
    return found


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | None:
    source = _find(info, folders)
    if isinstance(source, NpzFile):
        return image_arrays.read(source, info)
    if source is None:
        return None
    with naming(source):
        if source.is_dir():
            arrays = _decode(info, source)
        else:
            state = hashlib.sha256(repr(_state(source)).encode()).hexdigest()
            arrays = decoded.kept(source.parent, info.name, state, lambda: _decode(info, source))
    return RawArrays(arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])


def wanted(info: DatasetInfo) -> str:
    layout = _LAYOUTS[info.name]
    return f"{info.files[0].path}, or its folder {layout.folder}, or {info.name}.npz ({', '.join(image_arrays.KEYS)})"


def _find(info: DatasetInfo, folders: Sequence[Path]) -> NpzFile | Path | None:
    """The NPZ file, the folder of pickles, or the archive with them."""
    layout = _LAYOUTS[info.name]
    for folder in folders:
        if (npz := folder / f"{info.name}.npz").is_file():
            return NpzFile(npz)
        keras = f"{layout.folder}-target"
        for place in (folder / layout.folder, folder / keras / layout.folder):
            if all((place / name).is_file() for name in (*layout.train, layout.test)):
                return place
        for archive in (folder / info.files[0].path, folder / f"{keras}_archive"):
            if archive.is_file():
                return archive
    return None


@functools.lru_cache(maxsize=4)
def _counts(info: DatasetInfo, source: Path, state: tuple[tuple[int, int], ...]) -> dict[str, int]:
    """Images in each batch. Kept while the files' state is the same: an archive takes seconds to go through."""
    return _of_all_batches(info, source, lambda file: longest_bytes(file) // _pixels(info))


def _state(source: Path) -> tuple[tuple[int, int], ...]:
    """Size and time of change of the archive, or of every file in the folder."""
    states = [path.stat() for path in (sorted(source.iterdir()) if source.is_dir() else [source])]
    return tuple((state.st_size, state.st_mtime_ns) for state in states)


def _of_all_batches(info: DatasetInfo, source: Path, take: Callable[[IO[bytes]], T]) -> dict[str, T]:
    """What is taken of each batch, by its name. Raises ValueError where one is missing."""
    layout = _LAYOUTS[info.name]
    names = (*layout.train, layout.test)
    found = {}
    for name, file in _files(source):
        if name in names and name not in found:
            found[name] = take(file)
    if missing := sorted(set(names) - set(found)):
        raise ValueError(f"it holds no {', '.join(missing)}")
    return found


def _files(source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Every plain file of a folder or an archive, by its name without folders."""
    if source.is_dir():
        for path in sorted(source.iterdir()):
            if path.is_file():
                with path.open("rb") as file:
                    yield path.name, file
        return
    with tarfile.open(source, "r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None:
                yield PurePosixPath(member.name).name, content


def _decode(info: DatasetInfo, source: Path) -> decoded.Arrays:
    layout = _LAYOUTS[info.name]
    batches = _of_all_batches(info, source, lambda file: _batch(load_arrays(file), info, layout))
    x_test, y_test = batches.pop(layout.test)
    x_train, y_train = (np.concatenate(parts) for parts in zip(*(batches[name] for name in layout.train), strict=True))
    image_arrays.check_labels(y_train, "the training batches", info, image_arrays.FEWEST_PER_CLASS)
    image_arrays.check_labels(y_test, layout.test, info, 1)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _pixels(info: DatasetInfo) -> int:
    assert info.shape is not None
    height, width, channels = info.shape
    return height * width * channels


def _batch(content: Any, info: DatasetInfo, layout: _Layout) -> tuple[np.ndarray, np.ndarray]:
    """Images (examples, height, width, channels) and labels. The publisher writes a plane for each colour."""
    if not isinstance(content, dict) or not {b"data", layout.labels} <= set(content):
        raise ValueError(f"a batch must hold data and {layout.labels.decode()}")
    assert info.shape is not None
    height, width, channels = info.shape
    x, y = np.asarray(content[b"data"]), np.asarray(content[layout.labels])
    if x.dtype != np.uint8 or x.shape != (len(x), _pixels(info)) or y.shape != (len(x),) or y.dtype.kind not in "iu":
        raise ValueError(f"a batch must hold uint8 (examples, {_pixels(info)}) and a label for each; got {x.shape}")
    images = x.reshape(-1, channels, height, width).transpose(0, 2, 3, 1)
    image_arrays.check_images(Header(images.shape, images.dtype), "data", info, info.train_size)
    return np.ascontiguousarray(images), y.astype(np.uint8)
