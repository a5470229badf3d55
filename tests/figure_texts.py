"""What is wrong with the texts of a picture: cut off by its edge, or written over one another."""

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

PIXELS = 1.5
"""How far boxes may reach over an edge or into one another: they are a little larger than the letters."""


def faults(figure: Figure) -> list[str]:
    """Texts that are cut off or written over one another, each in a sentence; empty when all can be read."""
    figure.draw_without_rendering()
    texts = [(text.get_text().replace("\n", " "), text.get_window_extent()) for text in _shown(figure)]
    return [*_cut(figure, texts), *_met(texts)]


def _shown(artist: Artist) -> Iterator[Text]:
    """Texts that are drawn."""
    if not artist.get_visible():
        return
    if isinstance(artist, Text):
        if artist.get_text().strip():
            yield artist
        return
    for child in _drawn_children(artist):
        yield from _shown(child)


def _drawn_children(artist: Artist) -> list[Artist]:
    if isinstance(artist, Axis):
        return [*artist._update_ticks(), artist.label, artist.offsetText]  # only ticks within its view
    if isinstance(artist, Axes) and not artist.axison:
        return [child for child in artist.get_children() if not isinstance(child, Axis)]
    return artist.get_children()


def _cut(figure: Figure, texts: list[tuple[str, Bbox]]) -> list[str]:
    width, height = figure.bbox.width, figure.bbox.height
    return [
        f"{words!r} is cut off"
        for words, box in texts
        if box.x0 < -PIXELS or box.y0 < -PIXELS or box.x1 > width + PIXELS or box.y1 > height + PIXELS
    ]


def _met(texts: list[tuple[str, Bbox]]) -> list[str]:
    boxes = np.array([box.extents for _, box in texts]).reshape(-1, 4)
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    both = np.triu((high - low > PIXELS).all(-1), 1)
    return [f"{texts[i][0]!r} meets {texts[j][0]!r}" for i, j in zip(*np.nonzero(both), strict=True)]
