"""What a trial leaves for its pictures: arrays.npz of a real trial of pictures, of one of texts, and of others."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from optimization.engine import ModelConfig
from optimization.engine.builders import register_builder
from optimization.engine.datasets import Modality, Splits
from optimization.engine.feeding import TrainingData
from optimization.engine.model_builder import make_optimizer
from optimization.engine.training import train_on
from optimization.engine.trial import TrialState, Verdict
from tests.factories import trial_spec
from visualization.figures import generalization_gap, record

PICTURES = ModelConfig(
    num_layers_conv=1,
    filters_per_conv_layer=3,
    first_hidden_layer_nodes=5,
    activation="tanh",
    learning_rate_schedule="cosine",
    learning_rate=0.01,
)
TEXTS = ModelConfig(
    vocab_size=20, embedding_dim=3, lstm_units=2, first_hidden_layer_nodes=5, learning_rate_schedule="exponential"
)
FROZEN = PICTURES.replace(
    optimizer="sgd", learning_rate=1e-9, learning_rate_schedule="reduce_on_plateau", batch_normalization=False
)
TRAIN, VAL, TEST = 96, 70, 20
BINS = 60


def data_of(x, y, classes, modality):
    """Splits of made-up examples."""
    parts = np.split(np.arange(len(x)), np.cumsum([TRAIN, VAL, TEST]))
    arrays = {
        f"{kind}_{name}": of[part]
        for name, part in zip(("train", "val", "test", "holdout"), parts, strict=True)
        for kind, of in (("x", x), ("y", y.astype(np.int32)))
    }
    vocabulary = tuple(f"word{k}" for k in range(20)) if modality is Modality.TEXT else ()
    names = tuple(f"class {k}" for k in range(classes))
    splits = Splits(**arrays, class_names=names, size="", sha256="0" * 64, modality=modality, vocabulary=vocabulary)
    return TrainingData(splits, tf.constant(splits.x_train), tf.constant(splits.y_train))


def pictures():
    """8×8 pictures of eight classes: which row is bright."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 8, TRAIN + VAL + TEST)
    x = rng.random((len(y), 8, 8, 1), np.float32) * 0.5
    x[np.arange(len(y)), y] += 0.5
    return data_of(x, y, 8, Modality.IMAGE)


def texts():
    """Texts of 7 words, padded at the start: whether word 3 is in them."""
    rng = np.random.default_rng(0)
    x = rng.integers(4, 20, (TRAIN + VAL + TEST, 7)).astype(np.int32)
    x[:, :2], x[:, 2] = 0, 1
    y = rng.integers(0, 2, len(x))
    x[y == 1, 5] = 3
    return data_of(x, y, 2, Modality.TEXT)


class Trial:
    """A trial that ran, with what it recorded; verdict_at: looks, one a batch and one an epoch, until it is pruned."""

    def __init__(self, folder, data, verdict_at=None, **changes):
        self.splits, self.reports, looks = data.splits, [], []

        def look():
            looks.append(1)
            return Verdict.PRUNE if len(looks) == verdict_at else None

        spec = trial_spec(0, **({"min_free_mb": 0} | changes))
        self.spec, self.folder = spec, folder
        self.result = train_on(data, spec, folder, on_epoch=self.reports.append, verdict=look)

    @property
    def arrays(self):
        with np.load(self.folder / "arrays.npz", allow_pickle=False) as file:
            return {name: file[name] for name in file.files if name != "about"}

    @property
    def recorded(self):
        return record.TrialArrays.load(self.folder / "arrays.npz")


@pytest.fixture(scope="module")
def of_pictures(tmp_path_factory):
    return Trial(tmp_path_factory.mktemp("pictures"), pictures(), model=PICTURES, batch_size=32, max_epochs=2)


@pytest.fixture(scope="module")
def of_texts(tmp_path_factory):
    return Trial(
        tmp_path_factory.mktemp("texts"),
        texts(),
        model=TEXTS,
        batch_size=24,
        max_epochs=2,
        health_monitoring_frequency=2,
        dataset_name="toy_reviews",
    )


