"""A picture as files: PNG and SVG, GIF where it moves, and its data as JSON. Equal data give equal bytes."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from .one_pass import rendered

DIGITS = 6
"""Significant digits of a number in the JSON files."""
COMPRESSION = 1
"""Of PNG: more makes files a fifth smaller and takes twice as long."""
FRAME_MS, LAST_FRAME_MS, FRAME_DPI = 250, 2000, 90


def save_picture(figure: Figure, png: Path, svg: Path) -> tuple[int, int]:
    """Write the figure as PNG, and as SVG whose text is text, without a date; answers its size in pixels."""
    pixels, drawing = rendered(figure)
    picture = Image.fromarray(pixels).convert("RGB")
    picture.save(png, "PNG", compress_level=COMPRESSION, dpi=(figure.dpi, figure.dpi))
    svg.write_text(drawing, "utf-8")
    return picture.size


def save_gif(frames: Iterator[Figure], path: Path) -> Image.Image:
    """Write the figures as an endless GIF that rests on its last frame; answers that frame."""
    pictures = [_frame(figure) for figure in frames]
    last = pictures[-1]
    # One palette for all frames, made of the last, which has all colours: otherwise they flicker.
    palette = last.quantize(256)
    rest = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [FRAME_MS] * (len(rest) - 1) + [LAST_FRAME_MS]
    rest[0].save(path, "GIF", save_all=True, append_images=rest[1:], duration=durations, loop=0)
    return last


def save_json(data: NamedTuple, path: Path) -> None:
    """Write what a plot draws, for a browser that draws it again. What is not finite becomes null."""
    path.write_text(json.dumps(plain(data), allow_nan=False, ensure_ascii=False, separators=(",", ":")), "utf-8")


def plain(value: Any) -> Any:
    """A plot's data as JSON has it: NamedTuples are objects by field, arrays are lists, NaN and infinity are None."""
    if isinstance(value, np.ndarray):
        return _plain_array(value)
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {field: plain(part) for field, part in zip(value._fields, value, strict=True)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    raise TypeError(f"a plot's data holds a {type(value).__name__}, which JSON has not")


def _plain_array(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind != "f":
        return array.tolist()
    values = array.astype(np.float64)
    finite = np.isfinite(values)
    sizes = np.abs(values, where=finite & (values != 0), out=np.ones_like(values))
    scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(sizes)))
    rounded = np.round(np.where(finite, values, 0) * scale) / scale
    if not finite.all():
        rounded = rounded.astype(object)
        rounded[~finite] = None
    return rounded.tolist()


def _frame(figure: Figure) -> Image.Image:
    figure.set_dpi(FRAME_DPI)
    canvas: Any = figure.canvas
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
