"""A ZIP with a folder of images for each class, made into one array of one size."""

import io
import struct
import unicodedata
import warnings
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from . import limits
from .archive import DAMAGED, NO_IMAGE, Archive, Entry, Unusable
from .classes import class_problems, fingerprint, without_repetitions
from .content import ImageContent
from .report import Findings, UploadRefused, UploadReport

WHERE = "Make one folder for each class, named like it, with that class's images inside."
SPLIT_FOLDERS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
TOO_MANY_PIXELS = f"larger than {limits.MAX_IMAGE_PIXELS / 1e6:g} megapixels"
ORIENTATION = 0x0112
"""EXIF's note on how the camera was held."""
TURNED_BY_A_QUARTER = (5, 6, 7, 8)
BRIGHTEST_16_BIT = 65_535
SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L")
_BAD_IMAGE = (
    OSError,
    SyntaxError,  # Pillow's for broken PNG files
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    NotImplementedError,
    EOFError,
    struct.error,
    zlib.error,
    MemoryError,
)


class Picture(NamedTuple):
    """One image that can be used. size: width and height before it was shrunk. pixels: (h, w) or (h, w, 3)."""

    name: str
    label: str
    fingerprint: bytes
    size: tuple[int, int]
    pixels: np.ndarray


def read_images(path: Path) -> tuple[ImageContent, UploadReport]:
    """The images of a ZIP, checked and converted. Raises UploadRefused with every reason."""
    findings = Findings()
    with Archive(path) as archive:
        entries = archive.entries(findings)
        if problem := _layout_problem(entries):
            raise UploadRefused([problem, *findings.in_words()])
        pictures = _pictures(archive, entries, findings)
    kept = without_repetitions([(p.name, p.label, p.fingerprint) for p in pictures], findings, "image")
    pictures = [pictures[position] for position in kept]
    meant = {label for entry in entries if (label := _label(entry))}
    labels = [picture.label for picture in pictures]
    if problems := class_problems(labels, meant, what="images", where=WHERE):
        raise UploadRefused([*problems, *findings.in_words()])
    return _content(pictures, findings)


def _layout_problem(entries: list[Entry]) -> str:
    """Why the ZIP need not be read any further, or ""."""
    if len(entries) > limits.MAX_IMAGES:
        return f"There are {len(entries):,} images; at most {limits.MAX_IMAGES:,} are allowed."
    tops = {entry.folders[0].lower() for entry in entries if entry.folders}
    if not tops:
        return f"The ZIP has no folder with images in it. {WHERE}"
    if len(tops) > 1 and tops <= SPLIT_FOLDERS:
        return (
            f"The folders are called {', '.join(sorted(tops))}, which are no classes. Put the images of all of them "
            "together, one folder for each class: they are split here, the same way for every trial."
        )
    return ""


def _label(entry: Entry) -> str:
    """The class that the entry's folder names; "" at the top."""
    return unicodedata.normalize("NFC", entry.folders[0]).strip() if entry.folders else ""


def _pictures(archive: Archive, entries: list[Entry], findings: Findings) -> list[Picture]:
    pictures = []
    for entry in entries:
        label = _label(entry)
        try:
            if not label:
                raise Unusable("not in the folder of a class")
            if len(label) > limits.MAX_CLASS_NAME:
                raise Unusable(f"in a folder whose name is longer than {limits.MAX_CLASS_NAME} characters")
            content = archive.read(entry)
            size, pixels = decode(content)
        except Unusable as error:
            findings.skip(entry.name, str(error))
        else:
            pictures.append(Picture(entry.name, label, fingerprint(content), size, pixels))
    return pictures


