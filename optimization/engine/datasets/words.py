"""Texts as numbers: which words there are, and which of them a model sees."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from .family import TextShape, TokenLists

PAD, START, UNKNOWN = 0, 1, 2
MARKS = ("[PAD]", "[START]", "[UNKNOWN]", "[UNUSED]")
"""What the first ids stand for, as in Keras' own text data sets; the commonest word has the next one, 4."""
BEFORE_WORDS = len(MARKS) - 1

CURLY_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words_of(text: str) -> list[str]:
    """The words in lower case: letters and digits, with apostrophes inside ("isn't")."""
    return WORD.findall(text.lower().replace(CURLY_APOSTROPHE, "'"))


def number_words(texts: Iterable[str], dictionary: dict[str, int]) -> TokenLists:
    """Texts as numbers of the dictionary, which grows by the words that it lacks."""
    numbers: list[np.ndarray] = []
    for text in texts:
        own = [dictionary.setdefault(word, len(dictionary) + 1) for word in words_of(text)]
        numbers.append(np.array(own, np.int32))
    return joined(numbers)


def joined(lists: Sequence[np.ndarray]) -> TokenLists:
    starts = np.concatenate([[0], np.cumsum([len(numbers) for numbers in lists], dtype=np.int64)]).astype(np.int64)
    return TokenLists(np.concatenate([np.empty(0, np.int32), *lists]).astype(np.int32, copy=False), starts)


def taken(lists: TokenLists, positions: np.ndarray) -> TokenLists:
    """The texts at these positions, in this order."""
    return joined([lists.numbers[lists.starts[at] : lists.starts[at + 1]] for at in positions])


def ranks_by_frequency(training: TokenLists, dictionary: dict[str, int]) -> tuple[np.ndarray, tuple[str, ...]]:
    """rank by word number (0: not in the training texts), and the words by rank, the commonest first."""
    counts = Counter(dict(enumerate(np.bincount(training.numbers, minlength=len(dictionary) + 1).tolist())))
    seen = sorted((word for word in dictionary if counts[dictionary[word]]), key=lambda w: (-counts[dictionary[w]], w))
    ranks = np.zeros(len(dictionary) + 1, np.int32)
    for rank, word in enumerate(seen, start=1):
        ranks[dictionary[word]] = rank
    return ranks, tuple(seen)


def vectorized(lists: TokenLists, ranks: np.ndarray | None, shape: TextShape) -> np.ndarray:
    """int32 (texts, sequence_length): a start mark and the ids, filled and cut at the front, as Keras does.

    ranks: by word number; None where the numbers are ranks already.
    """
    ids = lists.numbers if ranks is None else ranks[lists.numbers]
    known = (ids > 0) & (ids < shape.vocab_size - BEFORE_WORDS)
    ids = np.where(known, ids + BEFORE_WORDS, UNKNOWN).astype(np.int32)
    rows = np.full((len(lists), shape.sequence_length), PAD, np.int32)
    for row, (start, end) in enumerate(zip(lists.starts[:-1].tolist(), lists.starts[1:].tolist(), strict=True)):
        length = min(end - start, shape.sequence_length)
        if length:
            rows[row, -length:] = ids[end - length : end]
        if length < shape.sequence_length:
            rows[row, -length - 1] = START
    return rows


def vocabulary(words: Sequence[str], highest: int, shape: TextShape) -> tuple[str, ...]:
    """What each id stands for; a word that is not known is "#" with its rank. highest: rank of the rarest word."""
    ranks = range(1, min(highest, shape.vocab_size - len(MARKS)) + 1)
    return MARKS + tuple(words[rank - 1] if rank <= len(words) else f"#{rank}" for rank in ranks)
