"""A model's layers as plain records."""

import json

import keras
import pytest

from optimization.engine import ModelConfig
from optimization.engine.cost import estimate_cost
from optimization.engine.layers import describe_layers
from optimization.engine.model_builder import build_model


def records(*, batch_normalization=False, data_augmentation=False):
    model = ModelConfig(
        num_layers_conv=1,
        filters_per_conv_layer=4,
        first_hidden_layer_nodes=8,
        first_hidden_layer_dropout=0.3,
        batch_normalization=batch_normalization,
        data_augmentation=data_augmentation,
    )
    built = build_model(model, (8, 8, 1), 10, seed=1, total_steps=10)
    return {record.name: record for record in describe_layers(built)}, built


def test_layers_come_in_the_order_of_the_signal_with_what_their_type_has():
    layers, _ = records()
    assert list(layers) == ["image", "conv_1", "pool_1", "flatten", "hidden_1", "dropout_1", "output"]
    conv, pool, hidden = layers["conv_1"], layers["pool_1"], layers["hidden_1"]
    assert (conv.type, conv.filters, conv.kernel_size, conv.output_shape) == ("Conv2D", 4, (3, 3), (8, 8, 4))
    assert (conv.activation, conv.units, conv.rate) == ("leaky_relu", None, None)
    assert (pool.pool_size, pool.kernel_size, pool.parameters) == ((2, 2), None, 0)
    assert (hidden.units, hidden.parameters) == (8, 64 * 8 + 8)
    assert layers["dropout_1"].rate == 0.3
    assert layers["image"].output_shape == (8, 8, 1)


def test_the_records_parameters_sum_to_the_models():
    layers, built = records(batch_normalization=True)
    assert sum(layer.parameters for layer in layers.values()) == built.count_params()


def test_records_are_plain_json():
    layers, _ = records(data_augmentation=True)
    plain = [layer.to_dict() for layer in layers.values()]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_a_text_models_layers_tell_their_units():
    model = ModelConfig(vocab_size=20, embedding_dim=6, lstm_units=5, num_layers_lstm=2, use_bidirectional=True)
    layers = {record.name: record for record in describe_layers(build_model(model, (7,), 3, seed=1, total_steps=10))}
    assert (layers["lstm_1"].type, layers["lstm_1"].units, layers["lstm_1"].output_shape) == (
        "Bidirectional",
        5,
        (7, 10),
    )
    assert layers["embedding"].parameters == 20 * 6
    assert layers["text"].output_shape == (7,)


def test_the_work_of_a_layer_that_takes_pictures_of_any_size_is_not_known():
    inputs = keras.Input((None, None, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))
    assert [layer.flops for layer in describe_layers(keras.Model(inputs, pooled))] == [0, None, 0]


IMAGE = ModelConfig(num_layers_conv=2, filters_per_conv_layer=4, num_layers_hidden=2, first_hidden_layer_nodes=8)
TEXT = ModelConfig(vocab_size=20, embedding_dim=6, lstm_units=5, num_layers_lstm=2, first_hidden_layer_nodes=8)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (IMAGE.replace(batch_normalization=False), (9, 8, 3)),
        (IMAGE.replace(batch_normalization=True, use_global_pooling=True, data_augmentation=True), (8, 8, 1)),
        (IMAGE.replace(padding="valid", num_layers_hidden=0), (12, 12, 1)),
        (TEXT, (7,)),
        (TEXT.replace(use_bidirectional=True, recurrent_dropout=0.2), (7,)),
    ],
    ids=["convolutions", "normalized", "valid", "lstm", "bidirectional"],
)
def test_the_records_work_sums_to_what_the_model_was_said_to_cost(model, shape):
    layers = describe_layers(build_model(model, shape, 3, seed=1, total_steps=10))
    assert sum(layer.flops for layer in layers) == estimate_cost(model, shape, 3).flops > 0
