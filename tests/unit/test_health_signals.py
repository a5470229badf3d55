"""What units, gradients, classes and probabilities tell of health, on readings that the test makes."""

import math

import numpy as np
import pytest

from optimization.engine.health import GradientReadings, Observed, Recalls, UnitReadings, alarm
from optimization.engine.health.calibration import calibration
from optimization.engine.health.consistency import accuracy_consistency, recalls
from optimization.engine.health.gradients import gradient_health
from optimization.engine.health.overfitting import Checkup, Gap, generalization_gap, overfitting
from optimization.engine.health.units import neuron_utilization

LETTERS = "abcdefghij"
ENTROPY = math.log(10)


def units(*, name="hidden_1", fires=(1.0,) * 4, spread=1.0, strength=1.0, saturated=None):
    count = len(fires)
    each = [np.broadcast_to(np.asarray(values, float), count) for values in (fires, spread, strength)]
    ends = None if saturated is None else np.broadcast_to(np.asarray(saturated, float), count)
    return UnitReadings(name, "Dense", "relu" if ends is None else "tanh", *each, ends)


def gradients(*, epoch=1, norm=(1.0, 1.0, 1.0), ratio=0.1, zeros=0.0, mean_abs=1e-3):
    count = len(norm)
    arrays = [np.broadcast_to(np.asarray(values, float), count) for values in (norm, ratio, zeros, mean_abs)]
    return GradientReadings(epoch, ("conv_1", "hidden_1", "output")[:count], *arrays)


def by_class(recall, examples):
    return Recalls(np.arange(len(recall)), np.asarray(recall, float), np.broadcast_to(examples, len(recall)))


def checkups(*rows):
    """Rows of training loss, training accuracy, validation loss, validation accuracy."""
    return [Checkup(epoch, *row) for epoch, row in enumerate(rows, 1)]


# units


@pytest.mark.parametrize(
    ("reading", "weight"),
    [
        (units(fires=[1.0]), 1),
        (units(fires=[0.0]), 0),
        (units(fires=[0.01]), 1),  # sparse is not dead
        (units(fires=[0.005]), 0.5),
        (units(fires=[1.0], spread=0.0), 0),
        (units(fires=[1.0], spread=0.0025), 0.25),
        (units(fires=[1.0], saturated=0.5), 1),
        (units(fires=[1.0], saturated=0.99), 0.2),
        (units(fires=[1.0], saturated=1.0), 0),
        (units(fires=[0.005], spread=0.005, saturated=0.975), 0.125),
    ],
)
def test_a_unit_counts_by_how_often_it_fires_how_much_it_varies_and_how_free_it_is(reading, weight):
    assert reading.weights() == pytest.approx([weight])


def test_utilization_is_half_all_units_and_half_the_worst_layer():
    layers = [units(name="conv_1", fires=[1.0] * 6), units(name="hidden_1", fires=[1.0, 0.0])]
    found = neuron_utilization(layers, [])
    assert found.value == pytest.approx(0.5 * 7 / 8 + 0.5 * 1 / 2)
    assert found.evidence["worst_layer"] == "hidden_1"


def test_the_evidence_tells_units_that_were_dead_before_the_first_step():
    first = [units(fires=[1.0, 1.0, 1.0, 0.0])]
    now = [units(fires=[1.0, 0.0, 0.0, 0.0], strength=[4.0, 0.0, 0.0, 0.0])]
    (layer,) = neuron_utilization(now, first).evidence["layers"]
    assert (layer["dead_share"], layer["dead_share_at_first"], layer["dormant_share"]) == (0.75, 0.25, 0.75)


def test_a_layer_of_dead_units_names_itself_in_the_advice():
    found = neuron_utilization([units(name="conv_1"), units(name="conv_2", fires=[0.0] * 4)], [])
    assert found.verdict == "poor"
    assert "100% of the units of conv_2" in found.advice


def test_saturated_units_are_advised_another_activation():
    assert "use relu" in neuron_utilization([units(saturated=1.0)], []).advice


