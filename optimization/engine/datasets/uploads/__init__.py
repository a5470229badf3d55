"""A user's own data sets: files from outside, which are hostile until checked.

Importing this loads neither NumPy nor Pillow: a web process finds uploads, a child of its own converts them.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from .report import Skipped, UploadRefused, UploadReport
from .storage import find, remove, upload_folder

if TYPE_CHECKING:
    from .adding import Upload

__all__ = ["Skipped", "UploadRefused", "UploadReport", "add_upload", "find", "remove", "upload_folder"]


def add_upload(
    path: str | Path, *, title: str = "", data_dir: str | None = None, source_name: str | None = None
) -> "Upload":
    """Check a ZIP of class folders of images, or a CSV of text,label, and keep it as a data set.

    Returns (name, report): `name` is what `dataset_name` takes, `report` says what was skipped and why.
    title: for people; the file's name if left out. data_dir: as in OptimizationConfig. source_name: what to call
    the file where its path does not tell. The same content under the same title is kept once.

    Raises UploadRefused with every reason.
    """
    from . import adding

    return adding.add_upload(path, title=title, data_dir=data_dir, source_name=source_name)
