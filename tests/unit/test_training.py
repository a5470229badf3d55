"""One trial: what it reports, what it measures, what it leaves behind, and how it may end."""

import dataclasses
import json
import math
import warnings

import keras
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, log_loss

from optimization.engine import ModelConfig
from optimization.engine.builders import register_builder
from optimization.engine.evaluation import score
from optimization.engine.feeding import batches, training_data
from optimization.engine.model_builder import EXPONENTIAL_END, build_model
from optimization.engine.training import train_trial
from optimization.engine.trial import TrialSpec, TrialState, Verdict
from optimization.engine.watch import TrialWatch
from tests.factories import trial_spec

SMALL = ModelConfig(num_layers_conv=1, filters_per_conv_layer=8, first_hidden_layer_nodes=16, batch_normalization=False)
FROZEN = SMALL.replace(optimizer="sgd", learning_rate=1e-12, momentum=0.0, first_hidden_layer_dropout=0.0)
TIMES = {"duration_s": 0.0, "ended_at": 0.0, "monitoring_s": 0.0}


class Trial:
    """A trial that ran: its result, its reports, its folder. verdict_at: batches until the verdict."""

    def __init__(self, folder, *, verdict=None, verdict_at=0, **changes):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.spec = trial_spec(changes.pop("number", 0), **({"model": SMALL} | changes))
        self.reports = []
        self._looks = 0
        self._verdict, self._verdict_at = verdict, verdict_at
        self.result = train_trial(self.spec, folder, on_epoch=self.reports.append, verdict=self._look)

    def _look(self):
        self._looks += 1
        return self._verdict if self._looks > self._verdict_at else None

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def numbers(self):
        return [dataclasses.replace(report, **TIMES) for report in self.reports]


@pytest.fixture(scope="module")
def completed(tmp_path_factory):
    return Trial(tmp_path_factory.mktemp("completed"), max_epochs=3)


@pytest.fixture(scope="module")
def splits(completed):
    spec = completed.spec
    return training_data("digits", None, spec.validation_split, spec.holdout_split, spec.split_seed).splits


def test_every_epoch_is_reported_with_all_its_numbers(completed):
    assert [(report.epoch, report.epochs) for report in completed.reports] == [(1, 3), (2, 3), (3, 3)]
    assert all(value is not None for report in completed.reports for value in dataclasses.asdict(report).values())
    assert completed.reports[-1].loss < completed.reports[0].loss
    assert all(report.health["training_stability"] is not None for report in completed.reports)


def test_a_completed_trial_is_measured_in_full(completed):
    result = completed.result
    assert result.state is TrialState.COMPLETED
    empty = {name for name, value in dataclasses.asdict(result).items() if value is None or value in ("", {})}
    assert empty == {"reason", "traceback", "dataset_size", "files"}  # complete data; the runner counts the files
    assert result.epochs == 3
    assert result.val_accuracy == completed.reports[-1].val_accuracy
    assert result.model_bytes == (completed.folder / "model.keras").stat().st_size
    assert 0 < result.training_s < result.duration_s
    assert result.latency_p95_s == result.extras["latency_1_p95_s"]
    assert {measurement.reason for measurement in result.health.values()} == {""}


def test_the_saved_model_loads_without_a_warning_and_repeats_the_measured_figures(completed, splits):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = keras.saving.load_model(completed.folder / "model.keras", safe_mode=True)
    for loss, accuracy, x, y in (
        (completed.result.test_loss, completed.result.test_accuracy, splits.x_test, splits.y_test),
        (completed.result.val_loss, completed.result.val_accuracy, splits.x_val, splits.y_val),
    ):
        assert model.evaluate(x, y, verbose=0) == pytest.approx([loss, accuracy], abs=1e-5)


def test_the_files_tell_how_the_trial_was_made_and_went(completed, splits):
    manifest, layers = completed.read("manifest.json"), completed.read("layers.json")["layers"]
    assert completed.read("history.json")["epochs"] == [r.without_measurements().to_dict() for r in completed.reports]
    assert TrialSpec.from_dict(manifest["spec"]) == completed.spec
    assert manifest["trainer"] == completed.result.trainer == "keras"
    assert manifest["dataset"]["sha256"] == splits.sha256
    assert manifest["dataset"]["validation_examples"] == len(splits.y_val)
    assert manifest["versions"]["keras"] == keras.__version__
    assert sum(layer["parameters"] for layer in layers) == completed.result.parameters


