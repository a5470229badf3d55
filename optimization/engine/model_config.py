"""What a model looks like and how it is trained, before any framework sees it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ModelConfig:
    """Architecture and training settings; `ModelConfig()` is trial 0 of every search.

    Holds the settings of both kinds of model side by side: the data set decides whether the convolutions or
    the LSTM are built. Sizes are counts, rates are shares in [0, 1). `clip_norm` None leaves gradients as they are.
    """

    num_layers_conv: int = 2
    filters_per_conv_layer: int = 32
    kernel_size: tuple[int, int] = (3, 3)
    padding: str = "same"
    pooling: str = "max"
    pool_size: int = 2
    activation: str = "leaky_relu"
    kernel_initializer: str = "he_normal"
    batch_normalization: bool = True
    batch_normalization_momentum: float = 0.9
    use_global_pooling: bool = False
    vocab_size: int = 10_000
    sequence_length: int = 200
    embedding_dim: int = 64
    lstm_units: int = 64
    num_layers_lstm: int = 1
    use_bidirectional: bool = False
    lstm_dropout: float = 0.2
    recurrent_dropout: float = 0.0
    num_layers_hidden: int = 1
    first_hidden_layer_nodes: int = 256
    hidden_layer_decrease: float = 0.5
    first_hidden_layer_dropout: float = 0.0
    dropout_decrease: float = 0.1
    l2: float = 0.0
    data_augmentation: bool = False
    optimizer: str = "adam"
    learning_rate: float = 3e-3
    momentum: float = 0.9
    weight_decay: float = 1e-4
    learning_rate_schedule: str = "cosine"
    clip_norm: float | None = None

    def replace(self, **changes: Any) -> Self:
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"kernel_size": list(self.kernel_size)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "kernel_size": tuple(data["kernel_size"])})
