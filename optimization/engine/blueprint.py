"""The sizes of every layer of a model: the rules that cost.py counts by and model_builder.py builds by."""

from typing import NamedTuple

from .model_config import ModelConfig

Shape = tuple[int, ...]


class ConvStage(NamedTuple):
    """A convolution and what follows it. height, width: of the map after the convolution, before the pooling."""

    kernel: tuple[int, int]
    channels: int
    filters: int
    height: int
    width: int
    pool: int | None

    @property
    def pooled(self) -> tuple[int, int]:
        """Height and width of what the next stage sees."""
        size = self.pool or 1
        return self.height // size, self.width // size


class LstmStage(NamedTuple):
    """An LSTM layer. inputs: values it sees at each word; directions: 2 where it reads both ways."""

    inputs: int
    units: int
    directions: int

    @property
    def outputs(self) -> int:
        return self.units * self.directions


class HiddenStage(NamedTuple):
    """A dense layer and the dropout after it."""

    inputs: int
    nodes: int
    dropout: float


class Blueprint(NamedTuple):
    """features: values per example that the dense part sees. words: length of a text; 0 for pictures."""

    conv: tuple[ConvStage, ...]
    lstm: tuple[LstmStage, ...]
    words: int
    features: int
    hidden: tuple[HiddenStage, ...]


def example_shape(dataset_shape: Shape | None, model: ModelConfig) -> Shape:
    """The shape of one example as a model sees it: a picture's own, or as many words as the model reads."""
    return dataset_shape or (model.sequence_length,)


def draw_blueprint(model: ModelConfig, shape: Shape) -> Blueprint:
    """The layers for pictures (height, width, channels) or texts (words,). Raises ValueError for an unknown word."""
    _check_words(model)
    return _of_text(model, shape[0]) if len(shape) == 1 else _of_picture(model, shape)


def _of_text(model: ModelConfig, words: int) -> Blueprint:
    stages = []
    inputs = model.embedding_dim
    for _ in range(model.num_layers_lstm):
        stages.append(LstmStage(inputs, model.lstm_units, 2 if model.use_bidirectional else 1))
        inputs = stages[-1].outputs
    return Blueprint((), tuple(stages), words, inputs, _hidden_stages(model, inputs))


def _of_picture(model: ModelConfig, shape: Shape) -> Blueprint:
    height, width, channels = shape
    conv = []
    for _ in range(model.num_layers_conv):
        stage = _conv_stage(model, height, width, channels)
        conv.append(stage)
        (height, width), channels = stage.pooled, stage.filters
    features = channels if model.use_global_pooling else height * width * channels
    return Blueprint(tuple(conv), (), 0, features, _hidden_stages(model, features))


def _check_words(model: ModelConfig) -> None:
    for name, allowed in (("padding", ("same", "valid")), ("pooling", ("max", "average", "none"))):
        if getattr(model, name) not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {getattr(model, name)!r}")


def _conv_stage(model: ModelConfig, height: int, width: int, channels: int) -> ConvStage:
    """A map smaller than the kernel gets the part of the kernel that can see a pixel; one smaller than the
    pooling window is not pooled. So every draw has a model, and no weight is idle by construction."""
    rows, columns = model.kernel_size
    if model.padding == "valid":
        kernel = min(rows, height), min(columns, width)
        height, width = height - kernel[0] + 1, width - kernel[1] + 1
    else:
        kernel = min(rows, 2 * height - 1), min(columns, 2 * width - 1)
    fits = model.pooling != "none" and min(height, width) >= model.pool_size
    pool = model.pool_size if fits else None
    return ConvStage(kernel, channels, model.filters_per_conv_layer, height, width, pool)


def _hidden_stages(model: ModelConfig, features: int) -> tuple[HiddenStage, ...]:
    stages = []
    inputs = features
    for depth in range(model.num_layers_hidden):
        nodes = max(1, round(model.first_hidden_layer_nodes * model.hidden_layer_decrease**depth))
        dropout = max(0.0, model.first_hidden_layer_dropout - depth * model.dropout_decrease)
        stages.append(HiddenStage(inputs, nodes, dropout))
        inputs = nodes
    return tuple(stages)
