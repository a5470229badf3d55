"""What the plots of predictions make of a record, against values worked out by hand."""

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from tests.recorded_trials import make_arrays
from visualization.figures import (
    calibration,
    class_scores,
    confusion_matrix,
    embedding_map,
    gallery,
    label_errors,
    precision_recall_curves,
    predictions,
    roc_curves,
    worst_mistakes,
)
from visualization.figures.answers import both_ends, percent, read_answers, readable, wilson
from visualization.figures.curves import POINTS, Curve, styled, thinned
from visualization.figures.record import NotRecorded, TrialArrays


def record(labels: list[int], probabilities: list[list[float]], names: str = "ab", **about: Any) -> TrialArrays:
    """A record of these answers and nothing else; names: one letter for each class."""
    told = {"version": 1, "number": 1, "dataset_name": "made up", "class_names": list(names), "extras": {}, **about}
    return TrialArrays(
        {
            "about": np.array(json.dumps(told)),
            "val_labels": np.array(labels),
            "val_probabilities": np.array(probabilities, np.float32),
        }
    )


def answered(pairs: list[tuple[int, int]], classes: int) -> TrialArrays:
    """A record in which each (label, said) is answered with all certainty."""
    labels, said = zip(*pairs, strict=True)
    return record(list(labels), np.eye(classes)[list(said)].tolist(), names="abcdefgh"[:classes])


@pytest.mark.parametrize(("hits", "of"), [(8, 10), (0, 10), (10, 10), (1, 3), (480, 1000)])
def test_intervals_are_wilsons(hits: int, of: int) -> None:
    expected = binomtest(hits, of).proportion_ci(method="wilson")
    assert wilson(hits, of) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_interval_of_eight_in_ten_is_that_of_the_textbook() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_share_of_nothing_has_no_interval() -> None:
    assert np.isnan(wilson(0, 0)).all()


def test_strongest_confusions_come_by_count_then_by_share() -> None:
    counts = np.array([[10, 3, 0], [3, 2, 1], [0, 0, 9]])
    found = confusion_matrix.strongest_confusions(counts, ["a", "b", "c"])
    assert found == [("b", "a", 3, 6), ("a", "b", 3, 13), ("b", "c", 1, 6)]


def test_classes_that_are_confused_become_neighbours() -> None:
    counts = 10 * np.eye(6, dtype=int)
    counts[0, 5], counts[5, 0], counts[1, 3] = 8, 8, 6
    order = confusion_matrix.similar_together(counts).tolist()
    assert sorted(order) == list(range(6))
    assert abs(order.index(0) - order.index(5)) == 1
    assert abs(order.index(1) - order.index(3)) == 1


def test_confusion_matrix_has_the_true_class_by_row() -> None:
    data = confusion_matrix.prepare(answered([(0, 1), (0, 1), (0, 0), (1, 1)], 2))
    assert data.counts.tolist() == [[1, 2], [0, 1]]
    assert data.names == ["a", "b"]


def test_recall_precision_and_f1_of_a_table() -> None:
    recall, precision, f1 = class_scores.class_scores(np.array([[8, 2], [1, 9]]))
    assert recall.value == pytest.approx([0.8, 0.9])
    assert precision.value == pytest.approx([8 / 9, 9 / 11])
    assert f1.value == pytest.approx([16 / 19, 18 / 21])


def test_interval_of_f1_follows_from_that_of_hits_in_all_that_touch_the_class() -> None:
    _, _, f1 = class_scores.class_scores(np.array([[8, 2], [1, 9]]))
    share = binomtest(8, 11).proportion_ci(method="wilson")
    assert f1.low[0] == pytest.approx(2 * share.low / (1 + share.low), abs=1e-6)
    assert f1.high[0] == pytest.approx(2 * share.high / (1 + share.high), abs=1e-6)


