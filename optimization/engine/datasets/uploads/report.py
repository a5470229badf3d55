"""What became of an upload, in words for the person who sent it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Self

from ...errors import ConfigError
from .limits import EXAMPLES_NAMED


class UploadRefused(ConfigError):
    """The file cannot be used as a data set. reasons: whole sentences that say why and what is allowed."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__({"file": " ".join(self.reasons)})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Skipped:
    """Things left out for one reason, a phrase such as "damaged or cut short". examples: the first names."""

    reason: str
    count: int
    examples: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class UploadReport:
    """counts: examples used, by class. notes: how the file was understood, as sentences."""

    counts: Mapping[str, int] = dataclasses.field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def used(self) -> int:
        return sum(self.counts.values())

    @property
    def skipped_count(self) -> int:
        return sum(group.count for group in self.skipped)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; from_dict reads them back."""
        return {
            "used": self.used,
            "counts": dict(self.counts),
            "skipped": [{**dataclasses.asdict(group), "examples": list(group.examples)} for group in self.skipped],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        groups = (Skipped(**{**group, "examples": tuple(group["examples"])}) for group in data["skipped"])
        return cls(counts=dict(data["counts"]), skipped=tuple(groups), notes=tuple(data["notes"]))


class Findings:
    """Collects what is found while a file is read."""

    def __init__(self) -> None:
        self._skipped: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}
        self.notes: list[str] = []

    def skip(self, name: str, reason: str) -> None:
        self._counts[reason] = self._counts.get(reason, 0) + 1
        named = self._skipped.setdefault(reason, [])
        if len(named) < EXAMPLES_NAMED:
            named.append(printable(name))

    def report(self, counts: Mapping[str, int]) -> UploadReport:
        groups = (
            Skipped(reason=reason, count=count, examples=tuple(self._skipped[reason]))
            for reason, count in sorted(self._counts.items(), key=lambda item: -item[1])
        )
        return UploadReport(counts=dict(counts), skipped=tuple(groups), notes=tuple(self.notes))

    def in_words(self) -> list[str]:
        """One sentence for each reason, for a refusal."""
        return [
            f"Left out {group.count:,}: {group.reason} ({listed(group.examples, group.count)})."
            for group in self.report({}).skipped
        ]


LONGEST_NAME_SHOWN = 80


def printable(name: str) -> str:
    """A name from outside as it can be shown: one line, nothing that moves the cursor, not too long."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return shown if len(shown) <= LONGEST_NAME_SHOWN else f"{shown[: LONGEST_NAME_SHOWN - 1]}…"


def listed(names: Sequence[str], count: int) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:EXAMPLES_NAMED])
    more = count - min(len(names), EXAMPLES_NAMED)
    return f"{shown} and {more:,} more" if more > 0 else shown


def too_large(size_bytes: int, most_bytes: int) -> str:
    return f"The file has {size_bytes / 1e6:,.1f} MB; at most {most_bytes / 1e6:g} MB are allowed."
