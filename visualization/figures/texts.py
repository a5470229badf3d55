"""The words of a text beside what belongs to each. Not a plot by itself."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from . import look

PADDING = "[PAD]"
LONGEST = 12
"""Letters of a word below an axis."""
FEW = 48


def word_span(words: Sequence[str]) -> slice:
    """From the first word to the last, without the padding before and after them; of padding only, all of it."""
    real = [place for place, word in enumerate(words) if word != PADDING]
    return slice(real[0], real[-1] + 1) if real else slice(0, len(words))


def word_room_in(words: Sequence[str]) -> float:
    """Inches that `word_ticks` need below the axes."""
    longest = max((len(word) for word in words), default=0)
    return 0.17 + 0.062 * min(LONGEST, longest) + 0.2 * (len(words) > FEW)


def word_ticks(axes: Axes, words: Sequence[str], *, most: int = FEW) -> None:
    """Words upright below the axis, each where it stands; of many, every second, third … one."""
    step = max(1, -(-len(words) // most))
    places = range(0, len(words), step)
    axes.set_xticks(list(places), [look.shorten(words[place], LONGEST) for place in places])
    axes.tick_params(axis="x", labelrotation=90, labelsize=7 if len(words) > most / 2 else look.SMALL, length=2)
    if step > 1:
        axes.set_xlabel(f"words of the text, every {_ordinal(step)} one named")


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")
