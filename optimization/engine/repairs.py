"""Keeping a draw within a job's limits: made smaller inside the searched ranges, or rejected before it is trained."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from .blueprint import Shape, draw_blueprint
from .cost import Cost, cost_of
from .hyperparameters import Hyperparameter
from .model_config import ModelConfig
from .ranges import in_words

REJECTED = "rejected"
"""How the reason of a trial begins whose draw no repair could bring within the limits."""

FOR_LESS_WORK = (
    "filters_per_conv_layer",
    "kernel_size",
    "num_layers_conv",
    "lstm_units",
    "sequence_length",
    "embedding_dim",
    "use_bidirectional",
    "num_layers_lstm",
    "first_hidden_layer_nodes",
)
"""What is made smaller, one after the other, for a draw that takes too much work."""

FOR_FEWER_WEIGHTS = (
    "vocab_size",
    "first_hidden_layer_nodes",
    "filters_per_conv_layer",
    "use_global_pooling",
    "embedding_dim",
    "lstm_units",
    "kernel_size",
    "num_layers_hidden",
)
"""The same for a draw with too many weights."""


@dataclasses.dataclass(frozen=True)
class Repaired:
    """A draw within the limits, or one that is rejected. repairs: hyperparameter -> what happened to it, in words.

    rejected: why no repair helps; "" where the model may be trained. The same words for the same cause.
    """

    model: ModelConfig
    repairs: Mapping[str, str]
    rejected: str = ""


class Limits:
    """What a job's models may cost. max_flops: of one forward pass of one example."""

    def __init__(self, shape: Shape | None, classes: int, *, max_parameters: int, max_flops: int) -> None:
        self._shape, self._classes = shape, classes
        self.max_parameters, self.max_flops = max_parameters, max_flops

    def cost(self, model: ModelConfig) -> Cost:
        return cost_of(model, self._shape, self._classes)

    def admit(self, model: ModelConfig) -> bool:
        cost = self.cost(model)
        return cost.flops <= self.max_flops and cost.parameters <= self.max_parameters

    def rejection(self, model: ModelConfig) -> str:
        """Why a model must not be trained, "" if it may."""
        cost = self.cost(model)
        if cost.flops > self.max_flops:
            limit = f"max_flops ({self.max_flops:,})"
            return f"{REJECTED}: more work than {limit}, and the search space has no cheaper form"
        if cost.parameters > self.max_parameters:
            limit = f"max_parameters ({self.max_parameters:,})"
            return f"{REJECTED}: larger than {limit}, and the search space has no smaller form"
        return ""

    def repair(self, drawn: ModelConfig, searched: Mapping[str, Hyperparameter]) -> Repaired:
        """The draw, with values of the searched hyperparameters exchanged for smaller ones of their ranges until
        it is within the limits; what is not searched stays as it is."""
        model = self._shrunk(drawn, FOR_LESS_WORK, searched, lambda m: self.cost(m).flops <= self.max_flops)
        model = self._shrunk(
            model, FOR_FEWER_WEIGHTS, searched, lambda m: self.cost(m).parameters <= self.max_parameters
        )
        model = _with_what_now_matters(drawn, model, searched)
        if rejected := self.rejection(model):
            return Repaired(drawn, {}, rejected)
        repairs = _changes(drawn, model) | self._trimmed_kernels(model)
        return Repaired(model, repairs)

    def _shrunk(self, model: ModelConfig, names: Any, searched: Mapping[str, Hyperparameter], fits: Any) -> ModelConfig:
        for name in names:
            if fits(model):
                break
            for smaller in _smaller(model, searched.get(name)):
                model = smaller
                if fits(model):
                    break
        return model

    def _trimmed_kernels(self, model: ModelConfig) -> dict[str, str]:
        """Without padding, a kernel larger than what pooling left of the picture cannot be used as it is."""
        if self._shape is None or model.padding != "valid":
            return {}
        stages = draw_blueprint(model, self._shape).conv
        trimmed = [
            (number, stage.kernel) for number, stage in enumerate(stages, 1) if stage.kernel != model.kernel_size
        ]
        if not trimmed:
            return {}
        number, (rows, columns) = trimmed[0]
        return {"kernel_size": f"{rows}×{columns} from layer {number} on, where the picture is no larger"}


def as_field(name: str, value: Any) -> Any:
    """A searched value as ModelConfig holds it."""
    return (value, value) if name == "kernel_size" else value


def as_searched(name: str, model: ModelConfig) -> Any:
    """The other way."""
    value = getattr(model, name)
    return value[0] if name == "kernel_size" else value


def _smaller(model: ModelConfig, parameter: Hyperparameter | None) -> Iterator[ModelConfig]:
    if parameter is None:
        return
    if parameter.name == "use_global_pooling":
        values: Any = [value for value in parameter.range.values if value and not model.use_global_pooling]  # type: ignore[union-attr]
    else:
        values = parameter.range.smaller(as_searched(parameter.name, model))
    for value in values:
        yield model.replace(**{parameter.name: as_field(parameter.name, value)})


def _with_what_now_matters(
    drawn: ModelConfig, model: ModelConfig, searched: Mapping[str, Hyperparameter]
) -> ModelConfig:
    """What a repair has brought into being was never drawn; ModelConfig's value may lie outside a narrowed range."""
    before, now = drawn.to_dict(), model.to_dict()
    for parameter in searched.values():
        if parameter.exists_for(now) and not parameter.exists_for(before):
            value = parameter.range.nearest(as_searched(parameter.name, model))
            model = model.replace(**{parameter.name: as_field(parameter.name, value)})
    return model


def _changes(drawn: ModelConfig, model: ModelConfig) -> dict[str, str]:
    names = dict.fromkeys((*FOR_LESS_WORK, *FOR_FEWER_WEIGHTS))
    pairs = {name: (as_searched(name, drawn), as_searched(name, model)) for name in names}
    return {
        name: f"{in_words(before)} → {in_words(after)}, to stay within the job's size and work limits"
        for name, (before, after) in pairs.items()
        if before != after
    }
