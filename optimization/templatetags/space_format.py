"""The search space in words for people: ranges, defaults, conditions, and what a job changed of them."""

from collections.abc import Mapping
from typing import Any

from django import template

from optimization.engine.datasets import Modality
from optimization.engine.hyperparameters import Hyperparameter
from optimization.engine.narrowing import BY_NAME
from optimization.engine.ranges import Choices

register = template.Library()

MODALITY_TEXT = {Modality.IMAGE: "image data sets", Modality.TEXT: "text data sets"}


@register.filter
def value_words(value: Any) -> str:
    """One value of a hyperparameter: yes, none, leaky relu, 0.00001."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.8f}".rstrip("0")
    if isinstance(value, int | float):
        return f"{value:,.0f}"
    return str(value).replace("_", " ")


@register.filter
def range_words(parameter: Hyperparameter) -> str:
    """What a search may choose from: "16 to 256 filters, drawn over their logarithm"."""
    values = parameter.range
    if isinstance(values, Choices):
        return ", ".join(value_words(value) for value in values.values)
    unit = f" {parameter.unit}" if parameter.unit else ""
    step = f", in steps of {value_words(values.step)}" if values.step not in (None, 1) else ""
    log = ", drawn over its logarithm" if values.log else ""
    return f"{value_words(values.low)} to {value_words(values.high)}{unit}{step}{log}"


def default_words(parameter: Hyperparameter) -> str:
    return value_words(parameter.default)


@register.filter
def condition_words(parameter: Hyperparameter) -> str:
    """When it matters, or "": "Optimizer is sgd"."""
    return " and ".join(
        str(needs).replace(needs.name, BY_NAME[needs.name].title, 1).replace("_", " ") for needs in parameter.condition
    )


def modality_words(parameter: Hyperparameter) -> str:
    return " and ".join(text for modality, text in MODALITY_TEXT.items() if modality in parameter.applies_to)


def change_words(name: str, change: Mapping[str, Any]) -> str:
    """A change of a request: "Learning rate 0.0001 to 0.001", "Optimizer always adam"."""
    parameter = BY_NAME.get(name)
    title = parameter.title if parameter else name
    if "exclude" in change:
        return f"{title} not searched"
    if "fixed" in change:
        return f"{title} always {value_words(change['fixed'])}"
    if "choices" in change:
        return f"{title} {' or '.join(value_words(value) for value in change['choices'])}"
    ends = [f"{word} {value_words(change[end])}" for end, word in (("low", "from"), ("high", "up to")) if end in change]
    return f"{title} {' '.join(ends) or 'searched'}"
