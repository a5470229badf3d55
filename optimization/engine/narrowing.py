"""A person's changes to the search space: narrow, fix, exclude, or open what is not searched by default."""

import dataclasses
import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from .datasets.registry import Modality
from .hyperparameters import SPACE, Hyperparameter
from .ranges import Choices

BY_NAME = {parameter.name: parameter for parameter in SPACE}
EXCLUDED = {"exclude": True}


@dataclasses.dataclass(frozen=True)
class Narrowing:
    """Changes by hyperparameter: {"learning_rate": {"low": 1e-4}, "activation": {"choices": ["relu"]},
    "optimizer": {"fixed": "adam"}, "l2": {"exclude": true}, "batch_size": {}}. JSON text will do.

    An empty change opens a hyperparameter that is not searched by default.
    """

    allowed: str = (
        "changes by hyperparameter, each with low and high, or choices, or fixed, or exclude, "
        'such as {"optimizer": {"fixed": "adam"}}'
    )

    def check(self, value: Any) -> dict[str, dict[str, Any]]:
        """The changes in their inner types. Raises ValueError naming every hyperparameter that is wrong."""
        if isinstance(value, str):
            value = self._read(value)
        if not isinstance(value, Mapping):
            raise ValueError(f"must be {self.allowed}; got {value!r}")
        changes, problems = checked(value)
        if problems:
            raise ValueError(_in_one_line(problems))
        return changes

    def _read(self, text: str) -> Any:
        try:
            return json.loads(text) if text.strip() else {}
        except json.JSONDecodeError as error:
            raise ValueError(f"must be {self.allowed}, as JSON; {error}") from None


def checked(value: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The changes that are right, in their inner types, and what is wrong with the others, by hyperparameter."""
    changes, problems = {}, {}
    for name, change in value.items():
        try:
            changes[str(name)] = _checked(_known(name), change)
        except ValueError as error:
            problems[str(name)] = str(error)
    return changes, problems


def misfits(changes: Mapping[str, Mapping[str, Any]], modality: Modality) -> str:
    """What is wrong with changes that are each fine alone, in one line; "" for nothing."""
    return _in_one_line(misfits_by_name(changes, modality))


def misfits_by_name(changes: Mapping[str, Mapping[str, Any]], modality: Modality) -> dict[str, str]:
    """What is wrong with changes that are each fine alone: for a data set of this modality, and together."""
    problems = {}
    for name, change in changes.items():
        parameter = BY_NAME[name]
        if modality not in parameter.applies_to:
            (other,) = parameter.applies_to
            names = ", ".join(p.name for p in SPACE if modality in p.applies_to)
            problems[name] = f"is for {other} data sets, this one is of {modality}; use {names}"
        elif change != EXCLUDED and (never := _never_applies(parameter, changes)):
            problems[name] = "; ".join(never)
    return problems


def _in_one_line(problems: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {problem}" for name, problem in problems.items())


def narrowed(parameter: Hyperparameter, change: Mapping[str, Any]) -> Hyperparameter | None:
    """The hyperparameter as it is searched after a checked change; None where it is fixed or excluded."""
    if "fixed" in change or "exclude" in change:
        return None
    now = parameter.range
    if isinstance(now, Choices):
        return (
            dataclasses.replace(parameter, range=now.narrowed(change["choices"])) if "choices" in change else parameter
        )
    return dataclasses.replace(parameter, range=now.narrowed(change.get("low", now.low), change.get("high", now.high)))


def _known(name: Any) -> Hyperparameter:
    if name in BY_NAME:
        return BY_NAME[name]
    close = difflib.get_close_matches(str(name), BY_NAME, n=1)
    hint = f"did you mean {close[0]}?" if close else f"use {', '.join(BY_NAME)}"
    raise ValueError(f"is not a hyperparameter; {hint}")


def _checked(parameter: Hyperparameter, change: Any) -> dict[str, Any]:
    if not isinstance(change, Mapping):
        raise ValueError(f"must be an object such as {_example(parameter)}; got {change!r}")
    keys = {key for key in change if key != "exclude" or change["exclude"] not in (False, None)}
    if len(keys) > 1 and not keys <= {"low", "high"}:
        raise ValueError(f"{' and '.join(sorted(map(str, keys)))} do not go together; use one of them")
    if wrong := sorted(str(key) for key in keys - {"fixed", "exclude", *_keys(parameter)}):
        ways = ", ".join((*_keys(parameter), "fixed", "exclude"))
        raise ValueError(f"cannot be changed by {wrong[0]}; use {ways}, such as {_example(parameter)}")
    if "exclude" in keys:
        if change["exclude"] is not True:
            raise ValueError(f"exclude must be true; got {change['exclude']!r}")
        return dict(EXCLUDED)
    if "choices" in keys:
        return {"choices": _checked_choices(parameter, change["choices"])}
    right = {key: parameter.range.check(change[key]) for key in ("low", "high", "fixed") if key in keys}
    ends = narrowed(parameter, right)
    if ends is not None and not isinstance(ends.range, Choices) and ends.range.low > ends.range.high:
        raise ValueError(f"the range is empty: low {change.get('low')!r} is above high {change.get('high')!r}")
    return right


def _checked_choices(parameter: Hyperparameter, named: Any) -> list[Any]:
    if isinstance(named, str) or not isinstance(named, Iterable):
        raise ValueError(f"choices must be a list, of {parameter.range.allowed[len('one of ') :]}; got {named!r}")
    if not (chosen := [parameter.range.check(value) for value in named]):
        raise ValueError(f"the choices are empty: name at least {parameter.range.allowed}")
    return chosen


def _keys(parameter: Hyperparameter) -> tuple[str, ...]:
    return ("choices",) if isinstance(parameter.range, Choices) else ("low", "high")


def _example(parameter: Hyperparameter) -> str:
    values = parameter.range
    if isinstance(values, Choices):
        return json.dumps({"choices": list(values.values[:2])})
    return json.dumps({"low": values.low, "high": values.high})


def _never_applies(parameter: Hyperparameter, changes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Conditions of a hyperparameter that no value of another can meet any more."""
    return [
        f"applies only where {needs}, which your change to {needs.name} rules out"
        for needs in parameter.condition
        if needs.name in changes and not any(needs.holds(value) for value in _ends(BY_NAME[needs.name], changes))
    ]


def _ends(parameter: Hyperparameter, changes: Mapping[str, Mapping[str, Any]]) -> Iterable[Any]:
    """The choices left, or the two ends of what is left: a condition that holds anywhere holds at one of them."""
    change = changes[parameter.name]
    now = narrowed(parameter, change)
    if now is None:
        return (change.get("fixed", parameter.default),)
    return now.range.values if isinstance(now.range, Choices) else (now.range.low, now.range.high)