@pytest.mark.parametrize(
    ("layers", "words"), [([], "no layer"), ([units(spread=math.nan)], "no finite number")], ids=["none", "nan"]
)
def test_utilization_is_absent_where_no_unit_could_be_judged(layers, words):
    found = neuron_utilization(layers, [])
    assert found.value is None
    assert words in found.reason


# gradients


@pytest.mark.parametrize(
    ("reading", "value"),
    [
        (gradients(), 1),
        (gradients(ratio=[1e-4, 0.1, 0.1]), 1),
        (gradients(ratio=[1e-5, 0.1, 0.1]), 0.5),
        (gradients(ratio=[1e-7, 0.1, 0.1]), 0),
        (gradients(norm=[0.0, 1.0, 1.0], ratio=[0.0, 0.1, 0.1]), 0),
        (gradients(norm=[1.0, 100.0, 1.0]), 1),
        (gradients(norm=[1.0, 1000.0, 1.0]), 0.5),
        (gradients(norm=[1.0, 1e4, 1.0]), 0),
        (gradients(zeros=[0.5, 0.0, 0.0]), 1),
        (gradients(zeros=[0.75, 0.0, 0.0]), 0.5),
        (gradients(mean_abs=1e-8), 0.5),
        (gradients(mean_abs=[1e-12, 1e-12, 1e-3]), 1),
        (gradients(norm=[1.0, 1000.0, 1.0], zeros=[0.75, 0.0, 0.0]), 0.25),
        (gradients(norm=[1.0, math.nan, 1.0]), 0),
    ],
)
def test_gradients_are_healthy_when_even_bounded_reached_and_alive(reading, value):
    assert gradient_health([reading]).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (gradients(ratio=[1e-7, 0.1, 0.1]), "vanish on their way to conv_1"),
        (gradients(norm=[1.0, 1e4, 1.0]), "explode"),
        (gradients(zeros=1.0), "no gradient at all"),
        (gradients(mean_abs=1e-12), "next to no gradient left"),
        (gradients(norm=[1.0, math.inf, 2.0], ratio=[1.0, math.inf, 2.0]), "explode"),
    ],
)
def test_advice_follows_the_weakest_factor(reading, words):
    assert words in gradient_health([reading]).advice


@pytest.mark.parametrize("norm", [math.nan, math.inf])
def test_the_layer_whose_gradient_is_no_finite_number_is_named(norm):
    evidence = gradient_health([gradients(norm=[1.0, norm, 2.0])]).evidence
    assert evidence["not_finite"] == "hidden_1"
    assert evidence["layers"][1]["norm"] is None


def test_one_bad_epoch_of_many_does_not_decide_and_initial_gradients_do_not_count():
    bad = {"norm": [1.0, 1e5, 1.0]}
    readings = [gradients(epoch=0, **bad), gradients(epoch=1), gradients(epoch=2, **bad), gradients(epoch=3)]
    found = gradient_health(readings)
    assert found.value == 1
    assert found.evidence["by_epoch"] == {1: 1, 2: 0, 3: 1}


def test_gradient_evidence_rests_on_the_typical_epoch_and_keeps_small_numbers():
    evidence = gradient_health([gradients(norm=[1.23456e-7, 1, 1], ratio=[1e-4, 0.1, 0.01])]).evidence
    assert (evidence["slowest_layer"], evidence["fastest_layer"]) == ("conv_1", "hidden_1")
    assert evidence["layers"][0]["norm"] == 1.23e-7


@pytest.mark.parametrize(
    ("readings", "words"), [([gradients(epoch=0)], "no epoch"), ([gradients(norm=())], "no kernel")]
)
def test_gradient_health_is_absent_without_gradients(readings, words):
    found = gradient_health(readings)
    assert found.value is None
    assert words in found.reason


# alarm


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (Observed(gradients=[gradients(norm=[1.0, 1e4, 1.0])]), "hidden_1 exploded to a norm of 1e+04"),
        (Observed(gradients=[gradients(norm=[1.0, math.inf, 2.0])]), "gradient of hidden_1 is no finite number"),
        (Observed(gradients=[gradients(norm=[1.0, 1.0, math.nan])]), "gradient of output is no finite number"),
        (Observed(units=[units(), units(name="hidden_2", fires=[0.0] * 49 + [1.0])]), "98% of the units of hidden_2"),
    ],
)
def test_an_alarm_says_why_nothing_good_can_come(observed, words):
    assert words in alarm(observed)


