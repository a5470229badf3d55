"""What a model costs, counted from its configuration, without building it."""

from typing import NamedTuple

from .blueprint import Blueprint, Shape, draw_blueprint, example_shape
from .model_config import ModelConfig

GATES = 4
"""Of an LSTM: what to write, to keep, to tell, and the new content itself."""


class Cost(NamedTuple):
    """parameters: all weights, the moving averages of batch normalization included. flops: two for each
    multiply-add of convolutions, LSTMs and dense layers, in one forward pass of one example."""

    parameters: int
    flops: int


def estimate_cost(model: ModelConfig, shape: Shape, classes: int) -> Cost:
    """The cost of the model that model_builder.build_model makes for examples of a shape, as draw_blueprint's."""
    blueprint = draw_blueprint(model, shape)
    parts = (_conv_cost(blueprint, model), _lstm_cost(blueprint, model), _dense_cost(blueprint, classes))
    return Cost(sum(part.parameters for part in parts), sum(part.flops for part in parts))


def cost_of(model: ModelConfig, dataset_shape: Shape | None, classes: int) -> Cost:
    """The cost of a model for a data set; texts, which have no shape, are as long as the model reads them."""
    return estimate_cost(model, example_shape(dataset_shape, model), classes)


def _conv_cost(blueprint: Blueprint, model: ModelConfig) -> Cost:
    # Batch normalization keeps scale, offset, mean and variance, and makes the convolution's bias superfluous.
    beside_kernel = 4 if model.batch_normalization else 1
    parameters = flops = 0
    for stage in blueprint.conv:
        kernel = stage.kernel[0] * stage.kernel[1] * stage.channels * stage.filters
        parameters += kernel + beside_kernel * stage.filters
        flops += 2 * kernel * stage.height * stage.width
    return Cost(parameters, flops)


def _lstm_cost(blueprint: Blueprint, model: ModelConfig) -> Cost:
    """With the word vectors, which are looked up, not multiplied."""
    parameters = model.vocab_size * model.embedding_dim if blueprint.lstm else 0
    flops = 0
    for stage in blueprint.lstm:
        kernels = GATES * stage.outputs * (stage.inputs + stage.units)
        parameters += kernels + GATES * stage.outputs
        flops += 2 * kernels * blueprint.words
    return Cost(parameters, flops)


def _dense_cost(blueprint: Blueprint, classes: int) -> Cost:
    last = blueprint.hidden[-1].nodes if blueprint.hidden else blueprint.features
    layers = [(stage.inputs, stage.nodes) for stage in blueprint.hidden] + [(last, classes)]
    kernels = sum(inputs * units for inputs, units in layers)
    return Cost(kernels + sum(units for _, units in layers), 2 * kernels)
