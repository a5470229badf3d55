"""The key that signs sessions and queue entries, made once for each installation."""

import contextlib
import os
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def secret_key(path: Path) -> str:
    """The key in `path`; a new one is put there, readable by its owner alone, when there is none."""
    if not path.exists():
        _write_once(path, get_random_secret_key())
    return path.read_text(encoding="ascii").strip()


def _write_once(path: Path, key: str) -> None:
    """Several processes may start at the same moment: the first one's complete file stays."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    with contextlib.suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()
