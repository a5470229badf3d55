"""A finite grid over a search space, with about as many points as a job has trials. Knows no Optuna.

A product over twenty hyperparameters would have millions of points. So each starts with one value, its
default, and they are given one value more in turn, in the order below, until there are enough points. A
range with k > 1 values is cut into k equal parts (of its logarithm, where it is drawn by its logarithm), and
the middle of each part is a value; of choices, the default comes first. A hyperparameter that does not
exist at a point is left out there. The points are visited in an order drawn from the job's seed.
"""

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .errors import ConfigError
from .hyperparameters import Hyperparameter
from .ranges import Choices, Range, WholeRange
from .search_space import SearchSpace

FIRST = ("learning_rate", "optimizer")
"""After those that the person changed: what matters most to most models."""

Point = dict[str, Any]
Counts = dict[str, int]


class Grid:
    """The points of a job's grid beside the default model, in the order in which they are tried."""

    def __init__(self, space: SearchSpace, *, asked_for: Sequence[str], trials: int, seed: int) -> None:
        """asked_for: hyperparameters that the person changed, which are varied first. Raises ConfigError."""
        self._space = space
        names = [*asked_for, *FIRST, *(parameter.name for parameter in space.parameters)]
        self._order = [space.by_name[name] for name in dict.fromkeys(names) if name in space.by_name]
        self.points = self._with_at_least(trials - 1)
        random.Random(seed).shuffle(self.points)

    def next_point(self, tried: Sequence[Mapping[str, Any]]) -> Point:
        """The first point that was not tried; when all were, they come again in the same order."""
        known = {frozenset(point.items()) for point in tried}
        untried = (point for point in self.points if frozenset(point.items()) not in known)
        return next(untried, self.points[len(tried) % len(self.points)])

    def _with_at_least(self, wanted: int) -> list[Point]:
        counts = {parameter.name: 1 for parameter in self._order}
        while (now := self._size(counts)) < wanted:
            step = self._next_step(counts, now, wanted)
            if step is None:
                raise ConfigError({"sampler": _too_few(now)})
            counts = step
        return list(self._points(counts))

    def _next_step(self, counts: Counts, now: int, wanted: int) -> Counts | None:
        """One value more for the hyperparameter whose turn it is; for the one that goes least beyond what is
        wanted, where each would. None when no range holds more values."""
        beyond: list[tuple[int, Counts]] = []
        for parameter in sorted(self._order, key=lambda parameter: counts[parameter.name]):
            finer = {**counts, parameter.name: counts[parameter.name] + 1}
            if len(self._values(parameter, finer)) < finer[parameter.name]:
                continue
            size = self._size(finer)
            if now < size <= wanted:
                return finer
            if size > wanted:
                beyond.append((size, finer))
        return min(beyond, key=lambda step: step[0])[1] if beyond else None

    def _size(self, counts: Counts) -> int:
        """How many points there are, without making them: only what later conditions look at is told apart."""
        looked_at = {needs.name for parameter in self._space.parameters for needs in parameter.condition}
        ways: Counter[frozenset[tuple[str, Any]]] = Counter({frozenset(): 1})
        for parameter in self._space.parameters:
            longer: Counter[frozenset[tuple[str, Any]]] = Counter()
            for known, count in ways.items():
                values = self._values(parameter, counts)
                if not parameter.exists_for(self._space.unsearched | dict(known)):
                    longer[known] += count
                elif parameter.name not in looked_at:
                    longer[known] += count * len(values)
                else:
                    longer.update({known | {(parameter.name, value)}: count for value in values})
            ways = longer
        default = self._space.default_params()
        return ways.total() - all(
            default.get(p.name) in self._values(p, counts) for p in self._order if p.name in default
        )

    def _points(self, counts: Counts) -> Iterator[Point]:
        """Every combination, but for the default model's, which is trial 0."""
        default = self._space.default_params()
        yield from (point for point in self._extended({}, self._space.unsearched, 0, counts) if point != default)

    def _extended(self, point: Point, known: Point, place: int, counts: Counts) -> Iterator[Point]:
        if place == len(self._space.parameters):
            yield point
            return
        parameter = self._space.parameters[place]
        if not parameter.exists_for(known):
            yield from self._extended(point, known, place + 1, counts)
            return
        for value in self._values(parameter, counts):
            chosen = {parameter.name: value}
            yield from self._extended(point | chosen, known | chosen, place + 1, counts)

    def _values(self, parameter: Hyperparameter, counts: Counts) -> list[Any]:
        return values_of(parameter.range, self._space.default(parameter), counts[parameter.name])


def values_of(now: Range, default: Any, count: int) -> list[Any]:
    """At most `count` different values of a range; fewer where it has no more."""
    if count == 1:
        return [default]
    if isinstance(now, Choices):
        return list(dict.fromkeys((default, *now.values)))[:count]
    low, high = float(now.low), float(now.high)
    width = now.step or (1 if isinstance(now, WholeRange) else 0)
    if now.log:
        low, high = math.log(low), math.log(high)
    elif width:
        low, high = low - width / 2, high + width / 2  # so that the ends get their share
    middles = [low + (high - low) * (part + 0.5) / count for part in range(count)]
    if now.log:
        middles = [math.exp(middle) for middle in middles]
    whole = [round(middle) for middle in middles] if isinstance(now, WholeRange) and now.step is None else middles
    values = [now.nearest(value) for value in whole]
    return list(dict.fromkeys(default if math.isclose(value, default) else value for value in values))


def _too_few(points: int) -> str:
    return (
        f"the grid of this search space has only {points} points beside the default model: "
        f"ask for at most {points + 1} trials, or search more hyperparameters"
    )
