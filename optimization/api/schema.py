"""What the OpenAPI schema says that the code does not show by itself."""

import dataclasses
from typing import Any

from rest_framework import serializers

from optimization.api.space_schema import SearchSpaceField
from optimization.engine import rules
from optimization.engine.narrowing import Narrowing
from optimization.engine.request import Objective, OptimizationRequest

OBJECTIVES = [(objective.value, objective.value) for objective in Objective]
"""Two fields have these choices; the settings give them one name."""


def one_path_each(endpoints: list[tuple[Any, ...]], **_: Any) -> list[tuple[Any, ...]]:
    """Each path but a file's is served with and without a slash at its end; the schema shows it once."""
    return [endpoint for endpoint in endpoints if endpoint[0].endswith("/") or "." in endpoint[0]]


def _field(field: dataclasses.Field[Any]) -> serializers.Field:
    """A request's field for the schema alone: what is allowed is checked by its rule."""
    rule, options = field.metadata["rule"], {"help_text": field.metadata["help"]}
    if isinstance(rule, rules.Maybe):
        rule = rule.inner
        options["allow_null"] = True
    if isinstance(rule, rules.Several):
        options["allow_null"] = True
    has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    options["required"] = not has_default
    if field.default is not dataclasses.MISSING:
        options["default"] = field.default
    if options.get("default", field) is not field:
        del options["required"]
    match rule:
        case rules.Whole():
            return serializers.IntegerField(min_value=rule.low, max_value=rule.high, **options)
        case rules.Real():
            return serializers.FloatField(min_value=rule.low, max_value=rule.high, **options)
        case rules.Flag():
            return serializers.BooleanField(**options)
        case rules.Choice():
            return serializers.ChoiceField(choices=[(o.value, o.value) for o in rule.options], **options)
        case rules.Several():
            one = serializers.ChoiceField(choices=[(o.value, o.value) for o in rule.options])
            return serializers.ListField(child=one, min_length=rule.fewest, max_length=rule.most, **options)
        case rules.Proportions():
            return serializers.DictField(child=serializers.FloatField(), **options)
        case Narrowing():
            return SearchSpaceField(**options)
    return serializers.CharField(**options)


RequestSerializer: type[serializers.Serializer] = type(
    "OptimizationRequestSerializer",
    (serializers.Serializer,),
    {
        "title": serializers.CharField(required=False, max_length=200, help_text="A name for people."),
        **{field.name: _field(field) for field in dataclasses.fields(OptimizationRequest)},
    },
)
