"""What the plots of units and explanations draw is what the trial recorded."""

import json
from typing import Any

import numpy as np
import pytest

from tests.recorded_trials import Arrays, make_arrays
from visualization.figures import (
    activation_maps,
    activation_progression,
    activation_summary,
    dead_units,
    grad_cam,
    look,
    lstm_states,
    token_saliency,
    unit_activity,
)
from visualization.figures.mosaics import as_bytes, draw_mosaic
from visualization.figures.record import NotRecorded, TrialArrays
from visualization.figures.texts import word_span, word_ticks


@pytest.fixture(scope="module")
def image() -> Arrays:
    return make_arrays("image")


@pytest.fixture(scope="module")
def text() -> Arrays:
    return make_arrays("text")


def changed(arrays: Arrays, about: dict[str, Any] | None = None, **keys: np.ndarray) -> TrialArrays:
    whole = json.loads(str(arrays["about"])) | (about or {})
    return TrialArrays(arrays | keys | {"about": np.array(json.dumps(whole))})


def test_dead_units_names_each_layer_with_the_number_of_its_units(image: Arrays) -> None:
    data = dead_units.prepare(TrialArrays(image))
    assert dict(zip(data.layers, data.units, strict=True)) == {"conv2d": 16, "conv2d_1": 32, "dense": 64}
    np.testing.assert_array_equal(data.dead, image["dead_share"])


def test_units_stand_from_the_busiest_to_the_idlest(image: Arrays) -> None:
    layer = unit_activity.prepare(TrialArrays(image)).layers[0]
    of_first = image["unit_fires"][:, image["unit_layer"] == 0]
    np.testing.assert_array_equal(layer.initial, np.sort(of_first[0])[::-1])
    np.testing.assert_array_equal(layer.final, np.sort(of_first[1])[::-1])
    assert not layer.saturation


def test_units_with_two_ends_are_ranked_by_saturation(image: Arrays) -> None:
    saturated = np.full_like(image["unit_saturated"], np.nan)
    first = image["unit_layer"] == 0
    saturated[:, first] = 0.25
    layers = unit_activity.prepare(changed(image, unit_saturated=saturated)).layers
    assert [layer.saturation for layer in layers] == [True, False, False]
    assert set(layers[0].final) == {0.25}


def test_only_units_of_weight_zero_are_counted_as_dead(image: Arrays) -> None:
    weight = np.ones_like(image["unit_weight"])
    weight[1, :3] = 0, 0, 0.01
    assert unit_activity.prepare(changed(image, unit_weight=weight)).layers[0].dead == (0, 2)


def test_activations_of_each_moment_are_shares_that_sum_to_one(image: Arrays) -> None:
    for layer in activation_summary.prepare(TrialArrays(image)).layers:
        np.testing.assert_allclose(layer.shares.sum(axis=1), 1)


def test_the_channels_shown_are_those_that_vary_most(image: Arrays) -> None:
    maps = np.zeros((3, 4, 4, 16), np.float32)
    maps[..., 5] = np.arange(16).reshape(4, 4)
    maps[0, ..., 2] = 1
    layer = activation_maps.prepare(changed(image, maps_0=maps)).layers[0]
    assert (layer.low, layer.high) == (0, 15)
    np.testing.assert_array_equal(layer.maps[0, ..., 0], np.arange(16).reshape(4, 4) * 17)
    assert layer.maps[..., 1].any()
    assert not layer.maps[..., 2:].any()


def test_progression_has_the_first_and_the_last_moment(image: Arrays) -> None:
    data = activation_progression.prepare(TrialArrays(image))
    assert (data.epochs[0], data.epochs[-1]) == (0, 12)
    assert len(data.epochs) == len(data.layers[0].answers) == activation_progression.MOST_MOMENTS


def test_progression_of_a_text_leaves_padding_out(text: Arrays) -> None:
    words = ["[PAD]"] * 150 + ["good"] * 50
    samples = json.loads(str(text["about"]))["samples"]
    data = activation_progression.prepare(changed(text, {"samples": [samples[0] | {"words": words}]}))
    assert data.words == ["good"] * 50
    assert data.layers[0].answers.shape[1] == 50


def test_an_answer_is_the_likeliest_class_with_its_probability(image: Arrays) -> None:
    probabilities = np.full_like(image["sample_probabilities"], 0.05)
    probabilities[:, 7] = 0.55
    answers = grad_cam.prepare(changed(image, sample_probabilities=probabilities)).answers
    assert {(answer.said, round(answer.probability, 2)) for answer in answers} == {("7", 0.55)}
    assert [answer.true for answer in answers] == [str(label) for label in image["sample_labels"]]


