"""What a model costs, counted from its configuration, without building it."""

from typing import NamedTuple

from .blueprint import Blueprint, draw_blueprint
from .model_config import ModelConfig


class Cost(NamedTuple):
    """parameters: all weights, the moving averages of batch normalization included. flops: two for each
    multiply-add of convolutions and dense layers, in one forward pass of one example."""

    parameters: int
    flops: int


def estimate_cost(model: ModelConfig, shape: tuple[int, int, int], classes: int) -> Cost:
    """The cost of the model that model_builder.build_model makes for examples of a shape (height, width, channels)."""
    blueprint = draw_blueprint(model, shape)
    conv = _conv_cost(blueprint, batch_normalization=model.batch_normalization)
    dense = _dense_cost(blueprint, classes)
    return Cost(conv.parameters + dense.parameters, conv.flops + dense.flops)


def _conv_cost(blueprint: Blueprint, *, batch_normalization: bool) -> Cost:
    # Batch normalization keeps scale, offset, mean and variance, and makes the convolution's bias superfluous.
    beside_kernel = 4 if batch_normalization else 1
    parameters = flops = 0
    for stage in blueprint.conv:
        kernel = stage.kernel[0] * stage.kernel[1] * stage.channels * stage.filters
        parameters += kernel + beside_kernel * stage.filters
        flops += 2 * kernel * stage.height * stage.width
    return Cost(parameters, flops)


def _dense_cost(blueprint: Blueprint, classes: int) -> Cost:
    last = blueprint.hidden[-1].nodes if blueprint.hidden else blueprint.features
    layers = [(stage.inputs, stage.nodes) for stage in blueprint.hidden] + [(last, classes)]
    kernels = sum(inputs * units for inputs, units in layers)
    return Cost(kernels + sum(units for _, units in layers), 2 * kernels)