def course_shapes(*, epochs, batches, moments, updates, kernels, biases, layers, units):
    """Keys of the course of a training, with their shapes."""
    by_epoch = "loss accuracy val_loss val_accuracy val_balanced_accuracy learning_rate duration_s train_loss"
    by_kernel = "gradient_norm gradient_ratio gradient_zero_share gradient_mean_abs weight_norm"
    by_layer = "dead_share dormant_share activation_mean activation_std activation_zero_share"
    return {
        **{f"epoch_{name}": (epochs,) for name in f"{by_epoch} train_accuracy".split()},
        "epoch_health": (epochs, 6),
        "epoch_starts": (epochs,),
        "spike_batches": (0,),
        "batch_loss": (batches,),
        "batch_learning_rate": (batches,),
        "probe_epochs": (moments,),
        **dict.fromkeys(by_kernel.split(), (moments, kernels)),
        "gradient_histogram": (moments, kernels, BINS),
        "gradient_bins": (BINS + 1,),
        "update_epochs": (updates,),
        "update_ratio": (updates, kernels),
        "weight_histogram": (2, kernels, BINS),
        "weight_bins": (kernels, BINS + 1),
        "bias_histogram": (2, biases, BINS),
        "bias_bins": (biases, BINS + 1),
        "unit_layer": (units,),
        **{f"unit_{name}": (2, units) for name in ("fires", "spread", "saturated", "weight")},
        **dict.fromkeys(by_layer.split(), (moments, layers)),
        "activation_histogram": (moments, layers, BINS),
        "activation_bins": (layers, BINS + 1),
    }


def complete_shapes(*, classes, features, layers):
    """Keys that a completed trial has besides."""
    return {
        "val_labels": (VAL,),
        "val_probabilities": (VAL, classes),
        "val_positions": (VAL,),
        "features": (VAL, features),
        "feature_rows": (VAL,),
        "sample_labels": (6,),
        "sample_probabilities": (6, classes),
        "noise_levels": (5,),
        "noise_accuracy": (5,),
        "noise_examples": (),
        "layer_latency_s": (layers,),
    }


def shapes_of(trial):
    """Without those whose number depends on how the training went."""
    free = ("worst_rows", "worst_images", "issue_images", "subset_epochs", "subset_loss")
    return {name: array.shape for name, array in trial.arrays.items() if name not in free}


def test_a_trial_of_pictures_records_all_that_the_schema_tells_of(of_pictures):
    expected = {
        **course_shapes(epochs=2, batches=6, moments=3, updates=2, kernels=3, biases=2, layers=2, units=8),
        **complete_shapes(classes=8, features=5, layers=len(of_pictures.recorded.about["layers"])),
        "sample_images": (6, 8, 8, 1),
        "grad_cam": (6, 8, 8),
        "saliency": (6, 8, 8),
        "maps_0": (3, 8, 8, 3),
        "progression_0": (3, 8, 8),
    }
    assert shapes_of(of_pictures) == expected
    worst = len(of_pictures.arrays["worst_rows"])
    assert of_pictures.arrays["worst_images"].shape == (worst, 8, 8, 1)
    assert of_pictures.arrays["issue_images"].shape[1:] == (8, 8, 1)


def test_a_trial_of_texts_records_all_that_the_schema_tells_of(of_texts):
    expected = {
        **course_shapes(epochs=2, batches=8, moments=2, updates=1, kernels=5, biases=3, layers=2, units=7),
        **complete_shapes(classes=2, features=5, layers=len(of_texts.recorded.about["layers"])),
        "attribution": (6, 7),
        "attribution_total": (6, 2),
        "hidden_0": (7, 2),
        "hidden_progress_0": (2, 7),
        "gates_0": (4, 7, 2),
    }
    assert shapes_of(of_texts) == expected
    assert "worst_rows" in of_texts.arrays


@pytest.mark.parametrize("kind", ["of_pictures", "of_texts"])
def test_every_key_is_told_of_in_the_schema(kind, request):
    told = set(re.findall(r"\w+(?:\{k\})?", record.__doc__))
    keys = request.getfixturevalue(kind).arrays
    assert {re.sub(r"_\d+$", "_{k}", name) for name in keys} <= told
    about = request.getfixturevalue(kind).recorded.about
    assert set(about) <= told