def decode(content: bytes) -> tuple[tuple[int, int], np.ndarray]:
    """Width and height as the image is seen, and its pixels as uint8, shrunk to the largest size in use.

    The size is read from the header before anything is unpacked. Raises Unusable.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # of damaged EXIF data and the like, which is not used
            with Image.open(io.BytesIO(content), formats=limits.IMAGE_FORMATS) as image:
                _check_header(image)
                image.draft(None, (2 * limits.MAX_SIDE, 2 * limits.MAX_SIDE))
                return _upright_size(image), _pixels(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable(TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise Unusable(NO_IMAGE) from error
    except _BAD_IMAGE as error:
        raise Unusable(DAMAGED) from error


def _check_header(image: Image.Image) -> None:
    if image.width * image.height > limits.MAX_IMAGE_PIXELS:
        raise Unusable(TOO_MANY_PIXELS)
    if getattr(image, "is_animated", False):
        raise Unusable("a moving picture")


def _upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height after the camera's note on how it was held is followed."""
    turned = image.getexif().get(ORIENTATION, 1) in TURNED_BY_A_QUARTER
    return (image.height, image.width) if turned else (image.width, image.height)


def _pixels(image: Image.Image) -> np.ndarray:
    """Grey (h, w) or RGB (h, w, 3) as uint8, upright, transparency on white, no side longer than MAX_SIDE."""
    image.load()
    upright = ImageOps.exif_transpose(_eight_bit(image))
    upright.thumbnail((limits.MAX_SIDE, limits.MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    pixels = np.asarray(upright)
    is_grey = pixels.ndim == 3 and bool((pixels[..., :1] == pixels).all())
    return pixels[..., 0] if is_grey else pixels


def _eight_bit(image: Image.Image) -> Image.Image:
    """As mode L or RGB, whatever it was."""
    if image.mode in SIXTEEN_BIT:
        scaled = np.asarray(image).astype(np.float64) * (255 / BRIGHTEST_16_BIT)
        grey = Image.fromarray(np.clip(np.rint(scaled), 0, 255).astype(np.uint8))
        grey.info, grey.getexif()[ORIENTATION] = {}, image.getexif().get(ORIENTATION, 1)
        return grey
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        ground.alpha_composite(seen)
        ground.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
        return ground.convert("RGB")
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _content(pictures: list[Picture], findings: Findings) -> tuple[ImageContent, UploadReport]:
    width, height = common_size([picture.size for picture in pictures])
    is_grey = all(picture.pixels.ndim == 2 for picture in pictures)
    classes = tuple(sorted({picture.label for picture in pictures}))
    numbers = {name: number for number, name in enumerate(classes)}
    x = np.zeros((len(pictures), height, width, 1 if is_grey else 3), np.uint8)
    for target, picture in zip(x, pictures, strict=True):
        fit(picture.pixels, target)
    y = np.array([numbers[picture.label] for picture in pictures], np.int32)
    findings.notes.append(
        f"All images are {'grey' if is_grey else 'in colour'}, {width}×{height} pixels: the median size of what was "
        f"sent, at most {limits.MAX_SIDE} pixels on the longer side. Their proportions are kept; the rest is black."
    )
    counts = dict(zip(classes, np.bincount(y).tolist(), strict=True))
    return ImageContent(classes=classes, x=x, y=y), findings.report(counts)


def common_size(sizes: list[tuple[int, int]]) -> tuple[int, int]:
    """Width and height for all: the medians, made smaller until they fit, with their proportions kept."""
    width, height = np.median(np.array(sizes), axis=0)
    scale = min(1.0, limits.MAX_SIDE / max(width, height))
    return tuple(min(limits.MAX_SIDE, max(limits.MIN_SIDE, round(side * scale))) for side in (width, height))


def fit(pixels: np.ndarray, target: np.ndarray) -> None:
    """Draw an image into the middle of target (h, w, channels), as large as it fits in whole, on black."""
    height, width, _ = target.shape
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = tuple(
        max(1, min(most, round(side * scale))) for side, most in zip(pixels.shape[1::-1], (width, height), strict=True)
    )
    image = Image.fromarray(pixels)
    resized = np.asarray(image if image.size == size else image.resize(size, Image.Resampling.LANCZOS))
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    target[top : top + size[1], left : left + size[0]] = resized.reshape(size[1], size[0], -1)
