"""Where the files of runs are kept. Names are relative, with slashes, and start with the run's name."""

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

SCRATCH_MARK = ".attempt_"
"""Folders and files with this in their name are on their way, and nobody's to read."""


class ArtifactStore(Protocol):
    """Keeps folders of files. A folder is seen whole or not at all, and replaced as a whole."""

    def scratch(self, name: str, attempt: int) -> Path:
        """An empty local folder for an attempt's files on their way to `name`."""
        ...

    def publish(self, folder: Path, name: str) -> None:
        """Keep a local folder as `name`; it and other attempts' scratch folders are gone afterwards."""
        ...

    def copy(self, source: str, target: str, *, renamed: Mapping[str, str]) -> None:
        """Keep a kept folder a second time; renamed: file in the source -> file in the target."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Keep one small file."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Read a kept file. Raises FileNotFoundError."""
        ...

    def files(self, name: str) -> dict[str, int]:
        """Every kept file below `name`: path relative to it -> size in bytes. Scratch is not among them."""
        ...

    def delete(self, name: str) -> None:
        """Forget a folder and all below it; nothing when it is not there."""
        ...

    def free_bytes(self) -> int | None:
        """Room that is left where attempts write; None when it is not bounded."""
        ...


class FolderStore:
    """Files in a local folder; a rename makes them visible."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """Where a name lies. Raises ValueError for a name that leads out of the root."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise ValueError(f"{name!r} leads out of the results folder")
        return path

    def scratch(self, name: str, attempt: int) -> Path:
        final = self.path(name)
        folder = final.with_name(f"{final.name}{SCRATCH_MARK}{attempt}.partial")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def publish(self, folder: Path, name: str) -> None:
        final = self.path(name)
        final.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(final, ignore_errors=True)
        folder.replace(final)
        remove_scratch(final.parent, final.name)

    def copy(self, source: str, target: str, *, renamed: Mapping[str, str]) -> None:
        folder = self.scratch(target, 1)
        shutil.copytree(self.path(source), folder, dirs_exist_ok=True)
        for old, new in renamed.items():
            (folder / old).rename(folder / new)
        self.publish(folder, target)

    def write(self, name: str, content: bytes) -> None:
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}{SCRATCH_MARK}1.partial")
        partial.write_bytes(content)
        partial.replace(path)

    def open(self, name: str) -> IO[bytes]:
        return self.path(name).open("rb")

    def files(self, name: str) -> dict[str, int]:
        found: dict[str, int] = {}
        root = self.path(name)
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root).as_posix()
            if SCRATCH_MARK not in relative:
                with contextlib.suppress(FileNotFoundError):  # published or deleted while we look
                    if path.is_file() and not path.is_symlink():
                        found[relative] = path.stat().st_size
        return found

    def delete(self, name: str) -> None:
        shutil.rmtree(self.path(name), onerror=_unless_it_is_gone)

    def free_bytes(self) -> int | None:
        folder = self.root.resolve()
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free


def remove_scratch(parent: Path, name: str) -> None:
    """Remove the scratch folders of every attempt. By hand: a glob's pattern would stay in memory for each name."""
    for path in list(parent.iterdir()):
        if path.name.startswith(f"{name}{SCRATCH_MARK}"):
            shutil.rmtree(path, ignore_errors=True)


def _unless_it_is_gone(_call: Any, _path: str, info: Any) -> None:
    """What somebody else removes at the same time keeps nobody from removing the rest."""
    if not isinstance(info[1], FileNotFoundError):
        raise info[1]