@pytest.mark.parametrize(
    "observed",
    [
        Observed(),
        Observed(gradients=[gradients(norm=())]),
        Observed(gradients=[gradients(norm=[1.0, 9999.0, 1.0])]),
        Observed(units=[units(fires=[0.0] * 18 + [1.0, 1.0])]),
        Observed(gradients=[gradients(norm=[1.0, 1e9, 1.0]), gradients(epoch=2)]),  # it has recovered
        Observed(first_units=[units(fires=[0.0] * 20)], units=[units()]),
    ],
    ids=["nothing seen", "no kernel", "large", "nine tenths dead", "recovered", "dead at first"],
)
def test_no_alarm_below_the_limits_or_for_what_is_past(observed):
    assert alarm(observed) == ""


# consistency


def test_recall_is_by_class_that_occurs():
    said, labels = np.array([0, 0, 3, 3, 2]), np.array([0, 0, 0, 3, 3])
    found = recalls(np.eye(4)[said], labels)
    assert found.classes.tolist() == [0, 3]
    assert found.recall == pytest.approx([2 / 3, 1 / 2])
    assert found.examples.tolist() == [3, 2]


def test_a_model_that_always_says_one_class_is_not_consistent():
    assert accuracy_consistency(by_class([1.0] + [0.0] * 9, 100), LETTERS).value == pytest.approx(0)


@pytest.mark.parametrize("recall", [0.0, 0.5, 1.0])
def test_equal_recalls_are_as_consistent_as_they_are_alike(recall):
    value = accuracy_consistency(by_class([recall] * 10, 100), LETTERS).value
    assert value == pytest.approx(0 if recall == 0 else 1)  # right nowhere is no virtue


def test_consistency_is_the_true_spread_over_the_largest_possible():
    recall = np.array([0.9, 0.5])
    noise = np.mean(recall * (1 - recall) / 20)
    spread = math.sqrt(0.2**2 - noise)
    found = accuracy_consistency(by_class(recall, 20), LETTERS)
    assert found.value == pytest.approx(1 - spread / math.sqrt(0.7 * 0.3))
    assert found.evidence["sampling_noise"] == pytest.approx(math.sqrt(noise), abs=1e-4)


def test_chance_alone_is_no_inconsistency():
    """Every class is served alike; the recalls differ because few examples were seen."""
    rng = np.random.default_rng(0)
    values = [accuracy_consistency(by_class(rng.binomial(10, 0.8, 10) / 10, 10), LETTERS).value for _ in range(200)]
    assert np.mean(values) > 0.9


def test_the_worst_classes_are_named_and_those_with_few_examples_left_out():
    found = accuracy_consistency(by_class([0.9, 0.8, 0.2, 0.0], [50, 50, 50, 4]), LETTERS)
    assert [each["class"] for each in found.evidence["worst_classes"]] == ["c", "b", "a"]
    assert found.evidence["classes"] == 3
    assert "Class c is found in 20%" in found.advice


@pytest.mark.parametrize(
    ("seen", "words"), [(None, "no validation accuracy"), (by_class([1.0, 0.0], [50, 4]), "fewer than two classes")]
)
def test_consistency_is_absent_where_classes_cannot_be_compared(seen, words):
    assert words in accuracy_consistency(seen, LETTERS).reason


# overfitting


def test_the_gaps_interval_is_agresti_and_caffos():
    gap = generalization_gap(Checkup(3, 0.1, 0.9, 0.5, 0.7), (100, 50))
    a, b = 91 / 102, 36 / 52
    half = 1.96 * math.sqrt(a * (1 - a) / 102 + b * (1 - b) / 52)
    assert gap == pytest.approx(Gap(0.2, a - b - half, a - b + half))


