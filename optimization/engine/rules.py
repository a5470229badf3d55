"""What a field of a request or a configuration may hold.

A rule travels in the dataclass field's metadata, so the command line, the API, the form and the
engine all check and describe a value the same way.
"""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol


class Rule(Protocol):
    """Checks one value. `allowed` reads on from "must be"."""

    @property
    def allowed(self) -> str: ...

    def check(self, value: Any) -> Any:
        """The value in its inner type. Raises ValueError with what is allowed."""
        ...


def _refuse(rule: Rule, value: Any) -> ValueError:
    return ValueError(f"must be {rule.allowed}; got {value!r}")


@dataclasses.dataclass(frozen=True)
class Whole:
    """A whole number in [low, high]; strings of digits are read as numbers."""

    low: int
    high: int

    @property
    def allowed(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def check(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise _refuse(self, value)
        try:
            number = int(value)
            exact = isinstance(value, str) or number == value
        except (ValueError, OverflowError):
            raise _refuse(self, value) from None
        if not exact or not self.low <= number <= self.high:
            raise _refuse(self, value)
        return number


@dataclasses.dataclass(frozen=True)
class Real:
    """A number in [low, high], or in (low, high] when `above` is set."""

    low: float
    high: float
    above: bool = False

    @property
    def allowed(self) -> str:
        if self.above:
            return f"a number above {self.low:g} and up to {self.high:g}"
        return f"a number from {self.low:g} to {self.high:g}"

    def check(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise _refuse(self, value)
        try:
            number = float(value)
        except ValueError:
            raise _refuse(self, value) from None
        inside = self.low < number if self.above else self.low <= number
        if not (inside and number <= self.high):
            raise _refuse(self, value)
        return number


@dataclasses.dataclass(frozen=True)
class Flag:
    """True or false."""

    allowed: str = "true or false"

    def check(self, value: Any) -> bool:
        words = {"true": True, "false": False, "on": True, "off": False, "1": True, "0": False}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        raise _refuse(self, value)


@dataclasses.dataclass(frozen=True)
class Choice:
    """A member of an enum, given as itself or as its value."""

    options: type[StrEnum]

    @property
    def allowed(self) -> str:
        return "one of " + ", ".join(self.options)

    def check(self, value: Any) -> StrEnum:
        try:
            return self.options(value)
        except ValueError:
            raise _refuse(self, value) from None


@dataclasses.dataclass(frozen=True)
class Several:
    """From `fewest` to `most` different members of an enum, in order, or none at all; commas part them in a string."""

    options: type[StrEnum]
    fewest: int
    most: int

    @property
    def allowed(self) -> str:
        return f"{self.fewest} to {self.most} different ones of {', '.join(self.options)}, or left out"

    def check(self, value: Any) -> tuple[StrEnum, ...] | None:
        names = value.split(",") if isinstance(value, str) and value else value
        if names is None or names == "":
            return None
        if not isinstance(names, list | tuple):
            raise _refuse(self, value)
        if not names:
            return None
        choice = Choice(self.options)
        try:
            members = tuple(choice.check(name.strip() if isinstance(name, str) else name) for name in names)
        except ValueError:
            raise _refuse(self, value) from None
        if len(set(members)) != len(members) or not self.fewest <= len(members) <= self.most:
            raise _refuse(self, value)
        return members


@dataclasses.dataclass(frozen=True)
class Text:
    """A non-empty string of at most `longest` characters."""

    longest: int

    @property
    def allowed(self) -> str:
        return f"text of 1 to {self.longest} characters"

    def check(self, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= self.longest:
            raise _refuse(self, value)
        return value.strip()


@dataclasses.dataclass(frozen=True)
class ModuleNames:
    """Python modules by their dotted names, in order."""

    allowed: str = "a list of importable modules, such as my_data or my_package.models"

    def check(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
            raise _refuse(self, value)
        if not all(part.isidentifier() for name in value for part in name.split(".")):
            raise _refuse(self, value)
        return tuple(value)


@dataclasses.dataclass(frozen=True)
class Proportions:
    """Non-negative shares by name that sum to 1; names left out count as 0."""

    names: tuple[str, ...]
    tolerance: float = 1e-6

    @property
    def allowed(self) -> str:
        return f"shares from 0 to 1 that sum to 1, by name: {', '.join(self.names)}"

    def check(self, value: Any) -> dict[str, float]:
        if not isinstance(value, Mapping):
            raise _refuse(self, value)
        if unknown := sorted(str(name) for name in set(value) - set(self.names)):
            raise ValueError(f"must be {self.allowed}; {unknown[0]!r} is not one of them")
        share = Real(0, 1)
        shares = {name: share.check(value.get(name, 0.0)) for name in self.names}
        total = sum(shares.values())
        if abs(total - 1) > self.tolerance:
            raise ValueError(f"must be {self.allowed}; these sum to {total:.4g}")
        return shares


@dataclasses.dataclass(frozen=True)
class Maybe:
    """None, or what the inner rule allows."""

    inner: Rule

    @property
    def allowed(self) -> str:
        return f"{self.inner.allowed}, or left out"

    def check(self, value: Any) -> Any:
        return None if value is None or value == "" else self.inner.check(value)


def ruled(default: Any, rule: Rule, text: str) -> Any:
    """A dataclass field with its default, its rule and one sentence of help."""
    metadata = {"rule": rule, "help": text}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def required(rule: Rule, text: str) -> Any:
    """A dataclass field without a default."""
    return dataclasses.field(metadata={"rule": rule, "help": text})


def check_fields(instance: Any) -> dict[str, str]:
    """Put every ruled field of a frozen dataclass into its inner type; return the problems by field."""
    problems = {}
    for field in dataclasses.fields(instance):
        if "rule" not in field.metadata:
            continue
        try:
            value = field.metadata["rule"].check(getattr(instance, field.name))
        except ValueError as error:
            problems[field.name] = str(error)
        else:
            object.__setattr__(instance, field.name, value)
    return problems
