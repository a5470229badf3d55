"""What the OpenAPI schema says of `search_space`: every hyperparameter, and how it may be changed."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from optimization.engine.hyperparameters import SPACE, Hyperparameter
from optimization.engine.ranges import Choices, WholeRange, in_words

EXAMPLE = {"learning_rate": {"low": 0.0005, "high": 0.005}, "optimizer": {"fixed": "adam"}, "l2": {"exclude": True}}


def _change(parameter: Hyperparameter) -> dict[str, Any]:
    """One hyperparameter's change: its ways exclude each other, low and high go together."""
    value, ways = _value(parameter), {}
    if isinstance(parameter.range, Choices):
        ways["choices"] = {"type": "array", "items": value, "minItems": 1}
    else:
        ways |= {"low": value, "high": value}
    return {
        "type": "object",
        "description": _description(parameter),
        "properties": ways | {"fixed": value, "exclude": {"type": "boolean", "enum": [True]}},
        "additionalProperties": False,
    }


def _value(parameter: Hyperparameter) -> dict[str, Any]:
    values = parameter.range
    if isinstance(values, Choices):
        return {"enum": list(values.values)}
    number = "integer" if isinstance(values, WholeRange) else "number"
    return {"type": number, "minimum": values.low, "maximum": values.high}


def _description(parameter: Hyperparameter) -> str:
    found = " and ".join(sorted(parameter.applies_to))
    condition = "".join(f" Where {needs}." for needs in parameter.condition)
    opened = "" if parameter.searched else " Not searched unless it is named here."
    allowed = f"{parameter.range.allowed[:1].upper()}{parameter.range.allowed[1:]}"
    return (
        f"{parameter.effect} {allowed}; default {in_words(parameter.default)}. Data sets: {found}.{condition}{opened}"
    )


@extend_schema_field(
    {
        "type": "object",
        "properties": {parameter.name: _change(parameter) for parameter in SPACE},
        "additionalProperties": False,
        "example": EXAMPLE,
    }
)
class SearchSpaceField(serializers.DictField):
    """For the schema alone: what is allowed is checked by the table itself."""
