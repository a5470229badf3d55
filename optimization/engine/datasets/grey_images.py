"""MNIST and its like: grey images as one NPZ file, or as the four original idx files.

Files are judged by keys, shapes, dtypes and labels, so a repacked NPZ or a subset serves as well.
"""

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from . import image_arrays
from .family import RawArrays, Sizes
from .npz_files import Header, NpzFile
from .registry import DatasetInfo


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


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
    return None if source is None else image_arrays.check(source, info)


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | None:
    source = _find(info, folders)
    return None if source is None else image_arrays.read(source, info)


def wanted(info: DatasetInfo) -> str:
    npz = f"{info.name}.npz (arrays {', '.join(image_arrays.KEYS)})"
    paths = [file.path for file in info.files if not file.path.endswith(".npz")]
    return f"{npz}, or {', '.join(paths)}" if paths else npz


def _find(info: DatasetInfo, folders: Sequence[Path]) -> image_arrays.Source | None:
    """The first complete set of files. A folder with some of the four files counts as none: they are fetched."""
    for folder in folders:
        if (npz := folder / f"{info.name}.npz").is_file():
            return NpzFile(npz)
        idx = IdxSource(folder / info.name.replace("_", "-"))
        if all(idx.path_of(key).is_file() for key in idx.names):
            return idx
    return None
