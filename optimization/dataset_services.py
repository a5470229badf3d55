"""Verbs on users' own data sets, which cross the database, files and a process that converts."""

import contextlib
import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import transaction
from filelock import FileLock

from accounts.models import User
from optimization.engine.datasets import UploadRefused
from optimization.engine.datasets.uploads.child import add_upload_apart
from optimization.engine.datasets.uploads.report import printable, too_large
from optimization.engine.datasets.uploads.storage import kept_info, remove, upload_folder
from optimization.engine.errors import ConfigError
from optimization.models import Dataset, Job, JobQuerySet
from optimization.services import NotPossible

CONVERSIONS_AT_ONCE = 2
_converting = threading.BoundedSemaphore(CONVERSIONS_AT_ONCE)


def dataset_add(*, owner: User, file: UploadedFile, title: str = "") -> Dataset:
    """Check a ZIP or CSV and keep it as a data set of this user's; the same one again is the one there is.

    Raises UploadRefused with every reason, ConfigError for the title, and NotPossible while too many others
    do the same.
    """
    if file.size > settings.TUNEWELL_UPLOAD_MB * 10**6:
        raise UploadRefused([too_large(file.size, settings.TUNEWELL_UPLOAD_MB * 10**6)])
    if not title.isprintable():
        raise ConfigError({"title": "must be one line of text"})
    with _turn(), _on_disk(file) as path:
        with path.open("rb") as sent:
            source_sha256 = hashlib.file_digest(sent, "sha256").hexdigest()
        name, report = add_upload_apart(path, title=title, source_name=file.name, limit_s=settings.TUNEWELL_UPLOAD_S)
    with _folders_stay(), transaction.atomic():
        info = kept_info(name)
        if info is None:  # its last owner deleted the same set just now
            raise UploadRefused(["The same file was deleted in the meantime. Send it again."])
        values = {key: info[key] for key in ("title", "modality", "classes", "shape", "sha256", "sample")}
        values |= {"train_size": info["examples"], "report": report.to_dict()}
        values |= {"source_name": printable(file.name), "source_sha256": source_sha256}
        return Dataset.objects.update_or_create(owner=owner, name=name, defaults=values)[0]


def dataset_delete(*, dataset: Dataset) -> None:
    """Remove a data set. Raises NotPossible while a job of its owner uses it that is not finished."""
    with _folders_stay():
        with transaction.atomic():
            own = Dataset.objects.select_for_update().filter(pk=dataset.pk)
            if own and (count := unfinished_jobs(dataset).count()):
                jobs = "a job" if count == 1 else f"{count} jobs"
                raise NotPossible(
                    f"{dataset.title} is used by {jobs} that did not finish yet: stop or delete them first."
                )
            own.delete()
        if not Dataset.objects.filter(name=dataset.name).exists():
            remove(dataset.name)


def unfinished_jobs(dataset: Dataset) -> JobQuerySet:
    """Its owner's jobs that still need the data set."""
    return Job.objects.unfinished().filter(owner=dataset.owner, request__dataset_name=dataset.name)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Few files are converted at once: each may take gigabytes of memory."""
    if not _converting.acquire(timeout=settings.TUNEWELL_UPLOAD_S):
        raise NotPossible("The portal is reading other people's files. Try again in a minute.")
    try:
        yield
    finally:
        _converting.release()


@contextlib.contextmanager
def _on_disk(file: UploadedFile) -> Iterator[Path]:
    """Where the file lies; small ones come in memory."""
    if isinstance(file, TemporaryUploadedFile):
        yield Path(file.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield Path(copy.name)


def _folders_stay() -> FileLock:
    """Held while rows and folders of data sets are brought together: folders may have several owners."""
    folder = upload_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / ".lock")
