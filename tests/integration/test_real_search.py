"""Searches that really train, on a few small pictures that the test makes itself."""

import json
import subprocess
import sys

import numpy as np
import pytest

from optimization.engine import ModelConfig, ModelOptimizer, OptimizationConfig
from optimization.engine.cost import cost_of
from optimization.engine.request import HealthMetric
from optimization.engine.results import trial_name

PREDICT = """
import json, sys
import keras, numpy as np
images = np.load(sys.argv[1])
models = [keras.saving.load_model(path, safe_mode=True) for path in sys.argv[2:]]
print(json.dumps([model.predict(images, verbose=0).tolist() for model in models]))
"""


def write_pictures(folder, *, test_labels_shift=0):
    """mnist.npz of 300 training and 60 test pictures: a bright bar whose place is the class."""
    rng = np.random.default_rng(0)
    arrays = {}
    for split, size, shift in (("train", 300, 0), ("test", 60, test_labels_shift)):
        labels = np.arange(size) % 10
        images = rng.integers(0, 60, (size, 28, 28)).astype("uint8")
        for image, label in zip(images, labels, strict=True):
            image[:, 2 * label + 4] = 255
        arrays |= {f"x_{split}": images, f"y_{split}": ((labels + shift) % 10).astype("uint8")}
    folder.mkdir()
    np.savez_compressed(folder / "mnist.npz", **arrays)
    return folder


def search(tmp_path, data, name):
    config = OptimizationConfig(
        dataset_name="mnist",
        data_dir=str(data),
        results_dir=str(tmp_path / name),
        trials=4,
        max_epochs_per_trial=2,
        startup_trials=1,
        max_flops=cost_of(ModelConfig(), (28, 28, 1), 10).flops,
        create_trial_plots="none",  # they come after all that is asked here, and take longer
    )
    optimizer = ModelOptimizer(config)
    return optimizer.optimize_model(), optimizer


@pytest.fixture(scope="module")
def two_searches(tmp_path_factory):
    """The same search twice; in the second one every test label is wrong."""
    tmp_path = tmp_path_factory.mktemp("searches")
    honest = search(tmp_path, write_pictures(tmp_path / "honest"), "a")
    shuffled = search(tmp_path, write_pictures(tmp_path / "shuffled", test_labels_shift=1), "b")
    return tmp_path, honest, shuffled


def test_changing_the_test_labels_changes_no_suggestion_and_no_score(two_searches):
    _, (honest, first), (shuffled, second) = two_searches
    assert honest.completed >= 1
    assert [record.params for record in second.trials] == [record.params for record in first.trials]
    assert [record.intermediate for record in second.trials] == [record.intermediate for record in first.trials]
    assert [record.total_score for record in second.trials] == [record.total_score for record in first.trials]
    assert shuffled.best_trial_number == honest.best_trial_number
    assert shuffled.test_accuracy != honest.test_accuracy


def test_the_same_seed_gives_the_same_accuracies_and_losses_to_the_last_digit(two_searches):
    _, (_, first), (_, second) = two_searches
    names = ("val_accuracy", "val_balanced_accuracy", "val_loss", "parameters")
    measured = [[[getattr(r.result, name) for name in names] for r in search.trials] for search in (first, second)]
    assert measured[0] == measured[1]
    assert [r.result.health for r in first.trials] == [r.result.health for r in second.trials]


def test_the_copied_final_model_predicts_exactly_what_the_trials_model_predicted(two_searches):
    tmp_path, (result, optimizer), _ = two_searches
    images = tmp_path / "images.npy"
    np.save(images, np.random.default_rng(1).random((8, 28, 28, 1)).astype("float32"))
    folder = optimizer.config.results_path / trial_name(result.run_name, result.best_trial_number)
    command = [sys.executable, "-c", PREDICT, str(images), str(folder / "model.keras"), result.best_model_path]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    trials_own, copied = json.loads(done.stdout.splitlines()[-1])
    assert copied == trials_own
    assert np.asarray(copied).shape == (8, 10)


def test_a_subset_is_named_in_the_result_and_the_manifest(two_searches):
    _, (result, optimizer), _ = two_searches
    assert result.dataset_size == "subset 300/60 of 60,000/10,000"
    manifest = json.loads((optimizer.config.results_path / result.run_name / "manifest.json").read_text())
    assert manifest["dataset_size"] == "subset 300/60 of 60,000/10,000"


def test_every_metric_of_health_is_measured(two_searches):
    _, (result, optimizer), _ = two_searches
    best = optimizer.trials[result.best_trial_number].result
    assert set(best.health) == set(HealthMetric)
    for metric in HealthMetric:
        assert 0 <= best.health[metric].value <= 1, metric
    assert 0 < result.health["overall_health"] <= 1
