"""The family of checked uploads: info.json and data.npz, as uploads/adding.py has written them."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

from ..errors import DatasetUnavailable
from .family import RawArrays, RawTexts, Sizes
from .registry import DatasetInfo, Modality
from .uploads.storage import DATA_NAME, folder_of, read_info

BRIGHTEST_PIXEL = 255
_DAMAGE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
    folder = folder_of(info.name, folders)
    if folder is None:
        return None
    data = folder / DATA_NAME
    if not data.is_file() or data.stat().st_size != read_info(folder)["data_bytes"]:
        raise _damaged(data, "its size is not what it was")
    return Sizes(info.train_size, info.test_size)


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | RawTexts | None:
    import numpy as np

    from .uploads.content import Content, ImageContent, TextContent, checksum, texts_from

    folder = folder_of(info.name, folders)
    if folder is None:
        return None
    content: Content
    try:
        with np.load(folder / DATA_NAME, allow_pickle=False) as arrays:
            if info.modality is Modality.IMAGE:
                content = ImageContent(classes=info.classes, x=arrays["x"], y=arrays["y"])
            else:
                texts = tuple(texts_from(arrays["utf8"], arrays["starts"]))
                content = TextContent(classes=info.classes, texts=texts, y=arrays["y"])
    except _DAMAGE as error:
        raise _damaged(folder / DATA_NAME, str(error)) from error
    if checksum(content) != read_info(folder)["sha256"]:
        raise _damaged(folder / DATA_NAME, "its content is not what was uploaded")
    if isinstance(content, ImageContent):
        return RawArrays(content.x, content.y, brightest=BRIGHTEST_PIXEL)
    return RawTexts(content.texts, content.y)


def wanted(info: DatasetInfo) -> str:
    return "the folder of the upload, or upload the file again"


def _damaged(path: Path, problem: str) -> DatasetUnavailable:
    return DatasetUnavailable(f"{path} is damaged: {problem}. Upload the file again")
