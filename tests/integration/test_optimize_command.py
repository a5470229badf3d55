"""`manage.py optimize`: wrong input, exit codes, and the JSON of a real, small search."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).parents[2]

WRONG = [
    (["--dataset", "nope"], "dataset_name", "digits, mnist, fashion_mnist"),
    ([], "dataset_name", "is required"),
    (["--dataset", "digits", "--trials", "0"], "trials", "1 to 10,000"),
    (["--dataset", "digits", "--mode", "simple", "--optimize-for", "overall_health"], "optimize_for", "needs mode"),
    (["--dataset", "digits", "--accuracy-weight", "2"], "accuracy_weight", "from 0 to 1"),
    (
        ["--dataset", "digits", "--health-component-proportions", '{"gradient_health": 0.5}'],
        "health_component_proportions",
        "sum to 0.5",
    ),
    (
        ["--dataset", "digits", "--health-component-proportions", "much"],
        "health_component_proportions",
        "JSON object",
    ),
    (["--resume", "nothing"], "resume", "no run to resume"),
]


@pytest.mark.parametrize(("arguments", "field", "said"), WRONG, ids=[f"{w[1]}-{n}" for n, w in enumerate(WRONG)])
def test_wrong_input_names_the_field_and_says_what_is_allowed(results_dir, arguments, field, said):
    with pytest.raises(CommandError) as caught:
        call_command("optimize", *arguments, "--results-dir", str(results_dir))
    assert caught.value.returncode == 2
    assert str(caught.value).startswith(f"{field} (--")
    assert said in str(caught.value)


def test_an_absent_file_is_named_and_leaves_no_run_behind(results_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mnist.npz").write_bytes(b"not an archive")
    arguments = ["--dataset", "mnist", "--data-dir", str(tmp_path / "data"), "--results-dir", str(results_dir)]
    with pytest.raises(CommandError) as caught:
        call_command("optimize", *arguments)
    assert caught.value.returncode == 2
    assert "dataset_name" in str(caught.value)
    assert "mnist.npz" in str(caught.value)
    assert not results_dir.exists()


def test_a_search_prints_its_result_as_json_and_its_progress_on_stderr(tmp_path):
    command = [sys.executable, str(ROOT / "manage.py"), "optimize", "--dataset", "digits", "--trials", "2"]
    command += ["--max-epochs-per-trial", "1", "--create-trial-plots", "best", "--results-dir", str(tmp_path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["state"], result["total_trials"]) == ("completed", 2)
    assert [len(trial["params"]) > 10 for trial in result["trials"]] == [True, True]
    assert 0 < result["test_accuracy"] <= 1
    assert Path(result["best_model_path"]).is_file()
    assert Path(result["best_model_path"]).name == f"optimized_digits_acc_{result['test_accuracy']:.4f}.keras"
    assert "trial 1 epoch 1/1" in done.stderr
    (drawn,) = tmp_path.glob("*/plots/trial_*/plots/index.json")
    assert drawn.parts[-3] == f"trial_{result['best_trial_number']}"


def test_an_argument_that_does_not_exist_exits_with_two():
    command = [sys.executable, str(ROOT / "manage.py"), "optimize", "--dataset", "digits", "--trails", "3"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--trails" in done.stderr