def test_the_interval_holds_the_true_gap_95_times_of_100():
    rng = np.random.default_rng(0)
    held = [
        gap.low <= 0.15 <= gap.high
        for right, found in zip(rng.binomial(500, 0.95, 2000), rng.binomial(200, 0.8, 2000), strict=True)
        for gap in [generalization_gap(Checkup(1, 0, right / 500, 0, found / 200), (500, 200))]
    ]
    assert 0.93 < np.mean(held) < 0.97


ALIKE = (0.30, 0.90, 0.32, 0.90)
CLEARLY_BETTER = (0.20, 0.97, 0.35, 0.90)
FAR_BETTER = (0.01, 1.0, 1.0, 0.70)
RISEN = (0.10, 0.97, 0.60, 0.90)


@pytest.mark.parametrize(
    ("last", "verdict"), [(ALIKE, "none"), (CLEARLY_BETTER, "some"), (FAR_BETTER, "strong"), (RISEN, "strong")]
)
def test_overfitting_is_judged_by_the_sure_gap_and_the_rise_of_the_validation_loss(last, verdict):
    found = overfitting(checkups((0.4, 0.88, 0.33, 0.90), last), (512, 2000), ENTROPY)
    assert found.verdict == verdict
    assert found.value == pytest.approx(last[1] - last[3])


def test_a_gap_that_few_examples_could_give_is_none():
    assert overfitting(checkups(CLEARLY_BETTER), (40, 40), ENTROPY).verdict == "none"


def test_a_validation_loss_that_rises_with_the_training_loss_is_no_overfitting():
    found = overfitting(checkups((0.3, 0.90, 0.30, 0.90), (0.8, 0.75, 0.80, 0.75)), (512, 2000), ENTROPY)
    assert found.verdict == "none"


def test_overfitting_says_after_which_epoch_it_began():
    found = overfitting(checkups((1.0, 0.6, 1.0, 0.6), (0.4, 0.9, 0.33, 0.90), RISEN), (512, 2000), ENTROPY)
    assert found.evidence["best_validation_loss_in_epoch"] == 2
    assert found.evidence["validation_loss_rise"] == pytest.approx(0.27 / ENTROPY, abs=1e-4)
    assert "best after epoch 2" in found.advice


def test_overfitting_is_absent_before_an_epoch_is_complete():
    found = overfitting([], (512, 2000), ENTROPY)
    assert found.value is None
    assert "no epoch" in found.reason


# calibration


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error():
    probabilities = np.repeat([[0.75, 0.25]], 40, axis=0)
    found = calibration(probabilities, np.array([0] * 30 + [1] * 10))
    assert found.brier_score == pytest.approx(0.75 * 2 * 0.25**2 + 0.25 * 2 * 0.75**2)
    labels = np.tile([0, 0, 0, 1], 15)  # each of the 15 bins holds three rights and one wrong
    assert calibration(np.repeat([[0.75, 0.25]], 60, axis=0), labels).expected_error == pytest.approx(0)


def test_a_model_that_is_always_sure_and_half_wrong_is_off_by_half():
    found = calibration(np.repeat([[1.0, 0.0]], 60, axis=0), np.tile([0, 1], 30))
    assert found.expected_error == pytest.approx(0.5)
    assert found.brier_score == pytest.approx(1.0)


@pytest.mark.parametrize(("right", "score"), [(True, 0), (False, 2)])
def test_the_brier_score_reaches_from_0_to_2(right, score):
    labels = np.arange(10) % 3
    found = calibration(np.eye(3)[labels if right else (labels + 1) % 3], labels)
    assert found.brier_score == pytest.approx(score)


def test_calibration_bins_hold_equal_numbers_of_examples_by_confidence():
    confidence = np.random.default_rng(0).uniform(0.5, 1, 45)
    right = np.random.default_rng(1).random(45) < 0.7
    expected = sum(
        abs(right[part].mean() - confidence[part].mean()) / 15 for part in np.split(np.argsort(confidence), 15)
    )
    found = calibration(np.stack([confidence, 1 - confidence], axis=1), np.where(right, 0, 1))
    assert found.expected_error == pytest.approx(expected)


def test_units_that_were_seen_before_the_first_step_only_are_no_measurement():
    assert neuron_utilization([], [units()]).reason == "no epoch's units were measured yet"
    assert "no layer" in neuron_utilization([], []).reason
