"""What follows a training: which examples it looks at, how often, and what it keeps."""

import math

import keras
import numpy as np
import pytest

from optimization.engine.evaluation import Predictor, score
from optimization.engine.monitor import MOST_MOMENTS, SAMPLES, UNIT_EXAMPLES, HealthMonitor
from optimization.engine.trial import TrialState
from optimization.engine.watch import TrialEnded, TrialWatch
from tests.factories import same_splits, trial_spec

CLASSES = 8


def splits(*, examples=600, classes=CLASSES):
    """Rare classes too: the first has half of all examples."""
    rng = np.random.default_rng(0)
    x = rng.random((examples, 5)).astype(np.float32)
    y = np.where(rng.random(examples) < 0.5, 0, rng.integers(0, classes, examples))
    return same_splits(x, y, classes)


def monitor(of=None, **changes):
    return HealthMonitor(trial_spec(changes.pop("number", 0), **changes), of or splits(), parameters=100)


def model():
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(4, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(CLASSES, activation="softmax")(hidden))


@pytest.fixture(scope="module")
def followed():
    """A model and its monitor, which looks at it after each of 100 epochs."""
    watched, of = model(), splits()
    following, predictor = monitor(of), Predictor(watched)
    following.begin(watched, predictor)
    probabilities = predictor.probabilities(of.x_val)
    kept = []
    for epoch in range(1, 101):
        following.begin_epoch()
        following.begin_last_batch()
        following.end_last_batch()
        following.end_epoch(epoch, probabilities, score(probabilities, of.y_val), is_due=True)
        kept.append([moment.epoch for moment in following.moments])
    return following, kept


def test_every_trial_of_a_job_is_probed_on_the_same_examples():
    first, second = monitor(number=0), monitor(number=7, batch_size=16)
    assert np.array_equal(first.probed, second.probed)
    assert not np.array_equal(first.probed, monitor(split_seed=1).probed)
    assert len(set(first.probed)) == UNIT_EXAMPLES


@pytest.mark.parametrize("seed", range(5))
def test_samples_are_of_different_classes(seed):
    of = splits()
    labels = of.y_val[monitor(of, split_seed=seed).samples]
    assert len(set(labels)) == len(labels) == SAMPLES


def test_of_few_classes_each_has_a_sample():
    of = splits(classes=3)
    labels = of.y_val[monitor(of).samples]
    assert len(labels) == SAMPLES
    assert set(labels[:3]) == {0, 1, 2}


def test_few_examples_are_all_probed_once():
    assert sorted(monitor(splits(examples=40)).probed) == list(range(40))


def test_at_most_so_many_moments_are_kept_the_first_and_the_last_among_them(followed):
    _, kept = followed
    assert max(map(len, kept)) == MOST_MOMENTS
    assert min(map(len, kept[MOST_MOMENTS:])) >= MOST_MOMENTS / 2
    assert [(epochs[0], epochs[-1]) for epochs in kept] == [(0, epoch) for epoch in range(1, 101)]


def test_kept_moments_are_spread_over_the_whole_training(followed):
    _, kept = followed
    assert all(max(np.diff(epochs)) <= 2 * math.ceil(epochs[-1] / (MOST_MOMENTS - 1)) for epochs in kept)


def test_the_metrics_use_the_moments_that_were_dropped_too(followed):
    following, _ = followed
    assert list(following.measurements()["gradient_health"].evidence["by_epoch"]) == list(range(1, 101))
    assert len(following.checkups) == 100


def test_a_step_that_moves_nothing_has_an_update_of_zero(followed):
    following, _ = followed
    assert following.moments[0].update_ratio is None
    assert following.moments[-1].update_ratio == pytest.approx([0, 0])


class Steps:
    """What Keras tells a callback of an epoch, by hand."""

    def __init__(self, *, batches=3, **changes):
        self.model, of = model(), splits()
        self.model.compile("sgd", "sparse_categorical_crossentropy")
        size = math.ceil(len(of.y_train) / batches)
        spec = trial_spec(0, batch_size=size, **changes)
        self.reports = []
        self.watch = TrialWatch(spec, of, 100, on_epoch=self.reports.append, verdict=lambda: None)
        self.watch.set_model(self.model)
        self.watch.on_train_begin()
        self._batches = batches

    def epoch(self, number):
        logs = {"loss": 2.0, "cross_entropy": 2.0, "accuracy": 0.1}
        self.watch.on_epoch_begin(number)
        for batch in range(self._batches):
            self.watch.on_train_batch_begin(batch)
            self.watch.on_train_batch_end(batch, logs)
        self.watch.on_epoch_end(number, dict(logs))


def test_health_is_looked_at_as_often_as_asked_and_after_the_last_epoch():
    steps = Steps(max_epochs=5, health_monitoring_frequency=2)
    for number in range(5):
        steps.epoch(number)
    assert [report.epoch for report in steps.reports if report.health] == [2, 4, 5]
    assert [moment.epoch for moment in steps.watch.monitor.moments] == [0, 2, 4, 5]


def test_outputs_that_leave_the_numbers_end_the_trial_and_its_stability():
    steps = Steps(max_epochs=3, batches=1)  # without a look within the epoch, which would meet them first
    steps.epoch(0)
    steps.model.layers[-1].bias.assign(np.full(CLASSES, np.nan))
    with pytest.raises(TrialEnded, match="an output of the model was no finite number in epoch 2, validation") as ended:
        steps.epoch(1)
    assert ended.value.state is TrialState.PRUNED
    stability = steps.watch.monitor.measurements()["training_stability"]
    assert stability.value == 0
    assert stability.evidence == {"diverged_in_epoch": 2, "in_validation": True}


def test_the_time_of_monitoring_is_a_part_of_its_epoch():
    steps = Steps(max_epochs=1)
    steps.epoch(0)
    (report,) = steps.reports
    assert 0 < report.monitoring_s < report.duration_s
