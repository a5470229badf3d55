"""GTSRB: one NPZ file, or the publisher's ZIP files or folders with an image of its own size for each sign.

About thirty frames show one physical sign (a track), so frames of a track are near-copies and form one group.
"""

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import decoded, image_arrays
from .family import RawArrays, Sizes
from .npz_files import NpzFile, naming
from .registry import DatasetInfo

TRACK_KEY = "train_track"
TRACKS_PER_CLASS = 1_000_000
"""More than any class has, so that class and track make one number."""
LARGEST_SIDE = 1000
"""Pixels; the signs have at most 250."""

_HOME = "gtsrb"
_ARCHIVES = ("GTSRB_Final_Training_Images.zip", "GTSRB_Final_Test_Images.zip", "GTSRB_Final_Test_GT.zip")
_TRAINING_IMAGE = re.compile(r"(?:.*/)?(\d{5})/(\d{5})_(\d{5})\.ppm")
_TEST_IMAGE = re.compile(r"(?:.*/)?(\d{5}\.ppm)")
_TEST_LABELS = re.compile(r"(?:.*/)?GT-final_test\.csv")


class _Sign(NamedTuple):
    """One image: its label, its track (training) and how to read its bytes."""

    label: int
    track: int
    read: Callable[[], bytes]


class _Originals(NamedTuple):
    """The publisher's files. checksum: changes when any of them does."""

    place: Path
    train: list[_Sign]
    test: list[_Sign]
    checksum: str


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes | None:
    source = _find(folders)
    if source is None:
        return None
    if isinstance(source, NpzFile):
        found = image_arrays.check(source, info)
        _groups(source, found.train)
        return found
    originals = _originals(source, info)
    return Sizes(len(originals.train), len(originals.test))


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawArrays | None:
    source = _find(folders)
    if source is None:
        return None
    if isinstance(source, NpzFile):
        raw = image_arrays.read(source, info)
        tracks = _groups(source, len(raw.x_train))
    else:
        with naming(source):
            originals = _originals(source, info)
            arrays = decoded.kept(source, info.name, originals.checksum, lambda: _decode(originals, info))
        tracks = arrays[TRACK_KEY]
        raw = RawArrays(arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])
    return raw._replace(groups=raw.y_train.astype(np.int64) * TRACKS_PER_CLASS + tracks)


def wanted(info: DatasetInfo) -> str:
    archives = ", ".join(file.path for file in info.files)
    return f"gtsrb.npz ({', '.join(image_arrays.KEYS)}, {TRACK_KEY}), or {archives}, packed or unpacked"


def _find(folders: Sequence[Path]) -> NpzFile | Path | None:
    """The NPZ file, or a folder with the three archives or with what was in them."""
    for folder in folders:
        if (npz := folder / "gtsrb.npz").is_file():
            return NpzFile(npz)
        home = folder / _HOME
        packed = all((home / name).is_file() for name in _ARCHIVES)
        if packed or next(home.rglob("GT-final_test.csv"), None):
            return home
    return None


def _groups(source: NpzFile, examples: int) -> np.ndarray:
    """Tracks of the training images. Raises DatasetUnavailable: without them near-copies would be split."""
    with naming(source.path):
        header = source.header(TRACK_KEY)
        if header.shape != (examples,) or header.dtype.kind not in "iu":
            raise ValueError(f"{TRACK_KEY} must hold {examples} whole numbers; got {header.dtype} {header.shape}")
        return source.array(TRACK_KEY)


def _originals(home: Path, info: DatasetInfo) -> _Originals:
    """Raises DatasetUnavailable naming the folder whose files are not what they should be."""
    digest = hashlib.sha256()
    train, test = [], {}
    labels: dict[str, int] = {}
    with naming(home):
        for name, mark, content in _files(home):
            digest.update(f"{name} {mark}\n".encode())
            if match := _TRAINING_IMAGE.fullmatch(name):
                train.append(_Sign(_label(match[1], info), int(match[2]), content))
            elif match := _TEST_IMAGE.fullmatch(name):
                test[match[1]] = content
            elif _TEST_LABELS.fullmatch(name):
                rows = csv.DictReader(io.StringIO(content().decode("ascii")), delimiter=";")
                labels = {row["Filename"]: _label(row["ClassId"], info) for row in rows}
        if not train or not labels:
            raise ValueError("it holds no images for training, or no GT-final_test.csv")
        if absent := sorted(set(labels) - set(test)):
            raise ValueError(f"{len(absent)} of the test images are missing, {absent[0]} for one")
        image_arrays.check_labels(np.array([sign.label for sign in train]), "the training images", info, 2)
    signs = [_Sign(label, 0, test[name]) for name, label in sorted(labels.items())]
    return _Originals(home, train, signs, digest.hexdigest())


def _label(text: str | None, info: DatasetInfo) -> int:
    label = int(text or -1)
    if not 0 <= label < len(info.classes):
        raise ValueError(f"class {text} is not one of {len(info.classes)}")
    return label


def _files(home: Path) -> list[tuple[str, object, Callable[[], bytes]]]:
    """Name, a mark that changes with the content, and reader of every file, packed or not."""
    if all((home / name).is_file() for name in _ARCHIVES):
        archives = [zipfile.ZipFile(home / name) for name in _ARCHIVES]
        members = [(archive, member) for archive in archives for member in archive.infolist()]
        return [(m.filename, (m.CRC, m.file_size), lambda a=a, m=m: a.read(m)) for a, m in members]  # type: ignore[misc]
    paths = [path for path in sorted(home.rglob("*")) if path.suffix in (".ppm", ".csv")]
    return [(path.relative_to(home).as_posix(), _mark(path), path.read_bytes) for path in paths]


def _mark(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns


def _decode(originals: _Originals, info: DatasetInfo) -> decoded.Arrays:
    assert info.shape is not None
    height, width, _ = info.shape
    side = (width, height)
    return {
        "x_train": np.stack([_image(sign.read(), side) for sign in originals.train]),
        "y_train": np.array([sign.label for sign in originals.train], np.uint8),
        "x_test": np.stack([_image(sign.read(), side) for sign in originals.test]),
        "y_test": np.array([sign.label for sign in originals.test], np.uint8),
        TRACK_KEY: np.array([sign.track for sign in originals.train], np.int32),
    }


def _image(content: bytes, size: tuple[int, int]) -> np.ndarray:
    """The whole image, its aspect kept, in the middle of a black one of this (width, height)."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(content), formats=("PPM",)) as image:
        if max(image.size) > LARGEST_SIDE:
            raise ValueError(f"an image has {image.size[0]}×{image.size[1]} pixels")
        return np.asarray(ImageOps.pad(image.convert("RGB"), size, Image.Resampling.BILINEAR))
