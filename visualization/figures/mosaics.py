"""Many small pictures as one, which draws many times faster than an axis for each. Not a plot by itself."""

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes

from . import look
from .record import Array

GAP = 0.08
"""White between tiles, as a share of a tile."""
MOST_PIXELS, SMOOTH = 64, 96
BYTE = 255


class Mosaic(NamedTuple):
    """x, y: where the middles of the columns and the rows of tiles are, in pixels."""

    x: Array
    y: Array


def draw_mosaic(axes: Axes, tiles: Array) -> Mosaic:
    """Draw (rows, columns, height, width, 3) uint8 tiles with white between them, and nothing around."""
    rows, columns, height, width = tiles.shape[:4]
    times = -(-SMOOTH // height)  # so that tiles of any size stand equally far apart
    tiles = tiles.repeat(times, axis=2).repeat(times, axis=3)
    height, width = height * times, width * times
    down, right = height + max(1, round(GAP * height)), width + max(1, round(GAP * width))
    whole = np.full((rows * down, columns * right, 3), BYTE, np.uint8)
    for row in range(rows):
        for column in range(columns):
            whole[row * down :, column * right :][:height, :width] = tiles[row, column]
    axes.imshow(whole[: rows * down - (down - height), : columns * right - (right - width)])
    look.bare(axes)
    return Mosaic(np.arange(columns) * right + (width - 1) / 2, np.arange(rows) * down + (height - 1) / 2)


def as_bytes(values: Array, low: float, high: float) -> Array:
    """Values as brightness, uint8: 0 at `low` and below, 255 at `high` and above; what is not finite is 0."""
    span = high - low if high > low else 1.0
    scaled = (np.nan_to_num(values.astype(np.float32), nan=low, posinf=high, neginf=low) - low) / span
    levels: Array = np.round(np.clip(scaled, 0, 1) * BYTE).astype(np.uint8)
    return levels


def small(pictures: Array) -> Array:
    """(…, height, width) or (…, height, width, channels) of at most MOST_PIXELS a side, by leaving pixels out."""
    step = -(-max(pictures.shape[1:3]) // MOST_PIXELS)
    return pictures[:, ::step, ::step]


def coloured(brightness: Array, colours: str = look.SEQUENTIAL) -> Array:
    """uint8 brightness as (…, 3) uint8 colours."""
    table: Array = np.round(colormaps[colours](np.arange(BYTE + 1))[:, :3] * BYTE).astype(np.uint8)
    return table[brightness]


def in_colour(pictures: Array) -> Array:
    """(…, channels) uint8 pictures of one or three channels as (…, 3)."""
    return pictures[..., :3] if pictures.shape[-1] >= 3 else pictures[..., :1].repeat(3, axis=-1)
