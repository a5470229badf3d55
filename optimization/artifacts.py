"""The portal's files: a local folder, or any storage that Django knows."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from optimization.engine.artifacts import SCRATCH_MARK, ArtifactStore, FolderStore, remove_scratch

ALIAS = "artifacts"


def artifact_store() -> ArtifactStore:
    """Where this portal keeps the files of its runs: ARTIFACTS_URL, else TUNEWELL_RESULTS_DIR."""
    if ALIAS in settings.STORAGES:
        return StorageStore(storages[ALIAS], scratch_root())
    return FolderStore(settings.TUNEWELL_RESULTS_DIR)


def scratch_root() -> Path:
    """Where this machine keeps files on their way to a storage."""
    return Path(settings.TUNEWELL_VAR_DIR) / "scratch"


class StorageStore:
    """Files in a Django storage, such as S3. Attempts write to a local scratch folder first.

    A storage has no rename: that a trial's row speaks of its files is what makes them visible, and it is
    written after the last of them is up.
    """

    def __init__(self, storage: Storage, scratch_root: Path) -> None:
        self._storage = storage
        self._scratch_root = scratch_root

    def scratch(self, name: str, attempt: int) -> Path:
        folder = self._scratch_root / f"{name}{SCRATCH_MARK}{attempt}.partial"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def publish(self, folder: Path, name: str) -> None:
        self.delete(name)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                with path.open("rb") as file:
                    self._storage.save(f"{name}/{path.relative_to(folder).as_posix()}", File(file))
        remove_scratch(folder.parent, name.rpartition("/")[2])

    def copy(self, source: str, target: str, *, renamed: Mapping[str, str]) -> None:
        self.delete(target)
        for path in self.files(source):
            with self.open(f"{source}/{path}") as file, tempfile.TemporaryFile() as copy:
                shutil.copyfileobj(file, copy)
                copy.seek(0)
                self._storage.save(f"{target}/{renamed.get(path, path)}", File(copy))

    def write(self, name: str, content: bytes) -> None:
        self._storage.delete(name)
        self._storage.save(name, ContentFile(content))

    def open(self, name: str) -> IO[bytes]:
        if not self._storage.exists(name):
            raise FileNotFoundError(name)
        return self._storage.open(name, "rb")

    def files(self, name: str) -> dict[str, int]:
        return {path: self._storage.size(f"{name}/{path}") for path in sorted(self._walk(name))}

    def delete(self, name: str) -> None:
        shutil.rmtree(self._scratch_root / name, ignore_errors=True)
        for path in list(self._walk(name)):
            self._storage.delete(f"{name}/{path}")

    def free_bytes(self) -> int | None:
        self._scratch_root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._scratch_root).free

    def _walk(self, name: str) -> Iterator[str]:
        with contextlib.suppress(FileNotFoundError):
            folders, files = self._storage.listdir(name)
            yield from files
            for folder in folders:
                yield from (f"{folder}/{path}" for path in self._walk(f"{name}/{folder}"))
