"""The runner process as its parent sees it: lines in, lines out, and nothing else on the pipe."""

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from optimization.engine import ModelConfig
from optimization.engine.datasets import add_upload
from optimization.engine.runner import failure
from optimization.engine.sleeping import sleep_trial
from optimization.engine.trial import TrialResult, TrialSpec, TrialState
from tests.factories import trial_spec

ROOT = Path(__file__).parents[2]
LIMIT_S = 120
SMALL = ModelConfig(num_layers_conv=1, filters_per_conv_layer=4, first_hidden_layer_nodes=8)


class Runner:
    """A runner child; every line it sends is read at once."""

    def __init__(self, *args, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "optimization.engine.runner", *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | environment,
        )
        self._lines = queue.Queue()
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(json.loads(line))

    def next(self, kind):
        message = self._lines.get(timeout=LIMIT_S)
        assert message["kind"] == kind, message
        return message

    def result(self):
        """The next result, past the messages before it."""
        while (message := self._lines.get(timeout=LIMIT_S))["kind"] != "result":
            pass
        return TrialResult.from_dict(message["result"])

    def send(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def start(self, spec, folder):
        folder.mkdir(exist_ok=True)
        self.send(kind="trial", spec=spec.to_dict(), folder=str(folder))

    def close(self):
        """Close stdin, as a parent that dies does; return the exit code."""
        self.process.stdin.close()
        return self.process.wait(LIMIT_S)

    def end(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stderr):
            pipe.close()


@pytest.fixture
def sleeper():
    made = []

    def make(epoch_s):
        made.append(Runner("--trainer", "sleep", "--sleep-epoch-s", str(epoch_s)))
        made[-1].next("ready")
        return made[-1]

    yield make
    for runner in made:
        runner.end()


@pytest.fixture(scope="module")
def trainer():
    runner = Runner()
    runner.next("ready")
    yield runner
    runner.end()


def test_a_sleeping_trial_reports_every_epoch_and_says_that_it_slept(sleeper, tmp_path):
    runner = sleeper(0.01)
    runner.start(trial_spec(3, max_epochs=3), tmp_path)
    reports = [runner.next("epoch")["report"] for _ in range(3)]
    result = runner.result()
    assert [(report["number"], report["epoch"]) for report in reports] == [(3, 1), (3, 2), (3, 3)]
    assert (result.state, result.trainer, result.model_file) == (TrialState.COMPLETED, "sleep", None)
    assert json.loads((tmp_path / "manifest.json").read_text())["trainer"] == "sleep"
    assert sorted(result.files) == ["history.json", "manifest.json", "trial.log"]
    assert 0 < result.val_accuracy < 1


def test_nothing_is_drawn_of_a_trial_that_only_slept(sleeper, tmp_path):
    runner = sleeper(0.01)
    runner.start(trial_spec(0, draw_plots=True, max_epochs=1), tmp_path)
    assert runner.result().state is TrialState.COMPLETED
    assert "plots" not in (tmp_path / "trial.log").read_text()


def test_sleeping_values_follow_from_the_seed(sleeper, tmp_path):
    runner = sleeper(0.001)
    accuracies = []
    for seed in (1, 1, 2):
        runner.start(trial_spec(0, seed=seed), tmp_path)
        accuracies.append(runner.result().val_accuracy)
    assert accuracies[0] == accuracies[1] != accuracies[2]


@pytest.mark.parametrize(("verdict", "state"), [("prune", TrialState.PRUNED), ("stop", TrialState.STOPPED)])
def test_a_verdict_ends_a_sleep_at_once(sleeper, tmp_path, verdict, state):
    runner = sleeper(3600)
    runner.start(trial_spec(5, attempt=2), tmp_path)
    runner.send(kind="verdict", number=5, attempt=2, verdict=verdict)
    assert runner.result().state is state


def test_a_verdict_on_another_trial_or_attempt_is_ignored(sleeper, tmp_path):
    runner = sleeper(0.2)
    runner.start(trial_spec(0, attempt=2, max_epochs=1), tmp_path)
    runner.send(kind="verdict", number=0, attempt=1, verdict="stop")
    runner.send(kind="verdict", number=1, attempt=2, verdict="stop")
    assert runner.result().state is TrialState.COMPLETED


def test_a_late_verdict_does_not_reach_the_next_trial_of_that_number(sleeper, tmp_path):
    runner = sleeper(0.01)
    for _ in range(2):
        runner.start(trial_spec(0, max_epochs=1), tmp_path)
        assert runner.result().state is TrialState.COMPLETED
        runner.send(kind="verdict", number=0, attempt=1, verdict="stop")


def test_the_process_ends_when_its_parent_is_gone(sleeper, tmp_path):
    runner = sleeper(3600)
    runner.start(trial_spec(0), tmp_path)
    assert runner.close() == 0


def test_a_line_that_is_no_message_ends_the_process_with_words(sleeper):
    runner = sleeper(0.01)
    runner.process.stdin.write("nonsense\n")
    runner.process.stdin.flush()
    assert runner.process.wait(LIMIT_S) == 1
    assert "cannot read what the parent sends" in runner.process.stderr.read()


def test_a_spec_of_a_newer_version_fails_that_trial_and_the_runner_lives_on(sleeper, tmp_path):
    runner = sleeper(0.01)
    runner.send(kind="trial", spec=trial_spec(0).to_dict() | {"version": 99}, folder=str(tmp_path))
    newer = runner.result()
    assert newer.state is TrialState.FAILED
    assert "wire version 99" in newer.reason
    runner.start(trial_spec(1), tmp_path)
    assert runner.result().state is TrialState.COMPLETED


def test_sleeping_needs_no_framework():
    script = (
        "import sys, optimization.engine.runner, optimization.engine.sleeping\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"tensorflow", "keras", "sklearn"}.isdisjoint(done.stdout.split())


def test_a_real_trial_leaves_its_log_and_counts_its_files(trainer, tmp_path):
    trainer.start(trial_spec(0, model=SMALL), tmp_path)
    assert [trainer.next("epoch")["report"]["epoch"] for _ in range(2)] == [1, 2]
    trained = TrialResult.from_dict(trainer.next("trained")["result"])
    result = trainer.result()
    assert trained.state is result.state is TrialState.COMPLETED
    assert (trained.model_file, trained.test_accuracy) == ("model.keras", result.test_accuracy)
    kept = {"arrays.npz", "history.json", "layers.json", "manifest.json", "model.keras", "trial.log"}
    assert set(result.files) == kept
    assert result.files == {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert "epoch 2/2: loss" in (tmp_path / "trial.log").read_text()


def test_a_trial_trained_again_from_its_manifest_comes_to_the_same_figures(trainer, tmp_path):
    model = SMALL.replace(data_augmentation=True, first_hidden_layer_dropout=0.3)
    trainer.start(trial_spec(7, model=model, holdout_split=0.2), tmp_path / "first")
    first = trainer.result()
    manifest = json.loads((tmp_path / "first" / "manifest.json").read_text())
    trainer.start(trial_spec(8, model=SMALL, max_epochs=1), tmp_path / "between")
    trainer.result()
    trainer.start(TrialSpec.from_dict(manifest["spec"]), tmp_path / "again")
    again = trainer.result()
    assert first.state is TrialState.COMPLETED
    for figure in ("val_loss", "val_accuracy", "val_balanced_accuracy", "test_loss", "test_accuracy"):
        assert getattr(again, figure) == getattr(first, figure) is not None


def test_the_manifest_says_what_a_trial_was_made_from(trainer, tmp_path):
    trainer.start(trial_spec(9, model=SMALL, max_epochs=1, holdout_split=0.1), tmp_path)
    trainer.result()
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert {"tunewell", "python", "tensorflow", "keras", "optuna", "numpy"} <= set(manifest["versions"])
    assert manifest["spec"] == trial_spec(9, model=SMALL, max_epochs=1, holdout_split=0.1).to_dict()
    data = manifest["dataset"]
    parts = [data[f"{part}_examples"] for part in ("training", "validation", "test", "holdout")]
    assert sum(parts) == 1797
    assert min(parts) > 0
    assert len(data["sha256"]) == 64
    assert manifest["seed"] == 9
    assert "cpu" in manifest["device"]


def test_a_trial_that_raises_fails_with_its_traceback_and_the_next_one_trains(trainer, tmp_path):
    trainer.start(trial_spec(0, model=SMALL.replace(activation="sideways")), tmp_path / "bad")
    failed = trainer.result()
    assert failed.state is TrialState.FAILED
    assert failed.reason.startswith("ValueError: ")
    assert "sideways" in failed.reason
    assert "model_builder.py" in failed.traceback
    assert "Traceback" in (tmp_path / "bad" / "trial.log").read_text()
    trainer.start(trial_spec(1, model=SMALL, max_epochs=1), tmp_path / "good")
    assert trainer.result().state is TrialState.COMPLETED


def test_damaged_data_fail_the_trial_with_the_files_name(trainer, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"damaged")
    trainer.start(trial_spec(0, dataset_name="mnist", data_dir=str(tmp_path)), tmp_path / "trial")
    result = trainer.result()
    assert result.state is TrialState.FAILED
    assert result.reason.startswith("DatasetUnavailable: ")
    assert str(tmp_path / "mnist.npz") in result.reason


def test_a_verdict_ends_a_real_training_within_its_epoch(trainer, tmp_path):
    trainer.start(trial_spec(0, model=SMALL, max_epochs=1000), tmp_path)
    trainer.next("epoch")
    trainer.send(kind="verdict", number=0, attempt=1, verdict="stop")
    assert trainer.result().state is TrialState.STOPPED


def test_a_real_training_ends_when_its_parent_is_gone(tmp_path):
    runner = Runner()
    runner.start(trial_spec(0, model=SMALL, max_epochs=1000), tmp_path)
    runner.next("ready")
    runner.next("epoch")
    assert runner.close() == 0
    runner.end()


@pytest.mark.parametrize("kind", ["ResourceExhaustedError", "MemoryError"])
def test_out_of_memory_says_what_to_do(kind):
    error = type(kind, (Exception,), {})("OOM when allocating tensor\nwith a long story")
    result = failure(trial_spec(0).to_dict(), error)
    assert result.reason.startswith(f"{kind}: OOM when allocating tensor (out of memory: use a smaller batch_size")
    assert "\n" not in result.reason


def test_the_sleeping_trainer_knows_uploads(tmp_path, monkeypatch):
    monkeypatch.delenv("TUNEWELL_UPLOAD_DIR", raising=False)
    rows = "\n".join(f"text {number},{'ab'[number % 2]}" for number in range(10))
    (tmp_path / "texts.csv").write_text(f"text,label\n{rows}\n")
    name, _ = add_upload(tmp_path / "texts.csv", data_dir=str(tmp_path))
    spec = trial_spec(0, dataset_name=name, data_dir=str(tmp_path))
    result = sleep_trial(spec, tmp_path, on_epoch=lambda report: None, wait=lambda seconds: None, epoch_s=0)
    assert (result.state, result.classes) == (TrialState.COMPLETED, 2)
