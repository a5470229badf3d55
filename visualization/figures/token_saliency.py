"""Which words of a text spoke for the model's answer and which against: integrated gradients, as coloured text."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .texts import word_span

TITLE = BY_NAME["token_saliency"].title
MOST_LINES = 64
LETTERS = "monospace"
"""All letters are equally wide, so that it is known where a word stands without drawing it: a text for each word
would take seconds."""
ADVANCE_IN = 10 / look.DPI
"""Of a letter: whole pixels, to which its outline is fitted."""
SIZE = ADVANCE_IN * 72 / 0.602
MARGIN_IN = 0.14
LINE_IN, HEAD_IN, GAP_IN = 0.17, 0.2, 0.16
PALEST = 0.62
"""How much of the colours' range is used: on its darkest ends black letters cannot be read."""


class Text(NamedTuple):
    """attribution (words,): in nats of log-odds of the answer; positive speaks for it. total: their sum, and what it
    should be; None where that was not recorded."""

    true: str
    said: str
    probability: float
    words: list[str]
    attribution: Array
    total: tuple[float, float] | None


class TokenSaliency(NamedTuple):
    subject: str
    texts: list[Text]


class _Line(NamedTuple):
    words: list[str]
    starts: list[int]
    places: list[int]


def prepare(arrays: TrialArrays) -> TokenSaliency:
    attribution = arrays.require("attribution", "attributions to words were not computed: the examples are no texts")
    totals, names = arrays.get("attribution_total"), arrays.class_names
    probabilities, labels = arrays.require("sample_probabilities"), arrays.require("sample_labels")
    texts: list[Text] = []
    for sample, described in enumerate(arrays.about["samples"][: len(attribution)]):
        words = [str(word) for word in described["words"]]
        span, guess = word_span(words), int(probabilities[sample].argmax())
        total = None if totals is None else (float(totals[sample, 0]), float(totals[sample, 1]))
        values = attribution[sample][span]
        probability = float(probabilities[sample, guess])
        texts.append(Text(names[labels[sample]], names[guess], probability, words[span], values, total))
    return TokenSaliency(f"{arrays.subject}, validation examples, padding left out", _that_fit(texts))


def _that_fit(texts: list[Text]) -> list[Text]:
    """As many as a page holds, the first at least."""
    lines = np.cumsum([2 + len(list(_lines(text.words))) for text in texts])
    return texts[: max(1, int((lines <= MOST_LINES).sum()))]


def _lines(words: list[str]) -> Iterator[_Line]:
    """Words broken into lines; starts: the letter at which each begins; places: which word of the text it is."""
    room = int((look.WIDTH - 2 * MARGIN_IN) / ADVANCE_IN)
    line = _Line([], [], [])
    at = 0
    for place, long_word in enumerate(words):
        word = look.shorten(long_word, room)
        if line.words and at + len(word) > room:
            yield line
            line, at = _Line([], [], []), 0
        line.words.append(word)
        line.starts.append(at)
        line.places.append(place)
        at += len(word) + 1
    yield line


def draw(data: TokenSaliency) -> Figure:
    broken = [list(_lines(text.words)) for text in data.texts]
    top = look.TOP + 0.32
    height = top + sum(HEAD_IN + len(lines) * LINE_IN + GAP_IN for lines in broken) + 0.05
    figure = look.new_figure(TITLE, data.subject, height=height, left=0, right=0, bottom=0, top=0)
    axes = figure.subplots()
    axes.set(xlim=(0, look.WIDTH), ylim=(height, 0))
    axes.set_axis_off()
    _legend(axes, look.TOP)
    at = top
    for text, lines in zip(data.texts, broken, strict=True):
        _draw_one(axes, at, text, lines)
        at += HEAD_IN + len(lines) * LINE_IN + GAP_IN
    return figure


def _draw_one(axes: Axes, at: float, text: Text, lines: list[_Line]) -> None:
    right = text.true == text.said
    answer = f"{'✓' if right else '✗'} said {look.shorten(text.said, 24)}, {text.probability:.0%}"
    answer += "" if right else f" (is {look.shorten(text.true, 24)})"
    axes.text(MARGIN_IN, at, answer, va="top", weight="bold", color=look.GOOD if right else look.POOR)
    largest = float(np.nanmax(np.abs(text.attribution), initial=0.0))
    axes.text(look.WIDTH - MARGIN_IN, at, _sums(text, largest), va="top", ha="right", size=look.SMALL, color=look.GREY)
    boxes, colours = [], []
    for number, line in enumerate(lines):
        top = at + HEAD_IN + number * LINE_IN
        axes.text(MARGIN_IN, top + LINE_IN / 2, " ".join(line.words), va="center_baseline", size=SIZE, family=LETTERS)
        for word, start, place in zip(line.words, line.starts, line.places, strict=True):
            left = MARGIN_IN + start * ADVANCE_IN - 0.01
            boxes.append(_box(left, top + 0.01, len(word) * ADVANCE_IN + 0.02, LINE_IN - 0.02))
            colours.append(_tint(float(text.attribution[place]) / (largest or 1.0)))
    axes.add_collection(PolyCollection(boxes, facecolors=colours, linewidths=0), autolim=False)


def _sums(text: Text, largest: float) -> str:
    strongest = f"strongest word {largest:.2f}"
    if text.total is None:
        return strongest
    words, expected = (f"{total:+.2f}".replace("-", "\N{MINUS SIGN}") for total in text.total)
    return f"{strongest}; all words {words}, should be {expected}"


def _tint(share: float) -> tuple[float, ...]:
    """share: in [-1, 1]."""
    return tuple(colormaps[look.DIVERGING](0.5 + 0.5 * PALEST * float(np.nan_to_num(share))))


def _box(left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    return [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]


def _legend(axes: Axes, at: float) -> None:
    steps = np.linspace(-1, 1, 15)
    left, width = 1.75, 0.08
    boxes = [_box(left + place * width, at, width, 0.13) for place in range(len(steps))]
    axes.add_collection(
        PolyCollection(boxes, facecolors=[_tint(step) for step in steps], lw=0, aa=False), autolim=False
    )
    end = left + len(steps) * width
    for x, words, side in ((left - 0.06, "speaks against the answer", "right"), (end + 0.06, "speaks for it", "left")):
        axes.text(x, at + 0.065, words, va="center", ha=side, size=look.SMALL)
    axes.text(
        look.WIDTH - MARGIN_IN, at + 0.065, "nats of log-odds; each text has its own scale", va="center", ha="right",
        size=look.SMALL, color=look.GREY,
    )  # fmt: skip
