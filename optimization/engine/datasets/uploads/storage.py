"""Where checked uploads lie, and finding them again by name. Light: web processes call this."""

import json
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..folders import download_folder, search_folders
from ..registry import DatasetInfo, Modality

UPLOAD_DIR_VARIABLE = "TUNEWELL_UPLOAD_DIR"
INFO_NAME = "info.json"
DATA_NAME = "data.npz"
INFO_VERSION = 1
LICENCE = "not stated"
STAGING_PREFIX = ".partial-"
STAGING_FORGOTTEN_AFTER_S = 24 * 3600


def upload_folder(data_dir: str | None = None) -> Path:
    """Where new uploads go: TUNEWELL_UPLOAD_DIR, else `uploads` in the folder that downloads go to."""
    named = os.environ.get(UPLOAD_DIR_VARIABLE)
    return Path(named).expanduser() if named else download_folder(data_dir) / "uploads"


def upload_folders(folders: Sequence[Path]) -> list[Path]:
    """Where uploads are looked for, beside each folder of data-set files."""
    named = os.environ.get(UPLOAD_DIR_VARIABLE)
    return [*([Path(named).expanduser()] if named else []), *(folder / "uploads" for folder in folders)]


def find(name: str, data_dir: str | None = None) -> DatasetInfo | None:
    """What is known of a checked upload; None when it is not here. name: as find_dataset has checked it."""
    info = kept_info(name, data_dir)
    return None if info is None else info_from(info)


def folder_of(name: str, folders: Sequence[Path]) -> Path | None:
    """The folder of the upload's two files; folders: of data-set files, in the order in which they are searched."""
    candidates = (folder / name for folder in upload_folders(folders))
    return next((folder for folder in candidates if (folder / INFO_NAME).is_file()), None)


def read_info(folder: Path) -> dict[str, Any]:
    """What was written down beside the data when it was checked."""
    info: dict[str, Any] = json.loads((folder / INFO_NAME).read_text(encoding="utf-8"))
    return info


def kept_info(name: str, data_dir: str | None = None) -> dict[str, Any] | None:
    """read_info of an upload by its name; None when it is not here."""
    folder = folder_of(name, search_folders(data_dir))
    return None if folder is None else read_info(folder)


def info_from(info: Mapping[str, Any]) -> DatasetInfo:
    return DatasetInfo(
        name=info["name"],
        title=info["title"],
        modality=Modality(info["modality"]),
        classes=tuple(info["classes"]),
        shape=tuple(info["shape"]) if info["shape"] else None,
        train_size=info["examples"],
        test_size=0,
        source=f"uploaded: {info['source']['name']}",
        licence=LICENCE,
        loader="uploaded",
        needs_download=False,
    )


def remove(name: str, data_dir: str | None = None) -> None:
    """Remove an upload's files; nothing when they are not there. Its name goes first, so that no half set is found."""
    folder = upload_folder(data_dir) / name
    going = folder.with_name(f"{STAGING_PREFIX}{name}-{os.getpid()}")
    try:
        folder.rename(going)
    except FileNotFoundError:
        return
    shutil.rmtree(going)


def sweep(folder: Path) -> None:
    """Remove what interrupted uploads have left."""
    for path in folder.glob(f"{STAGING_PREFIX}*"):
        if time.time() - path.stat().st_mtime > STAGING_FORGOTTEN_AFTER_S:
            shutil.rmtree(path, ignore_errors=True)
