"""The cost is counted without Keras; test_model_builder.py compares it with the models themselves."""

import pytest

from optimization.engine import ModelConfig
from optimization.engine.blueprint import draw_blueprint
from optimization.engine.cost import cost_of, estimate_cost


def test_a_small_model_costs_what_counting_by_hand_says():
    model = ModelConfig(
        num_layers_conv=1,
        filters_per_conv_layer=4,
        batch_normalization=False,
        num_layers_hidden=1,
        first_hidden_layer_nodes=5,
    )
    cost = estimate_cost(model, (6, 6, 1), 3)
    # 3×3×1×4 + 4, then 3·3·4 values into 5 units, then 5 into 3
    assert cost.parameters == 40 + (36 * 5 + 5) + (5 * 3 + 3)
    assert cost.flops == 2 * (36 * 36 + 36 * 5 + 5 * 3)


def test_a_small_text_model_costs_what_counting_by_hand_says():
    model = ModelConfig(
        vocab_size=100, embedding_dim=3, lstm_units=2, use_bidirectional=True, first_hidden_layer_nodes=5
    )
    cost = estimate_cost(model, (10,), 4)
    # 3 values a word, two directions of 4 gates with 3 + 2 inputs and a bias each, 4 values into 5 units, 5 into 4
    assert cost.parameters == 300 + 2 * 4 * 2 * (3 + 2 + 1) + (4 * 5 + 5) + (5 * 4 + 4)
    assert cost.flops == 2 * (10 * 2 * 4 * 2 * (3 + 2) + 4 * 5 + 5 * 4)


def test_a_text_is_as_long_as_its_model_reads_it():
    short, long = (cost_of(ModelConfig(sequence_length=words), None, 2) for words in (100, 200))
    assert long.parameters == short.parameters
    assert long.flops > 1.9 * short.flops


def test_global_pooling_makes_the_first_dense_layer_small():
    flat, pooled = (estimate_cost(ModelConfig(use_global_pooling=on), (28, 28, 1), 10) for on in (False, True))
    assert pooled.parameters < flat.parameters
    assert draw_blueprint(ModelConfig(use_global_pooling=True), (28, 28, 1)).features == 32


def test_a_map_smaller_than_the_pooling_window_is_not_pooled():
    stages = draw_blueprint(ModelConfig(num_layers_conv=5), (8, 8, 1)).conv
    assert [stage.pool for stage in stages] == [2, 2, 2, None, None]
    assert stages[-1].pooled == (1, 1)


@pytest.mark.parametrize(("padding", "kernels"), [("same", [5, 5, 3, 1]), ("valid", [5, 2, 1, 1])])
def test_a_kernel_keeps_only_what_can_see_a_pixel(padding, kernels):
    model = ModelConfig(num_layers_conv=4, kernel_size=(5, 5), padding=padding)
    assert [stage.kernel for stage in draw_blueprint(model, (8, 8, 1)).conv] == [(size, size) for size in kernels]


def test_dropout_falls_from_layer_to_layer_but_never_below_zero():
    model = ModelConfig(num_layers_hidden=3, first_hidden_layer_dropout=0.3, dropout_decrease=0.2)
    assert [stage.dropout for stage in draw_blueprint(model, (8, 8, 1)).hidden] == pytest.approx([0.3, 0.1, 0.0])


def test_the_last_dense_layer_keeps_a_unit_however_fast_the_layers_narrow():
    model = ModelConfig(num_layers_hidden=4, first_hidden_layer_nodes=4, hidden_layer_decrease=0.1)
    assert [stage.nodes for stage in draw_blueprint(model, (8, 8, 1)).hidden] == [4, 1, 1, 1]


@pytest.mark.parametrize("field", ["padding", "pooling"])
def test_an_unknown_word_is_named(field):
    with pytest.raises(ValueError, match=field):
        estimate_cost(ModelConfig().replace(**{field: "sideways"}), (8, 8, 1), 10)