def test_the_same_spec_gives_the_same_numbers_in_a_warm_process(completed, tmp_path):
    Trial(tmp_path / "between", number=9, max_epochs=1, model=SMALL.replace(data_augmentation=True))
    again = Trial(tmp_path / "again", max_epochs=3)
    assert again.numbers() == completed.numbers()
    assert again.result.test_loss == completed.result.test_loss


def test_another_seed_gives_other_numbers_on_the_same_splits(completed, tmp_path):
    other = Trial(tmp_path / "other", number=1, max_epochs=1)
    assert other.numbers()[0].loss != completed.numbers()[0].loss
    assert other.read("manifest.json")["dataset"] == completed.read("manifest.json")["dataset"]


@pytest.mark.parametrize(("verdict", "state"), [(Verdict.PRUNE, TrialState.PRUNED), (Verdict.STOP, TrialState.STOPPED)])
def test_a_verdict_ends_the_trial_at_the_next_batch(tmp_path, verdict, state):
    trial = Trial(tmp_path, verdict=verdict, verdict_at=50, max_epochs=50)
    assert trial.result.state is state
    assert trial.result.epochs == len(trial.reports) == 1
    assert trial.result.val_accuracy == trial.reports[0].val_accuracy
    assert trial.result.model_file is None
    assert trial.result.test_accuracy is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays.npz", "history.json", "manifest.json"]
    assert len(trial.read("history.json")["epochs"]) == 1


def test_a_verdict_before_the_first_epoch_ends_leaves_no_epoch(tmp_path):
    trial = Trial(tmp_path, verdict=Verdict.STOP)
    assert (trial.result.state, trial.result.epochs, trial.result.val_accuracy) == (TrialState.STOPPED, 0, None)
    assert trial.result.health["parameter_efficiency"].value is None


def test_a_loss_that_leaves_the_numbers_prunes_the_trial_and_says_where(tmp_path):
    trial = Trial(tmp_path, model=FROZEN.replace(learning_rate=1e20))
    assert trial.result.state is TrialState.PRUNED
    assert trial.result.reason.startswith("diverged: the training loss was no finite number in epoch 1, batch ")
    assert trial.result.health["training_stability"].value == 0
    assert "no epoch" in trial.result.health["neuron_utilization"].reason
    json.dumps(trial.result.to_dict(), allow_nan=False)


def test_a_penalty_alone_that_leaves_the_numbers_is_unstable_too(tmp_path):
    trial = Trial(tmp_path, model=SMALL.replace(l2=1e38))
    assert trial.result.reason.startswith("diverged")
    assert trial.result.health["training_stability"].value == 0


@pytest.mark.parametrize(("patience", "fewest", "epochs"), [(1, 1, 2), (1, 3, 3), (None, 1, 4)])
def test_early_stopping_waits_for_its_patience_and_the_fewest_epochs(tmp_path, patience, fewest, epochs):
    trial = Trial(tmp_path, model=FROZEN, max_epochs=4, min_epochs=fewest, early_stopping_patience=patience)
    assert trial.result.state is TrialState.COMPLETED
    assert trial.result.epochs == epochs
    assert trial.result.reason.startswith("early stopping" if patience else "")


def test_an_epoch_without_a_better_validation_loss_halves_the_learning_rate(tmp_path):
    trial = Trial(tmp_path, model=FROZEN.replace(learning_rate_schedule="reduce_on_plateau"), max_epochs=3)
    shares = [report.learning_rate / FROZEN.learning_rate for report in trial.reports]
    assert shares == pytest.approx([1, 1, 0.5])


def test_a_schedule_ends_with_the_last_epoch(tmp_path):
    trial = Trial(tmp_path, model=FROZEN.replace(learning_rate_schedule="exponential"), max_epochs=2)
    shares = [report.learning_rate / FROZEN.learning_rate for report in trial.reports]
    assert shares == pytest.approx([EXPONENTIAL_END**0.5, EXPONENTIAL_END])


