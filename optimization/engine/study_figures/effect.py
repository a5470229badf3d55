"""Where along a hyperparameter a figure is lowest or highest, in words."""

import statistics
from collections.abc import Mapping
from typing import Any

from ..ranges import Choices, Range
from .figure import digits

LEAST_IN_GROUP = 3


def extreme(
    values: Mapping[int, float], params: Mapping[int, Mapping[str, Any]], name: str, searched: Range, *, highest: bool
) -> str:
    """Such as "with sigmoid (0.42 against 0.83 over all)"; "" where the groups are too small to say.

    values: by trial. A range of numbers is looked at in thirds of the trials.
    """
    pairs = [(params[number][name], value) for number, value in values.items() if name in params.get(number, {})]
    groups = _by_choice(pairs) if isinstance(searched, Choices) else _by_thirds(pairs)
    means = {words: statistics.fmean(group) for words, group in groups.items() if len(group) >= LEAST_IN_GROUP}
    if len(means) < 2:
        return ""
    words = (max if highest else min)(means, key=means.__getitem__)
    overall = statistics.fmean(value for _, value in pairs)
    return f"{words} (mean {digits(means[words])} against {digits(overall)} over all)"


def _by_choice(pairs: list[tuple[Any, float]]) -> dict[str, list[float]]:
    groups: dict[str, list[float]] = {}
    for choice, value in pairs:
        groups.setdefault(f"with {choice}", []).append(value)
    return groups


def _by_thirds(pairs: list[tuple[Any, float]]) -> dict[str, list[float]]:
    ordered = sorted(pairs, key=lambda pair: pair[0])
    if not ordered:
        return {}
    low, high = ordered[len(ordered) // 3][0], ordered[-1 - len(ordered) // 3][0]
    if low == high:
        return {}
    return {
        f"at {digits(low)} or less": [value for place, value in pairs if place <= low],
        f"between {digits(low)} and {digits(high)}": [value for place, value in pairs if low < place < high],
        f"at {digits(high)} or more": [value for place, value in pairs if place >= high],
    }
