"""Each metric on losses whose health is known, because the test makes them."""

import math

import numpy as np
import pytest

from optimization.engine.health import (
    Observed,
    Standing,
    convergence_quality,
    label_entropy,
    measure,
    parameter_efficiency,
    training_stability,
)
from optimization.engine.loss_record import LossRecord
from optimization.engine.request import HealthMetric

ENTROPY = math.log(10)
BATCHES = 50
DIGITS = [str(digit) for digit in range(10)]


def record(losses, *, validation=(), epochs=2, examples=32):
    """Losses as a training would tell them: as running means over each epoch."""
    made = LossRecord()
    for part in np.array_split(np.asarray(losses, float), epochs):
        made.start_epoch()
        for count in range(1, len(part) + 1):
            made.add_batch(float(np.mean(part[:count])), examples)
    for index, loss in enumerate(validation, 1):
        made.add_validation(index / 4, loss)
    return made


def falling(noise=0.02, batches=2 * BATCHES):
    steps = np.arange(batches)
    return 0.2 + 2.1 * np.exp(-steps / 20) + np.random.default_rng(0).normal(0, noise, batches)


def standing(**changes):
    values = {"accuracy": 0.9, "majority_share": 0.1, "label_entropy": ENTROPY, "parameters": 9000, "classes": 10}
    return Standing(**(values | changes))


def test_running_means_are_taken_apart_into_each_batchs_own_loss():
    made = LossRecord()
    for epoch in range(2):
        made.start_epoch()
        for mean in (0.0, 0.5, 5 / 3, 3.5):
            made.add_batch(mean, 8)
        assert made.losses[4 * epoch :] == pytest.approx([0, 1, 4, 9])


def test_a_smaller_last_batch_counts_by_its_size():
    made = LossRecord()
    made.start_epoch()
    made.add_batch(1.0, 32)
    assert made.add_batch((32 * 1.0 + 8 * 5.0) / 40, 8) == pytest.approx(5.0)


def test_label_entropy_is_the_loss_of_knowing_the_shares_only():
    assert label_entropy(np.arange(10)) == pytest.approx(math.log(10))
    assert label_entropy(np.array([0, 0, 0, 1])) == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert label_entropy(np.zeros(5)) == 0


def test_a_loss_that_falls_is_stable():
    stability = training_stability(record(falling()), ENTROPY)
    assert stability.value > 0.95
    assert stability.verdict == "good"
    assert stability.evidence["spikes"] == 0


def test_a_loss_that_leaves_the_numbers_is_not():
    losses = falling()
    losses[70:] = math.nan
    stability = training_stability(record(losses), ENTROPY)
    assert stability.value == 0
    assert stability.evidence == {"diverged_in_epoch": 2, "batch": 71}
    assert "learning rate" in stability.advice


def test_divergence_in_the_first_batch_is_measured_although_little_else_is_known():
    assert training_stability(record([math.inf], epochs=1), ENTROPY).value == 0


def test_spikes_cost_stability_and_are_located():
    losses = falling()
    losses[[60, 75, 90]] += 4
    stability = training_stability(record(losses), ENTROPY)
    assert stability.evidence["spikes"] == 3
    assert stability.evidence["spike_epochs"] == [2]
    assert stability.value <= (1 - 10 * 3 / 100) + 1e-9


@pytest.mark.parametrize("batches", [144, 200])
def test_noise_is_no_spike_and_no_rise(batches):
    noise = (np.random.default_rng(seed).normal(0, 0.35, batches) for seed in range(20))
    stabilities = [training_stability(record(2.8 + flat), ENTROPY) for flat in noise]
    assert max(stability.evidence["spikes"] for stability in stabilities) == 0
    assert np.median([stability.value for stability in stabilities]) == 1
    assert np.mean([stability.value for stability in stabilities]) > 0.85


def test_a_loss_that_rises_again_costs_stability_and_says_when():
    losses = falling()
    losses[70:] += np.linspace(0, 1.5, 30)
    stability = training_stability(record(losses), ENTROPY)
    assert stability.value < 0.5
    assert {rise["epoch"] for rise in stability.evidence["rises"]} == {2}
    assert "epoch 2" in stability.advice


