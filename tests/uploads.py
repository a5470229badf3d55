"""Files as people send them, good and hostile, for tests of uploads."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def image_bytes(
    seed: int = 0, *, size: tuple[int, int] = (12, 10), mode: str = "RGB", kind: str = "PNG", **options: Any
) -> bytes:
    """A noisy image of its own; width and height."""
    noise = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise).convert(mode), kind, **options)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def good_images(classes: tuple[str, ...] = ("cat", "dog"), each: int = 6, **options: Any) -> dict[str, bytes]:
    """Members of a ZIP that is accepted."""
    return {
        f"{name}/{number}.png": image_bytes(100 * position + number, **options)
        for position, name in enumerate(classes)
        for number in range(each)
    }


def zip_file(path: Path, members: Mapping[str | zipfile.ZipInfo, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def csv_text(each: int = 6, *, labels: tuple[str, ...] = ("good", "bad"), separator: str = ",") -> str:
    """A CSV that is accepted."""
    lines = [f"text number {n} is {label}{separator}{label}" for label in labels for n in range(each)]
    return "\n".join([separator.join(("text", "label")), *lines, ""])


def text_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path