@pytest.mark.parametrize("kind", ["of_pictures", "of_texts"])
def test_what_is_about_layers_is_as_long_as_their_arrays(kind, request):
    trial = request.getfixturevalue(kind)
    about, arrays = trial.recorded.about, trial.arrays
    assert len(about["kernel_layers"]) == arrays["gradient_norm"].shape[1]
    assert len(about["bias_layers"]) == len(arrays["bias_bins"])
    assert np.unique(arrays["unit_layer"]).tolist() == list(range(len(about["unit_layers"])))
    assert sum(layer["parameters"] for layer in about["layers"]) == about["parameters"]
    assert about["metrics"] == list(about["health"])
    assert set(about["extras"]) == set(trial.result.extras)
    assert set(about["latency"]) == {"1", "64"}


@pytest.mark.parametrize("kind", ["of_pictures", "of_texts"])
def test_recorded_predictions_are_those_of_the_validation_split(kind, request):
    trial = request.getfixturevalue(kind)
    arrays, splits = trial.arrays, trial.splits
    probabilities, labels = arrays["val_probabilities"], arrays["val_labels"]
    assert np.array_equal(labels, splits.y_val[arrays["val_positions"]])
    assert (probabilities.argmax(1) == labels).mean() == pytest.approx(trial.result.val_accuracy)
    wrong = arrays["worst_rows"]
    assert (probabilities[wrong].argmax(1) != labels[wrong]).all()
    assert np.diff(probabilities[wrong, labels[wrong]]).min(initial=0) >= 0
    positions = [sample["position"] for sample in trial.recorded.about["samples"]]
    assert np.array_equal(arrays["sample_labels"], splits.y_val[positions])
    assert arrays["sample_probabilities"] == pytest.approx(probabilities[positions])


def test_the_course_is_what_was_reported(of_pictures):
    arrays, reports = of_pictures.arrays, of_pictures.reports
    assert arrays["epoch_val_loss"] == pytest.approx([report.val_loss for report in reports])
    metrics = of_pictures.recorded.about["metrics"]
    health = np.array([[report.health[name] for name in metrics] for report in reports], float)
    assert arrays["epoch_health"] == pytest.approx(health, nan_ok=True)
    assert arrays["epoch_starts"].tolist() == [0, 3]
    assert [arrays["batch_loss"][start : start + 3].mean() for start in (0, 3)] == pytest.approx(
        [report.loss for report in reports], rel=1e-4
    )
    assert arrays["probe_epochs"].tolist() == [0, 1, 2]
    assert arrays["update_epochs"].tolist() == [1, 2]


def test_epochs_without_a_look_at_health_are_nan(of_texts):
    arrays = of_texts.arrays
    assert np.isnan(arrays["epoch_health"][0]).all()
    assert np.isnan(arrays["epoch_train_loss"]).tolist() == [True, False]
    assert arrays["probe_epochs"].tolist() == [0, 2]


def test_samples_show_the_validation_examples_themselves(of_pictures, of_texts):
    for trial in (of_pictures, of_texts):
        positions = [sample["position"] for sample in trial.recorded.about["samples"]]
        if trial is of_pictures:
            assert len(set(trial.arrays["sample_labels"])) == 6
            assert trial.arrays["sample_images"] / 255 == pytest.approx(trial.splits.x_val[positions], abs=1 / 255)
        else:
            words = [[f"word{k}" for k in text] for text in trial.splits.x_val[positions]]
            assert [sample["words"] for sample in trial.recorded.about["samples"]] == words


def test_recorded_shares_gates_and_maps_keep_to_their_ranges(of_pictures, of_texts):
    pictures, texts = of_pictures.arrays, of_texts.arrays
    for name in ("unit_fires", "unit_weight", "dead_share", "activation_zero_share", "gradient_zero_share"):
        assert all(0 <= each[name].min() <= each[name].max() <= 1 for each in (pictures, texts))
    assert 0 <= texts["gates_0"][:3].min() <= texts["gates_0"][:3].max() <= 1
    assert 0 <= pictures["grad_cam"].min() <= pictures["grad_cam"].max() <= 1
    assert not np.isnan(pictures["unit_saturated"]).any()  # tanh has two ends
    recurrent = texts["unit_layer"] == 0
    assert np.isnan(texts["unit_saturated"][:, recurrent]).all()  # of a memory they are no fault
    assert np.abs(texts["attribution"][:, :2]).max() == 0  # padding