def test_health_is_measured_as_often_as_asked(tmp_path):
    trial = Trial(tmp_path, max_epochs=2, health_monitoring_frequency=2)
    assert [bool(report.health) for report in trial.reports] == [False, True]


def test_recorded_losses_are_each_batchs_own(completed, splits):
    """With weights that stand still, a batch's loss can be computed apart."""
    spec = completed.spec
    data = training_data("digits", None, spec.validation_split, spec.holdout_split, spec.split_seed)
    spec = trial_spec(0, model=FROZEN, max_epochs=1)
    model = build_model(FROZEN, (8, 8, 1), 10, seed=0, total_steps=1)
    watch = TrialWatch(spec, splits, model.count_params(), on_epoch=lambda report: None, verdict=lambda: None)
    model.fit(batches(data, 32, seed=5), callbacks=[watch], shuffle=False, verbose=0)
    expected = [score(model(x, training=False).numpy(), y.numpy()).loss for x, y in batches(data, 32, seed=5)]
    assert watch.monitor.record.losses == pytest.approx(expected, abs=1e-4)
    assert watch.monitor.record.examples == [32] * 35 + [30]
    assert [round(epochs, 2) for epochs, _ in watch.monitor.record.validation] == [0.25, 0.5, 0.75, 1]


def test_every_example_comes_once_an_epoch_in_a_new_order(splits):
    data = training_data("digits", None, 0.2, 0, 0)
    feed = batches(data, 100, seed=1)
    first, second = (np.concatenate([x.numpy() for x, _ in feed]) for _ in range(2))
    assert not np.array_equal(first, second)
    assert sorted(image.tobytes() for image in first) == sorted(image.tobytes() for image in splits.x_train)


def test_data_are_read_once_for_all_trials_of_a_job():
    first = training_data("digits", None, 0.2, 0, 0)
    assert training_data("digits", None, 0.2, 0, 0) is first
    assert training_data("digits", None, 0.3, 0, 0) is not first


def test_a_text_is_trained_measured_and_left_with_its_vocabulary(tmp_path):
    model = SMALL.replace(vocab_size=2000, sequence_length=50, embedding_dim=16, lstm_units=8, learning_rate=0.01)
    trial = Trial(tmp_path, dataset_name="toy_reviews", model=model, max_epochs=1, batch_size=128)
    words = trial.read("vocabulary.json")["words"]
    saved = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert trial.result.state is TrialState.COMPLETED
    assert trial.result.parameters == saved.count_params()
    assert None not in (trial.result.flops, trial.result.latency_p95_s, trial.result.test_accuracy)
    assert {measurement.reason for measurement in trial.result.health.values()} == {""}
    assert words[:3] == ["[PAD]", "[START]", "[UNKNOWN]"]
    assert len(words) <= 2000
    assert saved.input_shape == (None, 50)


def test_scores_are_scikit_learns():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 60)
    probabilities = rng.dirichlet(np.ones(5), 60)  # the fifth class never occurs
    measured = score(probabilities, labels)
    assert measured.loss == pytest.approx(log_loss(labels, probabilities, labels=range(5)))
    assert measured.balanced_accuracy == pytest.approx(
        np.mean([(probabilities.argmax(1)[labels == k] == k).mean() for k in range(4)])
    )
    assert measured.accuracy == pytest.approx((probabilities.argmax(1) == labels).mean())
    seen = probabilities[:, :4]
    assert score(seen, labels).balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, seen.argmax(1)))
    assert math.isfinite(score(np.eye(4)[labels], (labels + 1) % 4).loss)


def test_a_model_of_ones_own_whose_outputs_are_no_probabilities_is_refused(tmp_path):
    def logits(model, shape, classes, *, seed, total_steps):
        inputs = keras.Input(shape)
        return keras.Model(inputs, keras.layers.Dense(classes)(keras.layers.Flatten()(inputs)))

    register_builder("logits", logits)
    with pytest.raises(ValueError, match="no probabilities"):
        Trial(tmp_path, model_builder="logits")