def test_scores_come_worst_first_without_classes_that_have_no_examples() -> None:
    data = class_scores.prepare(answered([(0, 0), (0, 0), (1, 0), (1, 1)], 3))
    assert data.names == ["b", "a"]
    assert data.f1.value == pytest.approx([2 / 3, 0.8])
    assert data.macro_f1 == pytest.approx((2 / 3 + 0.8) / 2)


def test_class_that_was_never_said_has_no_precision() -> None:
    data = class_scores.prepare(answered([(0, 0), (1, 0)], 2))
    assert data.names[0] == "b"
    assert math.isnan(data.precision.value[0])
    assert data.f1.value[0] == 0


SCORED = record([1, 0, 1, 1], [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
"""One example of class a, ranked second among three of class b."""


def test_area_under_the_roc_curve_is_the_share_of_pairs_in_order() -> None:
    data = roc_curves.prepare(SCORED)
    assert [curve.name for curve in data.curves] == ["b"]  # of two classes one curve says all
    assert data.curves[0].area == pytest.approx(1 / 3)
    assert data.mean is None


def test_average_precision_is_the_mean_precision_at_each_example_found() -> None:
    by_name = {curve.name: curve for curve in precision_recall_curves.prepare(SCORED).curves}
    assert by_name["b"].area == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert by_name["a"].area == pytest.approx(1 / 3)


def test_curves_need_examples_of_two_classes() -> None:
    with pytest.raises(NotRecorded, match="one class"):
        roc_curves.prepare(answered([(0, 0), (0, 1)], 2))


def test_thinned_curve_keeps_its_ends() -> None:
    x = np.linspace(0, 1, 5000)
    kept, heights = thinned(x, np.sqrt(x), 2)
    assert len(kept) <= POINTS
    assert (kept[0], kept[-1], heights[-1]) == (0, 1, 1)


def test_of_many_curves_the_three_worst_are_named_and_lie_on_top() -> None:
    flat = np.array([0.0, 1.0])
    curves = [Curve(f"class {i}", 1, i / 100, flat, flat) for i in range(20)]
    styles = styled(curves)
    assert [style.curve.name for style in styles[-3:]] == ["class 0", "class 1", "class 2"]
    assert next(style.label for style in styles if style.label) == "17 other classes, 0.030 to 0.190"


def test_calibration_error_is_the_mean_gap_over_bins_of_equal_mass() -> None:
    confidence, correct = np.array([0.9, 0.6, 0.9, 0.6]), np.array([True, True, True, False])
    bins = calibration.bins_of_equal_mass(confidence, correct, bins=2)
    assert bins.examples.tolist() == [2, 2]
    assert bins.accuracy.tolist() == [0.5, 1.0]
    assert calibration.expected_calibration_error(bins) == pytest.approx((0.1 + 0.1) / 2)


def test_log_loss_and_brier_score_of_two_answers() -> None:
    data = calibration.prepare(record([0, 0], [[0.8, 0.2], [0.4, 0.6]]))
    assert data.nll == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2)
    assert data.brier == pytest.approx((0.2**2 + 0.2**2 + 0.6**2 + 0.6**2) / 2)
    assert data.histogram.sum(1).tolist() == [1, 1]


def test_error_by_chance_is_what_a_calibrated_model_shows() -> None:
    rng = np.random.default_rng(0)
    errors, by_chance = [], []
    for _ in range(200):
        confidence = rng.uniform(0.5, 1, 300)
        probabilities = np.stack([confidence, 1 - confidence], 1)
        data = calibration.prepare(record((rng.random(300) > confidence).astype(int).tolist(), probabilities.tolist()))
        errors.append(data.ece)
        by_chance.append(data.ece_by_chance)
    assert np.mean(by_chance) == pytest.approx(np.mean(errors), rel=0.1)


def test_three_likeliest_answers_come_in_order_and_know_the_label() -> None:
    guesses = predictions.likeliest(np.array([0.1, 0.5, 0.15, 0.25]), 3, list("abcd"))
    assert guesses == [("b", 0.5, False), ("d", 0.25, True), ("c", 0.15, False)]


def test_worst_mistakes_say_what_was_said_and_what_the_label_is() -> None:
    arrays = make_arrays("text")
    entry = worst_mistakes.prepare(TrialArrays(arrays)).entries[0]
    row = arrays["worst_rows"][0]
    names = ["negative", "positive"]
    assert entry.lines[0] == f"said: {names[1 - arrays['val_labels'][row]]}"
    assert entry.lines[1] == f"label: {names[arrays['val_labels'][row]]}"
    assert entry.text
    assert "[PAD]" not in entry.text


def test_model_without_mistakes_has_no_worst_ones() -> None:
    with pytest.raises(NotRecorded, match="no mistake"):
        worst_mistakes.prepare(answered([(0, 0), (1, 1)], 2))


def test_doubted_labels_come_as_recorded_and_say_how_many_there_are_in_all() -> None:
    issues = [
        {"position": 7, "label": 0, "suggested": 1, "given_probability": 0.004, "words": ["[PAD]", "dull", "film"]},
        {"position": 3, "label": 1, "suggested": 0, "given_probability": 0.2, "words": ["good"]},
    ]
    arrays = record([0, 1], [[0.9, 0.1], [0.1, 0.9]], label_issues=issues, extras={"likely_label_errors": 9.0})
    data = label_errors.prepare(arrays)
    assert data.found == 9
    assert data.entries[0] == ("", "dull film", ["label: a", "rather: b", "label's probability < 1 %"])
    assert data.entries[1].lines[2] == "label's probability 20 %"


def test_doubted_labels_of_pictures_come_with_their_pictures() -> None:
    assert all(entry.picture for entry in label_errors.prepare(TrialArrays(make_arrays("image"))).entries)


def test_map_is_the_same_twice() -> None:
    features = np.random.default_rng(0).normal(size=(60, 8))
    for first, second in zip(embedding_map.places(features), embedding_map.places(features), strict=True):
        assert np.array_equal(first, second)


def test_map_keeps_far_groups_apart() -> None:
    features = np.random.default_rng(0).normal(size=(60, 8))
    features[30:] += 20
    _, _, at = embedding_map.places(features)
    middles = at[:30].mean(0), at[30:].mean(0)
    assert np.linalg.norm(middles[0] - middles[1]) > 2 * max(at[:30].std(0).max(), at[30:].std(0).max())


def test_layer_that_gives_always_the_same_has_no_map() -> None:
    arrays = make_arrays("image") | {"features": np.ones((600, 4))}
    with pytest.raises(NotRecorded, match="the same for all"):
        embedding_map.prepare(TrialArrays(arrays))


def test_answers_that_are_no_numbers_are_not_drawn() -> None:
    with pytest.raises(NotRecorded, match="not finite"):
        read_answers(record([0], [[math.nan, math.nan]]))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_picture_comes_back_as_it_was(channels: int) -> None:
    import base64
    import io

    from PIL import Image

    picture = np.repeat(np.arange(16, dtype=np.uint8).reshape(4, 4, 1), channels, axis=2)
    encoded = gallery.as_png(picture).removeprefix("data:image/png;base64,")
    back = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))
    assert np.array_equal(back, picture if channels == 3 else picture[..., 0])


def test_percentages_never_claim_none_or_all_where_there_is_some() -> None:
    assert [percent(share) for share in (0, 0.0004, 0.5, 0.9996, 1)] == ["0 %", "< 1 %", "50 %", "> 99 %", "100 %"]


def test_long_names_keep_both_ends() -> None:
    assert both_ends("Speed limit (120 km/h)", 18) == "Speed lim…20 km/h)"
    assert both_ends("Stop", 18) == "Stop"


def test_texts_are_read_without_the_marks_that_fill_them_up() -> None:
    assert readable(["[PAD]", "[START]", "a", "[UNKNOWN]", "film"]) == "a [UNKNOWN] film"