def test_a_histogram_counts_every_value_that_was_kept(of_pictures):
    arrays = of_pictures.arrays
    kernels = [3 * 3 * 3, 4 * 4 * 3 * 5, 5 * 8]
    assert arrays["weight_histogram"].sum(-1).tolist() == [kernels, kernels]
    zeros = np.round(arrays["gradient_zero_share"] * kernels)
    assert arrays["gradient_histogram"][..., 0, :].sum(-1) == pytest.approx(kernels[0] - zeros[:, 0])
    assert arrays["activation_histogram"][0, 1].sum() == VAL * 5


@pytest.mark.parametrize("kind", ["of_pictures", "of_texts"])
def test_learning_rates_of_a_schedule_are_the_optimizers_own_step_by_step(kind, request):
    trial = request.getfixturevalue(kind)
    rates = trial.arrays["batch_learning_rate"]
    optimizer = make_optimizer(trial.spec.model, len(rates))
    own = []
    for step in range(len(rates)):
        optimizer.iterations.assign(step)
        own.append(float(optimizer.learning_rate))
    assert len(set(own)) == len(own)
    assert rates == pytest.approx(own, rel=1e-5)


def test_the_picture_of_the_gap_states_the_measured_interval(of_pictures):
    shown = generalization_gap.prepare(of_pictures.recorded)
    measured = of_pictures.result.overfitting
    assert [shown.low, shown.high] == measured.evidence["gap_interval"]
    assert shown.gap == pytest.approx(measured.value)


@keras.saving.register_keras_serializable("test_recorded")
class NeverSixtyFour(keras.layers.Layer):
    """A layer that fails on 64 examples at once: so many are asked of it when all training is done."""

    def call(self, x):
        with tf.control_dependencies([tf.debugging.assert_none_equal(tf.shape(x)[0], 64)]):
            return tf.identity(x)


def own_builder(*middle):
    def build(model, shape, classes, *, seed, total_steps):
        layers = [keras.Input(shape), keras.layers.Flatten(), *(layer() for layer in middle)]
        return keras.Sequential([*layers, keras.layers.Dense(classes, activation="softmax")])

    return build


def test_an_error_in_the_examination_costs_the_pictures_and_not_the_trial(tmp_path, caplog):
    register_builder("never_64", own_builder(NeverSixtyFour))
    trial = Trial(tmp_path, pictures(), model=PICTURES, model_builder="never_64", batch_size=32, max_epochs=1)
    assert trial.result.state is TrialState.COMPLETED
    assert trial.result.test_accuracy is not None
    assert (tmp_path / "model.keras").exists()
    assert not (tmp_path / "arrays.npz").exists()
    assert trial.result.extras == {}
    (error,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert "plots cannot be drawn" in error.message
    assert error.exc_info


def test_a_pruned_trial_leaves_its_course_alone_and_a_model_without_units_no_units(tmp_path):
    register_builder("flat", own_builder())
    looks = 3 * (3 + 1) + 2
    trial = Trial(
        tmp_path, pictures(), verdict_at=looks, model=FROZEN, model_builder="flat", batch_size=32, max_epochs=9
    )
    assert (trial.result.state, trial.result.epochs) == (TrialState.PRUNED, 3)
    expected = course_shapes(epochs=3, batches=11, moments=4, updates=3, kernels=1, biases=1, layers=0, units=0)
    of_units = {name for name in expected if name.startswith(("unit_", "activation_", "dead_", "dormant_"))}
    kept = {name: shape for name, shape in expected.items() if name not in of_units}
    assert shapes_of(trial) == kept | {"epoch_starts": (4,)}  # the fourth had begun
    assert not {"samples", "latency", "worst"} & set(trial.recorded.about)
    shares = trial.arrays["batch_learning_rate"] / FROZEN.learning_rate
    assert shares == pytest.approx([1] * 6 + [0.5] * 3 + [0.25] * 2)