def test_saliency_alone_is_drawn_where_the_model_has_no_convolution(image: Arrays) -> None:
    data = grad_cam.prepare(TrialArrays({key: array for key, array in image.items() if key != "grad_cam"}))
    assert data.heat is None
    assert data.saliency is not None


def test_a_model_without_either_says_so(image: Arrays) -> None:
    neither = {key: array for key, array in image.items() if key not in ("grad_cam", "saliency")}
    with pytest.raises(NotRecorded, match="neither"):
        grad_cam.prepare(TrialArrays(neither))


def test_every_word_but_padding_keeps_its_attribution(text: Arrays) -> None:
    about = json.loads(str(text["about"]))
    about["samples"][0]["words"] = ["[PAD]"] * 197 + ["not", "bad", "[UNKNOWN]"]
    shown = token_saliency.prepare(changed(text, about)).texts[0]
    assert shown.words == ["not", "bad", "[UNKNOWN]"]
    np.testing.assert_array_equal(shown.attribution, text["attribution"][0, 197:])
    assert shown.total == tuple(text["attribution_total"][0])


def test_texts_that_would_fill_more_than_a_page_are_left_out_but_the_first_stays(text: Arrays) -> None:
    about = json.loads(str(text["about"]))
    for sample in about["samples"]:
        sample["words"] = ["word" * 5] * 200
    assert len(token_saliency.prepare(changed(text, about)).texts) == 1


def test_a_line_of_text_ends_where_the_page_does() -> None:
    lines = list(token_saliency._lines(["four", "word" * 40, *["word"] * 60]))
    assert max(line.starts[-1] + len(line.words[-1]) for line in lines) <= 100
    assert [place for line in lines for place in line.places] == list(range(62))


def test_letters_stand_on_the_colours_of_their_words(text: Arrays) -> None:
    with look.in_our_look():
        figure = token_saliency.draw(token_saliency.prepare(TrialArrays(text)))
        figure.draw_without_rendering()
        lines = [line for line in figure.axes[0].texts if line.get_text().startswith("[START] ")]
        for line in lines:
            width_in = line.get_window_extent().width / figure.dpi
            assert width_in == pytest.approx(len(line.get_text()) * token_saliency.ADVANCE_IN, abs=0.03)
    assert lines


def test_units_that_read_backwards_come_after_the_others_each_in_order_of_their_mean(text: Arrays) -> None:
    layer = lstm_states.prepare(TrialArrays(text)).layers[0]
    assert (layer.units, layer.forwards, len(layer.states)) == (64, 32, 64)
    means = layer.states.mean(axis=1)
    assert (np.diff(means[:32]) > -0.01).all()
    assert (np.diff(means[32:]) > -0.01).all()


def test_gates_keep_the_order_of_the_states(text: Arrays) -> None:
    states = text["hidden_0"]
    same = np.stack([(states + 1) / 2, (states + 1) / 2, (states + 1) / 2, states])
    layer = lstm_states.prepare(changed(text, gates_0=same)).layers[0]
    assert layer.gates is not None
    np.testing.assert_allclose(layer.gates[3], layer.states)


def test_brightness_runs_from_the_lowest_to_the_highest_and_survives_what_is_not_finite() -> None:
    assert as_bytes(np.array([-1.0, 0.0, 0.5, 1.0, 2.0, np.nan, np.inf]), 0, 1).tolist() == [
        0, 0, 128, 255, 255, 0, 255,
    ]  # fmt: skip
    assert as_bytes(np.zeros(2), 0, 0).tolist() == [0, 0]


def test_tiles_of_layers_of_any_size_stand_equally_far_apart() -> None:
    axes = look.new_figure("tiles", "of sizes").subplots()
    pitches = [
        float(np.diff(mosaic.x)[0]) / (mosaic.x[-1] + mosaic.x[0])
        for side in (1, 3, 8, 28, 64)
        for mosaic in [draw_mosaic(axes, np.zeros((1, 9, side, side, 3), np.uint8))]
    ]
    assert max(pitches) - min(pitches) < 0.001


@pytest.mark.parametrize(
    ("words", "span"),
    [
        (["[PAD]", "a", "[PAD]", "b"], slice(1, 4)),
        (["a", "b", "[PAD]"], slice(0, 2)),
        (["[PAD]", "[PAD]"], slice(0, 2)),
        ([], slice(0, 0)),
    ],
)
def test_a_text_reaches_from_its_first_word_to_its_last(words: list[str], span: slice) -> None:
    assert word_span(words) == span


def test_of_many_words_every_third_is_named() -> None:
    axes = look.new_figure("words", "of a text").subplots()
    word_ticks(axes, [f"word{number}" for number in range(140)], most=48)
    assert [label.get_text() for label in axes.get_xticklabels()][:3] == ["word0", "word3", "word6"]
    assert "every third" in axes.get_xlabel()
