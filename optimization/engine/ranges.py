"""What a hyperparameter may be: a whole number, a real one, or one of several choices.

Each kind checks a value, is narrowed to a part of itself, and knows its nearest and its smaller values.
"""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Self

SHRINK = 0.9
"""How fast smaller() comes down, where steps do not say."""

GRID_TOLERANCE = 1e-9


class Kind(StrEnum):
    """The kinds, for a form to choose its inputs by."""

    WHOLE = "whole"
    REAL = "real"
    CHOICE = "choice"


def in_words(value: Any) -> str:
    """A value as a person writes it: 0.0001, none, yes."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclasses.dataclass(frozen=True)
class _Span:
    """Numbers from low to high, both included; log: drawn evenly over their logarithms; step: from low on."""

    low: Any
    high: Any
    log: bool = False
    step: Any = None

    @property
    def allowed(self) -> str:
        step = f" in steps of {in_words(self.step)}" if self.step not in (None, 1) else ""
        return f"{self._noun} from {in_words(self.low)} to {in_words(self.high)}{step}"

    @property
    def _noun(self) -> str:
        raise NotImplementedError

    def _number(self, value: Any) -> Any:
        raise NotImplementedError

    def check(self, value: Any) -> Any:
        """The value as a number of this range. Raises ValueError with what is allowed."""
        number = self._number(value)
        if not self.low <= number <= self.high:
            raise self._refused(value)
        return number

    def _refused(self, value: Any) -> ValueError:
        return ValueError(f"must be {self.allowed}; got {value!r}")

    def narrowed(self, low: Any, high: Any) -> Self:
        """The part between two of its values. Its last value is the last step below the new end."""
        if self.step is not None:
            high = self._on_grid(low, high)
        return dataclasses.replace(self, low=low, high=high)

    def nearest(self, value: Any) -> Any:
        """The value of this range that is closest to a number."""
        inside = min(max(value, self.low), self.high)
        return inside if self.step is None else self._on_grid(self.low, inside + self.step / 2)

    def smaller(self, value: Any) -> Iterator[Any]:
        """Values of this range below one, from large to small, the smallest last."""
        while value > self.low:
            value = self.nearest(self._below(value))
            yield value

    def _below(self, value: Any) -> Any:
        raise NotImplementedError

    def _on_grid(self, low: Any, value: Any) -> Any:
        """The last step from low that is not above the value, nor above this range's end."""
        steps = math.floor((min(value, self.high) - low) / self.step + GRID_TOLERANCE)
        return type(low)(round(low + steps * self.step, 10))


@dataclasses.dataclass(frozen=True)
class WholeRange(_Span):
    """Whole numbers."""

    kind = Kind.WHOLE

    @property
    def _noun(self) -> str:
        return "a whole number"

    def _number(self, value: Any) -> int:
        try:
            number = int(value)
            exact = isinstance(value, str) or number == value
        except (TypeError, ValueError, OverflowError):
            raise self._refused(value) from None
        if isinstance(value, bool) or not exact:
            raise self._refused(value)
        return number

    def _below(self, value: int) -> int:
        return min(int(value * SHRINK), value - (self.step or 1))


@dataclasses.dataclass(frozen=True)
class RealRange(_Span):
    """Real numbers."""

    kind = Kind.REAL

    @property
    def _noun(self) -> str:
        return "a number"

    def _number(self, value: Any) -> float:
        if isinstance(value, bool):
            raise self._refused(value)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise self._refused(value) from None

    def _below(self, value: float) -> float:
        return value - self.step if self.step else value * SHRINK


@dataclasses.dataclass(frozen=True)
class Choices:
    """One of several values, from the smallest to the largest where they have a size."""

    values: tuple[Any, ...]
    kind = Kind.CHOICE

    @property
    def allowed(self) -> str:
        return "one of " + ", ".join(in_words(value) for value in self.values)

    def check(self, value: Any) -> Any:
        """The choice that is meant; its name will do. Raises ValueError with what is allowed."""
        for choice in self.values:
            if _same(choice, value):
                return choice
        raise ValueError(f"must be {self.allowed}; got {value!r}")

    def narrowed(self, values: Sequence[Any]) -> Self:
        """Those of its values that are named, in its own order."""
        return dataclasses.replace(self, values=tuple(value for value in self.values if value in values))

    def nearest(self, value: Any) -> Any:
        """The value itself, else the number that is closest to it, else the first choice."""
        if any(_same(choice, value) for choice in self.values):
            return value
        if all(_is_number(item) for item in (value, *self.values)):
            return min(self.values, key=lambda choice: abs(choice - value))
        return self.values[0]

    def smaller(self, value: Any) -> Iterator[Any]:
        """The choices before one, from large to small."""
        yield from reversed(self.values[: self.values.index(value)])


Range = WholeRange | RealRange | Choices


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _same(choice: Any, value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() == in_words(choice)
    return bool(choice == value) and isinstance(choice, bool) == isinstance(value, bool)