def test_a_loss_that_climbs_far_above_its_start_is_counted_beside_its_rises():
    stability = training_stability(record(np.linspace(1.0, 8.0, 100)), ENTROPY)
    assert stability.evidence["climb_decades"] == pytest.approx(math.log10(7.93 / (2 * ENTROPY)), abs=0.01)
    assert stability.value < 0.01


def test_convergence_far_straight_and_for_good():
    quality = convergence_quality(record(falling(), validation=[1.5, 0.8, 0.4, 0.25, 0.2]), ENTROPY)
    assert quality.value > 0.9
    assert quality.evidence["best_after_epochs"] == 1.25


def test_a_loss_that_stays_at_chance_has_not_converged():
    losses = ENTROPY + np.random.default_rng(0).normal(0, 0.02, 100)
    quality = convergence_quality(record(losses, validation=[ENTROPY, ENTROPY + 0.01]), ENTROPY)
    assert quality.value == 0
    assert "learned little" in quality.advice


def test_validation_gain_that_is_lost_again_counts_against_convergence():
    lasting, lost = (convergence_quality(record(falling(), validation=[1.2, 0.3, end]), ENTROPY) for end in (0.3, 1.3))
    assert lost.value == pytest.approx(lasting.value * (ENTROPY - 1.3) / (ENTROPY - 0.3), abs=1e-3)
    assert "validation loss rose" in lost.advice


def test_going_to_and_fro_counts_against_convergence():
    wavy = falling() + 0.5 * np.sin(np.arange(100) * 2 * np.pi / 20)
    straight, crooked = (
        convergence_quality(record(losses, validation=[0.5, 0.3]), ENTROPY) for losses in (falling(), wavy)
    )
    assert crooked.evidence["straightness"] < straight.evidence["straightness"] - 0.2
    assert crooked.value < straight.value


def test_nothing_is_kept_of_a_gain_when_the_training_diverged():
    losses = falling()
    losses[-1] = math.nan
    assert convergence_quality(record(losses, validation=[0.5, 0.3]), ENTROPY).value == 0


def test_efficiency_is_skill_for_small_models_and_falls_with_the_decades_of_size():
    values = [
        parameter_efficiency(record(falling()), standing(parameters=parameters)).value
        for parameters in (350, 10_000, 100_000, 10_000_000, 1_000_000_000)
    ]
    s = 0.8 / 0.9
    assert values == pytest.approx([s, s, s * (1 - 0.2), s * 0.4, s * 0.4])


def test_a_small_useless_model_is_not_efficient():
    efficiency = parameter_efficiency(record(falling()), standing(accuracy=0.09, parameters=50))
    assert efficiency.value == 0
    assert efficiency.verdict == "poor"


def test_first_epoch_compression_is_shown_beside_the_score():
    evidence = parameter_efficiency(record([math.log(10) / 2] * 20), standing()).evidence
    assert evidence["first_epoch_compression"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("measurement", "words"),
    [
        (training_stability(record([1.0] * 7, epochs=1), ENTROPY), "only 7 batches, at least 8"),
        (training_stability(record([1.0] * 20), 0.0), "one class only"),
        (convergence_quality(record([1.0] * 7, epochs=1), ENTROPY), "only 7 batches, at least 8"),
        (convergence_quality(record([1.0] * 20), ENTROPY), "no validation loss"),
        (parameter_efficiency(record([1.0] * 20), standing(accuracy=None)), "no validation accuracy"),
    ],
)
def test_what_cannot_be_measured_is_absent_and_says_why(measurement, words):
    assert measurement.value is None
    assert words in measurement.reason
    assert measurement.verdict == ""


def test_all_six_are_reported_whatever_is_known():
    health = measure(record(falling(), validation=[0.5, 0.3]), standing(), Observed(), DIGITS)
    assert set(health) == set(HealthMetric)
    absent = {name for name, measurement in health.items() if measurement.value is None}
    assert absent == {"neuron_utilization", "gradient_health", "accuracy_consistency"}
    assert all(health[name].reason for name in absent)
    assert all(0 <= health[name].value <= 1 and health[name].advice for name in set(health) - absent)
