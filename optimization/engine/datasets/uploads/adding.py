"""From a file that somebody sent to a data set with a name."""

import base64
import dataclasses
import hashlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from ...errors import ConfigError
from . import limits
from .content import Content, ImageContent, checksum
from .report import UploadRefused, UploadReport, printable, too_large
from .storage import DATA_NAME, INFO_NAME, INFO_VERSION, STAGING_PREFIX, sweep, upload_folder

NAME_DIGITS = 16
PICTURES_IN_SAMPLE = 4
CHARACTERS_IN_SAMPLE = 160
ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")


class Upload(NamedTuple):
    """A checked upload. name: what `dataset_name` takes."""

    name: str
    report: UploadReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """The file as it was sent. name: what the person calls it."""

    name: str
    sha256: str
    size_bytes: int


def add_upload(
    path: str | Path, *, title: str = "", data_dir: str | None = None, source_name: str | None = None
) -> Upload:
    """Check a ZIP of class folders of images, or a CSV of text,label, and keep it as a data set.

    title: for people; the file's name if left out. data_dir: as in OptimizationConfig. source_name: what to call
    the file where its path does not tell. The same content under the same title is kept once.

    Raises UploadRefused with every reason, and ConfigError for the title.
    """
    path = Path(path)
    source = _source(path, source_name or path.name)
    title = title.strip() or printable(Path(source.name).stem)
    if len(title) > limits.MAX_TITLE:
        raise ConfigError({"title": f"must be text of at most {limits.MAX_TITLE} characters; got {len(title)}"})
    content, report = _read(path)
    folder = upload_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    sha256 = checksum(content)
    name = _name(sha256, title)
    if not (folder / name / INFO_NAME).is_file():
        _keep(folder / name, content, _info(name, title, sha256, content, source, report))
    return Upload(name, report)


def _source(path: Path, name: str) -> Source:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UploadRefused([f"{path} cannot be read ({error.strerror})."]) from error
    if not path.is_file():
        raise UploadRefused([f"{path} is no file. Pack the folder into a ZIP."])
    if size > limits.MAX_UPLOAD_BYTES:
        raise UploadRefused([too_large(size, limits.MAX_UPLOAD_BYTES)])
    with path.open("rb") as file:
        return Source(name=printable(name), sha256=hashlib.file_digest(file, "sha256").hexdigest(), size_bytes=size)


def _read(path: Path) -> tuple[Content, UploadReport]:
    """By what the file is, whatever it is called."""
    with path.open("rb") as file:
        is_zip = file.read(4) in ZIP_MARKS
    if path.stat().st_size == 0:
        raise UploadRefused(["The file is empty."])
    if is_zip:
        from .images import read_images

        return read_images(path)
    from .texts import read_texts

    return read_texts(path)


def _name(sha256: str, title: str) -> str:
    """Two people's sets share files only when they also have the same title, so that none sees another's."""
    digest = hashlib.sha256(f"{sha256}\0{title}".encode())
    return f"upload_{digest.hexdigest()[:NAME_DIGITS]}"


def _info(name: str, title: str, sha256: str, content: Content, source: Source, report: UploadReport) -> dict[str, Any]:
    return {
        "version": INFO_VERSION,
        "name": name,
        "title": title,
        "modality": content.modality.value,
        "classes": list(content.classes),
        "shape": content.shape,
        "examples": len(content.y),
        "sha256": sha256,
        "source": dataclasses.asdict(source),
        "report": report.to_dict(),
        "sample": sample(content),
    }


def _keep(folder: Path, content: Content, info: dict[str, Any]) -> None:
    """Both files at once: written apart, then renamed into place."""
    with tempfile.TemporaryDirectory(prefix=STAGING_PREFIX, dir=folder.parent, ignore_cleanup_errors=True) as staging:
        ready = Path(staging) / folder.name
        ready.mkdir()
        np.savez(ready / DATA_NAME, allow_pickle=False, **content.arrays())
        info["data_bytes"] = (ready / DATA_NAME).stat().st_size
        (ready / INFO_NAME).write_text(json.dumps(info, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        try:
            ready.rename(folder)
        except OSError:
            if not (folder / INFO_NAME).is_file():  # else somebody else was first, with the same content
                raise


def sample(content: Content) -> str:
    """Something to show: images as one PNG in a data URL, or the beginning of a text."""
    if not isinstance(content, ImageContent):
        text = " ".join(content.texts[0].split())
        return text if len(text) <= CHARACTERS_IN_SAMPLE else f"{text[: CHARACTERS_IN_SAMPLE - 1]}…"
    _, first = np.unique(content.y, return_index=True)
    images = [content.x[position] for position in first[:PICTURES_IN_SAMPLE]]
    strip = np.concatenate(images, axis=1)
    png = io.BytesIO()
    Image.fromarray(strip[..., 0] if strip.shape[-1] == 1 else strip).save(png, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
