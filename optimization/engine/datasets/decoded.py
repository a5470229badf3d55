"""Arrays that took long to decode, kept beside the files that they were decoded from."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock

FOLDER = ".decoded"
Arrays = dict[str, np.ndarray]


def kept(beside: Path, name: str, checksum: str, decode: Callable[[], Arrays]) -> Arrays:
    """What `decode` returns, decoded once for all processes; arrays are mapped from the disk, not read into memory.

    Kept under the checksum of what was decoded, in place of what was kept for another one. Where the folder cannot
    be written, everybody decodes for himself.
    """
    home = beside / FOLDER
    place = home / f"{name}-{checksum[:16]}"
    if (arrays := _mapped(place)) is not None:
        return arrays
    try:
        home.mkdir(exist_ok=True)
        with FileLock(home / f"{name}.lock"):
            if not place.exists():
                _write(place, decode(), name)
            return _mapped(place) or decode()
    except OSError:
        return decode()


def _mapped(place: Path) -> Arrays | None:
    try:
        return {path.stem: np.load(path, mmap_mode="r", allow_pickle=False) for path in place.glob("*.npy")} or None
    except (OSError, ValueError, EOFError):
        return None


def _write(place: Path, arrays: Arrays, name: str) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent, ignore_cleanup_errors=True) as unfinished:
        for key, array in arrays.items():
            np.save(Path(unfinished) / f"{key}.npy", array, allow_pickle=False)
        for older in place.parent.glob(f"{name}-*"):
            with contextlib.suppress(OSError):
                shutil.rmtree(older)
        Path(unfinished).chmod(0o755)  # a data folder may serve several users
        Path(unfinished).rename(place)
