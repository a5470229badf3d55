"""The words of a text beside what belongs to each. Not a plot by itself."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from . import look

PADDING = "[PAD]"


def word_span(words: Sequence[str]) -> slice:
    """From the first word to the last, without the padding before and after them; of padding only, all of it."""
    real = [place for place, word in enumerate(words) if word != PADDING]
    return slice(real[0], real[-1] + 1) if real else slice(0, len(words))


def word_ticks(axes: Axes, words: Sequence[str], *, most: int = 48) -> None:
    """Words upright below the axis, each where it stands; of many, every second, third … one."""
    step = max(1, -(-len(words) // most))
    places = range(0, len(words), step)
    axes.set_xticks(list(places), [look.shorten(words[place], 12) for place in places])
    axes.tick_params(axis="x", labelrotation=90, labelsize=6.5 if len(words) > 24 else look.SMALL, length=2)
    if step > 1:
        axes.set_xlabel(f"words of the text, every {_ordinal(step)} one named")


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
