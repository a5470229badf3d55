"""ModelConfig -> compiled keras.Model. Knows Keras and nothing of the search."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from .blueprint import Blueprint, LstmStage, Shape, draw_blueprint
from .builders import OWN_BUILDERS
from .model_config import ModelConfig

PLATEAU_SCHEDULE = "reduce_on_plateau"
"""The schedule that needs validation losses, so training.py drives it."""

SHIFT, TURN, ZOOM = 0.1, 0.03, 0.1
"""Augmentation, as shares of the picture and of a full turn. Nothing is mirrored: a mirrored 2 is no digit."""

COSINE_FLOOR = 0.01
EXPONENTIAL_END = 0.05
"""Share of the learning rate that a schedule leaves at the end of the run."""

POOLING = {"max": keras.layers.MaxPooling2D, "average": keras.layers.AveragePooling2D}


def build_model(model: ModelConfig, shape: Shape, classes: int, *, seed: int, total_steps: int) -> keras.Model:
    """A compiled classifier; its outputs are probabilities.

    It takes pictures (height, width, channels) in [0, 1], or, where the shape is (words,), texts as word numbers.
    Every layer's seed derives from `seed`. total_steps: gradient steps of the whole run, which the
    learning-rate schedules spread over. Raises ValueError for a word it does not know.
    """
    blueprint = draw_blueprint(model, shape)
    seeds = _seeds(seed)
    if blueprint.lstm:
        inputs = keras.Input(shape, dtype="int32", name="text")
        x = _lstm_part(inputs, model, blueprint, seeds)
    else:
        inputs = keras.Input(shape, name="image")
        x = _augmented(inputs, seeds) if model.data_augmentation else inputs
        x = _conv_part(x, model, blueprint, seeds)
        x = keras.layers.GlobalAveragePooling2D(name="global_pool")(x) if model.use_global_pooling else _flat(x)
    x = _dense_part(x, model, blueprint, seeds)
    outputs = keras.layers.Dense(
        classes,
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        kernel_regularizer=_regularizer(model),
        name="output",
    )(x)
    built = keras.Model(inputs, outputs, name="lstm" if blueprint.lstm else "cnn")
    compile_model(built, make_optimizer(model, total_steps))
    return built


def build_own_model(
    name: str, model: ModelConfig, shape: Shape, classes: int, *, seed: int, total_steps: int
) -> keras.Model:
    """The model of a builder that a plugin registered, with the loss and the metrics that a trial is followed by.

    The optimizer that the builder compiled it with is kept; where it did not, ModelConfig's is taken.
    Raises ValueError when it is not a model of these classes.
    """
    if name not in OWN_BUILDERS:
        raise ValueError(f"no plugin has registered the model builder {name!r}")
    built = OWN_BUILDERS[name](model, shape, classes, seed=seed, total_steps=total_steps)
    if not isinstance(built, keras.Model) or getattr(built, "output_shape", None) != (None, classes):
        raise ValueError(
            f"the model builder {name} must return a keras.Model, Functional or Sequential, whose output is "
            f"(None, {classes})"
        )
    if len(built.inputs) != 1:
        raise ValueError(f"the model builder {name} must return a model of one input; it has {len(built.inputs)}")
    optimizer = getattr(built, "optimizer", None) or make_optimizer(model, total_steps)
    if isinstance(built, keras.Sequential):  # which, never called, tells neither its input nor its graph
        built = keras.Model(built.inputs[0], built.outputs[0], name=built.name)
    compile_model(built, optimizer)
    return built


def compile_model(built: keras.Model, optimizer: keras.optimizers.Optimizer) -> None:
    built.compile(
        optimizer=optimizer,
        loss="sparse_categorical_crossentropy",
        # Beside the loss, which holds the L2 penalty too, so that training and validation losses compare.
        metrics=["accuracy", keras.metrics.SparseCategoricalCrossentropy(name="cross_entropy")],
        jit_compile=False,  # measured on a CPU: no faster in the steps and slower to start
    )


def make_optimizer(model: ModelConfig, total_steps: int) -> keras.optimizers.Optimizer:
    rate = _learning_rate(model, total_steps)
    clip = {"global_clipnorm": model.clip_norm}
    match model.optimizer:
        case "adam":
            return keras.optimizers.Adam(rate, **clip)
        case "adamw":
            return keras.optimizers.AdamW(rate, weight_decay=model.weight_decay, **clip)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate, **clip)
        case "sgd":
            return keras.optimizers.SGD(rate, momentum=model.momentum, **clip)
    raise ValueError(f"optimizer must be one of adam, adamw, rmsprop, sgd; got {model.optimizer!r}")


def _learning_rate(model: ModelConfig, total_steps: int) -> Any:
    match model.learning_rate_schedule:
        case "constant" | "reduce_on_plateau":
            return model.learning_rate
        case "cosine":
            return keras.optimizers.schedules.CosineDecay(model.learning_rate, total_steps, alpha=COSINE_FLOOR)
        case "exponential":
            return keras.optimizers.schedules.ExponentialDecay(model.learning_rate, total_steps, EXPONENTIAL_END)
    raise ValueError(
        "learning_rate_schedule must be one of constant, cosine, exponential, reduce_on_plateau; "
        f"got {model.learning_rate_schedule!r}"
    )


def _seeds(seed: int) -> Iterator[int]:
    rng = np.random.default_rng(seed)
    while True:
        yield int(rng.integers(2**31))


def _augmented(x: Any, seeds: Iterator[int]) -> Any:
    layers = (
        keras.layers.RandomTranslation(SHIFT, SHIFT, fill_mode="nearest", seed=next(seeds), name="random_shift"),
        keras.layers.RandomRotation(TURN, fill_mode="nearest", seed=next(seeds), name="random_turn"),
        keras.layers.RandomZoom(ZOOM, fill_mode="nearest", seed=next(seeds), name="random_zoom"),
    )
    for layer in layers:
        x = layer(x)
    return x


def _conv_part(x: Any, model: ModelConfig, blueprint: Blueprint, seeds: Iterator[int]) -> Any:
    normalized = model.batch_normalization
    for number, stage in enumerate(blueprint.conv, 1):
        x = keras.layers.Conv2D(
            stage.filters,
            stage.kernel,
            padding=model.padding,
            activation=None if normalized else model.activation,
            use_bias=not normalized,
            kernel_initializer=_initializer(model, seeds),
            kernel_regularizer=_regularizer(model),
            name=f"conv_{number}",
        )(x)
        if normalized:
            momentum = model.batch_normalization_momentum
            x = keras.layers.BatchNormalization(momentum=momentum, name=f"norm_{number}")(x)
            x = keras.layers.Activation(model.activation, name=f"activation_{number}")(x)
        if stage.pool:
            x = POOLING[model.pooling](stage.pool, name=f"pool_{number}")(x)
    return x


def _lstm_part(x: Any, model: ModelConfig, blueprint: Blueprint, seeds: Iterator[int]) -> Any:
    """Word vectors, LSTMs that answer at every word, and each unit's strongest answer anywhere in the text.

    Padding comes first and a text's last word at the end, so nothing is masked: masks are slow.
    """
    x = keras.layers.Embedding(
        model.vocab_size,
        model.embedding_dim,
        embeddings_initializer=keras.initializers.RandomUniform(seed=next(seeds)),
        name="embedding",
    )(x)
    for number, stage in enumerate(blueprint.lstm, 1):
        if model.lstm_dropout > 0:
            # Apart from the LSTM, whose own dropout would bar it from the fast kernel of GPUs.
            x = keras.layers.SpatialDropout1D(model.lstm_dropout, seed=next(seeds), name=f"word_dropout_{number}")(x)
        x = _lstm_layer(stage, model, seeds, name=f"lstm_{number}")(x)
    return keras.layers.GlobalMaxPooling1D(name="strongest")(x)


def _lstm_layer(stage: LstmStage, model: ModelConfig, seeds: Iterator[int], name: str) -> keras.layers.Layer:
    def one_way(suffix: str = "", **direction: bool) -> keras.layers.LSTM:
        return keras.layers.LSTM(
            stage.units,
            return_sequences=True,
            recurrent_dropout=model.recurrent_dropout,
            kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(seeds)),
            seed=next(seeds),
            name=name + suffix,
            **direction,
        )

    if stage.directions == 1:
        return one_way()
    # Made here, not copied by Keras, so that the two ways start from different weights.
    forward, backward = one_way("_forward"), one_way("_backward", go_backwards=True)
    return keras.layers.Bidirectional(forward, backward_layer=backward, name=name)


def _flat(x: Any) -> Any:
    return keras.layers.Flatten(name="flatten")(x)


def _dense_part(x: Any, model: ModelConfig, blueprint: Blueprint, seeds: Iterator[int]) -> Any:
    for number, stage in enumerate(blueprint.hidden, 1):
        x = keras.layers.Dense(
            stage.nodes,
            activation=model.activation,
            kernel_initializer=_initializer(model, seeds),
            kernel_regularizer=_regularizer(model),
            name=f"hidden_{number}",
        )(x)
        if stage.dropout > 0:
            x = keras.layers.Dropout(stage.dropout, seed=next(seeds), name=f"dropout_{number}")(x)
    return x


def _initializer(model: ModelConfig, seeds: Iterator[int]) -> keras.initializers.Initializer:
    return type(keras.initializers.get(model.kernel_initializer))(seed=next(seeds))


def _regularizer(model: ModelConfig) -> keras.regularizers.Regularizer | None:
    return keras.regularizers.L2(model.l2) if model.l2 else None
