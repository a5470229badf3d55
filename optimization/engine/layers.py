"""keras.Model -> plain layer records, for pictures and reports."""

import dataclasses
import math
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class LayerRecord:
    """One layer, in the order of the signal. What a layer of its type does not have is None.

    output_shape: of one example. parameters: all weights. units: of a Bidirectional, those of one direction.
    rate: share of units that dropout switches off. flops: two for each multiply-add of a forward pass of one
    example; None for a layer with weights whose work is not known.
    """

    name: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    filters: int | None = None
    kernel_size: tuple[int, ...] | None = None
    pool_size: tuple[int, ...] | None = None
    units: int | None = None
    rate: float | None = None
    activation: str | None = None
    flops: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(self).items()
        }


def describe_layers(model: Any) -> list[LayerRecord]:
    """A record for each layer of a built keras.Model."""
    return [_describe(layer) for layer in model.layers]


def _describe(layer: Any) -> LayerRecord:
    inner = getattr(layer, "forward_layer", layer)  # what reads one way, of a layer that reads both ways
    activation = getattr(inner, "activation", None)
    return LayerRecord(
        name=layer.name,
        type=type(layer).__name__,
        output_shape=tuple(layer.output.shape[1:]),
        parameters=layer.count_params(),
        filters=getattr(layer, "filters", None),
        kernel_size=_sizes(layer, "kernel_size"),
        pool_size=_sizes(layer, "pool_size"),
        units=getattr(inner, "units", None),
        rate=getattr(layer, "rate", None),
        activation=getattr(activation, "__name__", None),
        flops=_flops(layer),
    )


def _flops(layer: Any) -> int | None:
    """Counted as cost.py does: multiplications by kernels, at each place of a map and each word of a text."""
    if not layer.weights or type(layer).__name__ in ("BatchNormalization", "Embedding", "LayerNormalization"):
        return 0
    kernels = [weight for weight in layer.weights if weight.name in ("kernel", "recurrent_kernel")]
    if not kernels or isinstance(layer.input, list):
        return None
    seen = layer.input.shape if any(weight.name == "recurrent_kernel" for weight in kernels) else layer.output.shape
    if None in seen[1:-1]:
        return None  # it takes pictures or texts of any size
    places = math.prod(seen[1:-1])
    multiplications: int = places * sum(math.prod(kernel.shape) for kernel in kernels)
    return 2 * multiplications


def _sizes(layer: Any, name: str) -> tuple[int, ...] | None:
    sizes = getattr(layer, name, None)
    return None if sizes is None else tuple(sizes)
