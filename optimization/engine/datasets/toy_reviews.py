"""Short film reviews made from sentence patterns: no download, no noise, and no single word that gives a review away.

Half the reviews are positive. "Not", "nobody would call" and "although … but" turn the sense of what they go with, so
counting kind words is not enough.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from .family import RawTexts, Sizes
from .registry import DatasetInfo

SEED = 20260101

_THINGS = (
    "the film", "the story", "the plot", "the acting", "the music", "the ending", "the cast", "the dialogue",
    "the opening", "the camera work", "the hero", "the villain", "the script", "the pace", "the humour",
)  # fmt: skip
_GOOD = (
    "wonderful", "clever", "moving", "funny", "gripping", "charming", "brilliant", "fresh", "warm", "elegant",
    "convincing", "beautiful", "thrilling", "witty", "honest",
)  # fmt: skip
_BAD = (
    "dull", "clumsy", "boring", "silly", "lifeless", "tedious", "awful", "stale", "cold", "ugly", "confusing",
    "predictable", "noisy", "shallow", "lazy",
)  # fmt: skip
_DEGREES = ("", "very ", "quite ", "really ", "simply ", "often ")
_NEUTRAL = (
    "I saw it on a Sunday evening.", "We watched it at home.", "My sister chose it.", "It runs for two hours.",
    "The room was full.", "It was shot in the north.", "A friend gave me the ticket.", "It is based on a book.",
    "We had seats in the third row.", "There is a second part.", "I read about it last week.", "It came out in spring.",
)  # fmt: skip
_OPINIONS = (
    "{thing} was {degree}{same}.",
    "{thing} was not {opposite}.",
    "{thing} wasn't {degree}{opposite} at all.",
    "Nobody would call {thing} {opposite}.",
    "I feared {thing} would be {opposite}, but it was {degree}{same}.",
    "{thing} may look {opposite}, yet it isn't.",
    "Although {other} was {degree}{opposite}, {thing} was {same}, and that is what counts.",
    "{other} was {opposite}, but {thing} was {degree}{same} and made up for it.",
)
"""The sense is that of {same}, whatever else is said."""


def sizes(info: DatasetInfo, folders: Sequence[Path]) -> Sizes:
    return Sizes(info.train_size, info.test_size)


def read(info: DatasetInfo, folders: Sequence[Path]) -> RawTexts:
    import numpy as np

    texts = _reviews(info.train_size + info.test_size)
    labels = np.arange(len(texts)) % len(info.classes)
    cut = info.train_size
    return RawTexts(texts[:cut], labels[:cut], texts[cut:], labels[cut:])


def wanted(info: DatasetInfo) -> str:
    return "nothing: it is made on the spot"


def _reviews(count: int) -> list[str]:
    """All different; negative and positive in turn."""
    random = Random(SEED)
    made: dict[str, None] = {}
    while len(made) < count:
        made.setdefault(_review(random, positive=len(made) % 2 == 1))
    return list(made)


def _review(random: Random, *, positive: bool) -> str:
    same, opposite = (_GOOD, _BAD) if positive else (_BAD, _GOOD)
    thing, other = random.sample(_THINGS, 2)
    opinion = random.choice(_OPINIONS).format(
        thing=thing,
        other=other,
        same=random.choice(same),
        opposite=random.choice(opposite),
        degree=random.choice(_DEGREES),
    )
    around = random.sample(_NEUTRAL, 2)[: random.randrange(3)]
    sentences = [*around, opinion]
    random.shuffle(sentences)
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)
