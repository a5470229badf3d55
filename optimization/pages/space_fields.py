"""The search space in the form: a row for each hyperparameter, from which the request's changes are read.

What was typed is handed on as text; the engine's table checks it, and its words come back to the row.
"""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django import forms

from optimization.engine.datasets import Modality
from optimization.engine.hyperparameters import GROUPS, SPACE, Hyperparameter
from optimization.engine.narrowing import BY_NAME, checked, misfits_by_name
from optimization.engine.ranges import Choices, in_words
from optimization.templatetags.space_format import value_words

Changes = Mapping[str, Mapping[str, Any]]


class Use(StrEnum):
    """What a person wants done with a hyperparameter."""

    SEARCH = "search"
    NARROW = "narrow"
    FIX = "fix"
    LEAVE = "leave"


USE_TEXT = {
    Use.SEARCH: "Search all of it",
    Use.NARROW: "Narrow",
    Use.FIX: "Fix",
    Use.LEAVE: "Do not search",
}


@dataclasses.dataclass(frozen=True)
class Option:
    """One choice of a row. value: as it is sent; text: for people."""

    value: str
    text: str
    is_default: bool
    is_ticked: bool
    is_fixed: bool


@dataclasses.dataclass(frozen=True)
class Row:
    """One hyperparameter as the form shows it; low, high, fixed: what stands in the inputs."""

    parameter: Hyperparameter
    id: str
    use: Use
    low: str
    high: str
    fixed: str
    options: tuple[Option, ...]
    error: str

    @property
    def uses(self) -> list[tuple[Use, str]]:
        """With two choices, narrowing is fixing."""
        few = 0 < len(self.options) <= 2 and self.use is not Use.NARROW
        return [(use, text) for use, text in USE_TEXT.items() if not (few and use is Use.NARROW)]

    @property
    def modalities(self) -> str:
        return " ".join(sorted(self.parameter.applies_to))

    @property
    def usual(self) -> Use:
        return unchanged(self.parameter)

    @property
    def is_changed(self) -> bool:
        return self.use is not self.usual


@dataclasses.dataclass(frozen=True)
class SpaceSection:
    """All rows, by the heading of their group."""

    groups: Mapping[str, list[Row]]

    @property
    def changed_words(self) -> str:
        """As static/js/space_summary.js says it."""
        changed = sum(row.is_changed for rows in self.groups.values() for row in rows)
        return f"{changed} changed" if changed else "nothing changed"

    @property
    def wrong_rows(self) -> list[Row]:
        return [row for rows in self.groups.values() for row in rows if row.error]


class SearchSpaceWidget(forms.Widget):
    """Reads the rows; the template _search_space.html draws them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, dict[str, Any]]:
        changes = {parameter.name: _typed(parameter, data, row_id(name, parameter)) for parameter in SPACE}
        return {hyperparameter: change for hyperparameter, change in changes.items() if change is not None}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)


def row_id(field: str, parameter: Hyperparameter) -> str:
    return f"{field}-{parameter.name}"


def unchanged(parameter: Hyperparameter) -> Use:
    """What is done with it when nothing is said."""
    return Use.SEARCH if parameter.searched else Use.LEAVE


def space_section(field: str, changes: Changes, problems: Mapping[str, str]) -> SpaceSection:
    """The rows as they stand. changes: typed or a request's; problems: by hyperparameter."""
    return SpaceSection(
        {
            heading: [
                _row(field, parameter, changes.get(parameter.name), problems.get(parameter.name, ""))
                for parameter in parameters
            ]
            for heading, parameters in GROUPS.items()
        }
    )


def problems_of(changes: Changes, modality: Modality) -> dict[str, str]:
    """What is wrong with typed changes, as sentences by hyperparameter."""
    right, problems = checked(changes)
    found = problems or misfits_by_name(right, modality)
    return {name: f"{problem[:1].upper()}{problem[1:]}." for name, problem in found.items()}


def for_modality(changes: Changes, modality: Modality) -> Changes:
    """Without what was said of the other kind of data set, which has no meaning here."""
    return {name: change for name, change in changes.items() if modality in BY_NAME[name].applies_to}


def _typed(parameter: Hyperparameter, data: Any, prefix: str) -> dict[str, Any] | None:
    """The change that was typed; None for none. What is no use at all is left for the engine to refuse."""
    use = data.get(f"{prefix}-use", unchanged(parameter))
    if use == unchanged(parameter):
        return None
    match use:
        case Use.SEARCH:
            return {}
        case Use.LEAVE:
            return {"exclude": True}
        case Use.FIX:
            return {"fixed": data.get(f"{prefix}-fixed", "")}
        case Use.NARROW if isinstance(parameter.range, Choices):
            return {"choices": _several(data, f"{prefix}-choices")}
        case Use.NARROW:
            ends = {end: data.get(f"{prefix}-{end}", "").strip() for end in ("low", "high")}
            return {end: text for end, text in ends.items() if text}
    return {use: ""}


def _several(data: Any, name: str) -> list[str]:
    """All values of a field; a plain dict, as the tests send, has them as a list."""
    return list(data.getlist(name) if hasattr(data, "getlist") else data.get(name, []))


def _use_of(parameter: Hyperparameter, change: Mapping[str, Any] | None) -> Use:
    if change is None:
        return unchanged(parameter)
    if "fixed" in change:
        return Use.FIX
    if "exclude" in change:
        return Use.LEAVE
    return Use.NARROW if change else Use.SEARCH


def _row(field: str, parameter: Hyperparameter, change: Mapping[str, Any] | None, error: str) -> Row:
    said = change or {}
    low, high = ("", "") if isinstance(parameter.range, Choices) else (parameter.range.low, parameter.range.high)
    fixed = _as_text(said.get("fixed", parameter.default))
    return Row(
        parameter=parameter,
        id=row_id(field, parameter),
        use=_use_of(parameter, change),
        low=_as_text(said.get("low", low)),
        high=_as_text(said.get("high", high)),
        fixed=fixed,
        options=_options(parameter, said, fixed),
        error=error,
    )


def _options(parameter: Hyperparameter, said: Mapping[str, Any], fixed: str) -> tuple[Option, ...]:
    if not isinstance(parameter.range, Choices):
        return ()
    values = parameter.range.values
    ticked = {_as_text(value) for value in said.get("choices", values)}
    return tuple(
        Option(
            value=in_words(value),
            text=value_words(value),
            is_default=in_words(value) == in_words(parameter.default),
            is_ticked=in_words(value) in ticked,
            is_fixed=in_words(value) == fixed,
        )
        for value in values
    )


def _as_text(value: Any) -> str:
    """What was typed stays as it is; a request's values become what would have been typed."""
    return value if isinstance(value, str) else in_words(value)
