"""MNIST and its like: grey pictures as one NPZ file, or as the four original idx files.

Files are judged by keys, shapes, dtypes and labels, so a repacked NPZ or a subset serves as well. Headers
tell the shapes without unpacking the pictures.
"""

import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol

import numpy as np

from ..errors import DatasetUnavailable
from .family import RawArrays, Sizes
from .registry import DatasetInfo

BRIGHTEST_PIXEL = 255
FEWEST_PER_CLASS = 2
"""One example for training and one for validation."""

_DAMAGE = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


class Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Source(Protocol):
    """The arrays x_train, y_train, x_test, y_test, wherever they lie."""

    def path_of(self, key: str) -> Path: ...

    def header(self, key: str) -> Header: ...

    def array(self, key: str) -> np.ndarray: ...


class NpzSource:
    """One NPZ file with an array for each key. Never unpickles."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def path_of(self, key: str) -> Path:
        return self._path

    def header(self, key: str) -> Header:
        with zipfile.ZipFile(self._path) as archive:
            if f"{key}.npy" not in archive.namelist():
                raise ValueError(f"it holds no array {key}")
            with archive.open(f"{key}.npy") as member:
                header = _npy_header(member)
                expected = member.tell() + header.dtype.itemsize * int(np.prod(header.shape))
            if archive.getinfo(f"{key}.npy").file_size != expected:
                raise ValueError(f"the array {key} is cut short")
        return header

    def array(self, key: str) -> np.ndarray:
        with np.load(self._path, allow_pickle=False) as arrays:
            return np.asarray(arrays[key])


def _npy_header(member: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(member)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(member)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    else:
        raise ValueError(f"unknown array format {version[0]}.{version[1]}")
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are never unpacked")
    return Header(shape, dtype)


class IdxSource:
    """A folder with the four original gzip files."""

    names = {
        "x_train": "train-images-idx3-ubyte.gz",
        "y_train": "train-labels-idx1-ubyte.gz",
        "x_test": "t10k-images-idx3-ubyte.gz",
        "y_test": "t10k-labels-idx1-ubyte.gz",
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path_of(self, key: str) -> Path:
        return self._folder / self.names[key]

    def header(self, key: str) -> Header:
        with gzip.open(self.path_of(key)) as file:
            header = _idx_header(file)
            expected = file.tell() + int(np.prod(header.shape))
        with self.path_of(key).open("rb") as file:
            file.seek(-4, 2)  # a gzip file ends with the size of its content
            if struct.unpack("<I", file.read(4))[0] != expected:
                raise ValueError("it is cut short")
        return header

    def array(self, key: str) -> np.ndarray:
        with gzip.open(self.path_of(key)) as file:
            header = _idx_header(file)
            return np.frombuffer(_exactly(file, int(np.prod(header.shape))), np.uint8).reshape(header.shape)


def _idx_header(file: Readable) -> Header:
    zeros, kind, dimensions = struct.unpack(">HBB", _exactly(file, 4))
    if zeros or kind != 8 or dimensions not in (1, 3):
        raise ValueError("it is no idx file of bytes")
    return Header(struct.unpack(f">{dimensions}I", _exactly(file, 4 * dimensions)), np.dtype(np.uint8))


def _exactly(file: Readable, size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise ValueError("it is cut short")
    return content


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
    source = _find(info, folders)
    return None if source is None else _check(source, info)


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | None:
    source = _find(info, folders)
    if source is None:
        return None
    _check(source, info)
    arrays = {}
    for key in IdxSource.names:
        with _naming(source.path_of(key)):
            arrays[key] = source.array(key)
    return RawArrays(**arrays, brightest=BRIGHTEST_PIXEL)


def wanted(info: DatasetInfo) -> str:
    npz = f"{info.name}.npz (arrays {', '.join(IdxSource.names)})"
    paths = [file.path for file in info.files if not file.path.endswith(".npz")]
    return f"{npz}, or {', '.join(paths)}" if paths else npz


def _find(info: DatasetInfo, folders: Sequence[Path]) -> Source | None:
    """The first complete set of files. A folder with some of the four files counts as none: they are fetched."""
    for folder in folders:
        if (npz := folder / f"{info.name}.npz").is_file():
            return NpzSource(npz)
        idx = IdxSource(folder / info.name.replace("_", "-"))
        if all(idx.path_of(key).is_file() for key in idx.names):
            return idx
    return None


def _check(source: Source, info: DatasetInfo) -> Sizes:
    """The sizes of both splits. Raises DatasetUnavailable naming the file that is not what it should be."""
    found = []
    for split, full_size in (("train", info.train_size), ("test", info.test_size)):
        with _naming(source.path_of(f"x_{split}")):
            examples = _check_images(source.header(f"x_{split}"), f"x_{split}", info, full_size)
        with _naming(source.path_of(f"y_{split}")):
            header = source.header(f"y_{split}")
            if header.shape != (examples,) or header.dtype.kind not in "iu":
                raise ValueError(f"y_{split} must hold {examples} whole numbers; got {header.dtype} {header.shape}")
            fewest = FEWEST_PER_CLASS if split == "train" else 1
            _check_labels(source.array(f"y_{split}"), f"y_{split}", info, fewest)
        found.append(examples)
    return Sizes(*found)


def _check_images(header: Header, key: str, info: DatasetInfo, full_size: int) -> int:
    assert info.shape is not None
    height, width, _ = info.shape
    right_shape = len(header.shape) == 3 and header.shape[1:] == (height, width) and header.shape[0] > 0
    if not right_shape or header.dtype != np.uint8:
        raise ValueError(f"{key} must be uint8 (examples, {height}, {width}); got {header.dtype} {header.shape}")
    if header.shape[0] > full_size:
        raise ValueError(f"{key} holds {header.shape[0]:,} examples, but {info.title} has {full_size:,}")
    return header.shape[0]


def _check_labels(labels: np.ndarray, key: str, info: DatasetInfo, fewest: int) -> None:
    last = len(info.classes) - 1
    if labels.min() < 0 or labels.max() > last:
        raise ValueError(f"{key} must hold labels from 0 to {last}; got {labels.min()} to {labels.max()}")
    values, counts = np.unique(labels, return_counts=True)
    if counts.min() < fewest:
        rare = info.classes[values[counts.argmin()]]
        raise ValueError(f"{key} must hold at least {fewest} examples of each class it has; {rare} has one")
    if len(values) < 2 and fewest > 1:
        raise ValueError(f"{key} must hold at least two classes")


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Turn what a damaged or unsuitable file raises into a message that names it."""
    try:
        yield
    except _DAMAGE as error:
        raise DatasetUnavailable(f"{path} is damaged or of the wrong kind: {error}") from error
