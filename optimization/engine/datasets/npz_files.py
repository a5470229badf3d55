"""NPZ files judged by their headers: shapes and types are known without unpacking, and nothing is unpickled here."""

import lzma
import pickle
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from ..errors import DatasetUnavailable

_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    tarfile.TarError,
    pickle.UnpicklingError,
)


class Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype


class NpzFile:
    """One NPZ file with an array for each key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def path_of(self, key: str) -> Path:
        return self.path

    def holds(self, key: str) -> bool:
        with zipfile.ZipFile(self.path) as archive:
            return f"{key}.npy" in archive.namelist()

    def header(self, key: str) -> Header:
        """Raises ValueError where the array is absent or cut short, and for Python objects."""
        with zipfile.ZipFile(self.path) as archive, _member(archive, key) as member:
            header = npy_header(member)
            if header.dtype.hasobject:
                raise ValueError(f"{key} holds Python objects, which are never unpacked")
            expected = member.tell() + header.dtype.itemsize * int(np.prod(header.shape))
            if archive.getinfo(f"{key}.npy").file_size != expected:
                raise ValueError(f"the array {key} is cut short")
        return header

    def object_header(self, key: str) -> Header:
        """As header, for an array of Python objects, whose length in the file no header tells."""
        with zipfile.ZipFile(self.path) as archive, _member(archive, key) as member:
            return npy_header(member)

    def array(self, key: str) -> np.ndarray:
        with np.load(self.path, allow_pickle=False) as arrays:
            return np.asarray(arrays[key])

    @contextmanager
    def objects(self, key: str) -> Iterator[IO[bytes]]:
        """What lies behind the header of an array of Python objects: a pickle."""
        with zipfile.ZipFile(self.path) as archive, _member(archive, key) as member:
            npy_header(member)
            yield member


def _member(archive: zipfile.ZipFile, key: str) -> IO[bytes]:
    if f"{key}.npy" not in archive.namelist():
        raise ValueError(f"it holds no array {key}")
    return archive.open(f"{key}.npy")


def npy_header(member: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(member)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(member)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    else:
        raise ValueError(f"unknown array format {version[0]}.{version[1]}")
    return Header(shape, dtype)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what a damaged or unsuitable file raises into a message that names it."""
    try:
        yield
    except _DAMAGE as error:
        raise DatasetUnavailable(f"{path} is damaged or of the wrong kind: {error}") from error
