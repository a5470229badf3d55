"""Measures what docs/RESULTS.md says, and writes it: `make results`."""

import dataclasses
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "RESULTS.md"


@dataclasses.dataclass(frozen=True)
class Run:
    """One command whose outcome is published; arguments as given to `manage.py optimize`."""

    title: str
    arguments: tuple[str, ...]


DIGITS = Run("Digits, as in `make demo`", ("--dataset", "digits", "--trials", "8"))
FASHION_MNIST = Run(
    "Fashion-MNIST, full size",
    ("--dataset", "fashion_mnist", "--trials", "4", "--max-epochs-per-trial", "3"),
)


@dataclasses.dataclass(frozen=True)
class DefaultModel:
    """The default model of a data set alone, without a search. at_least: test accuracy it must reach."""

    dataset_name: str
    epochs: int
    at_least: float

    @property
    def run(self) -> Run:
        arguments = ("--dataset", self.dataset_name, "--trials", "1", "--max-epochs-per-trial", str(self.epochs))
        return Run(self.dataset_name, arguments)


DEFAULT_MODELS = (
    DefaultModel("mnist", 2, 0.985),
    DefaultModel("fashion_mnist", 4, 0.89),
    DefaultModel("cifar10", 6, 0.60),
    DefaultModel("gtsrb", 6, 0.85),
    DefaultModel("imdb", 3, 0.83),
    DefaultModel("reuters", 6, 0.58),
)


def data_dir() -> Path | None:
    """Where real data-set files are, if anywhere: TUNEWELL_DATA_DIR, else a folder beside the repository."""
    places = [os.environ.get("TUNEWELL_DATA_DIR"), ROOT.parent / "shared" / "datasets"]
    return next((Path(place).resolve() for place in places if place and Path(place).is_dir()), None)


def measure(run: Run, results_dir: Path) -> dict[str, Any]:
    """Run the command; its OptimizationResult with `wall_s`, the seconds it took. Its progress goes to stderr."""
    command = [sys.executable, str(ROOT / "manage.py"), "optimize", *run.arguments, "--json"]
    environment = dict(os.environ) | {"TUNEWELL_RESULTS_DIR": str(results_dir)}
    if folder := data_dir():
        environment["TUNEWELL_DATA_DIR"] = str(folder)
    started = time.monotonic()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result | {"wall_s": time.monotonic() - started}


def in_words(result: dict[str, Any]) -> str:
    return f"test accuracy {result['test_accuracy']:.4f} in {result['wall_s'] / 60:.1f} minutes"


def machine() -> str:
    parts = [f"{os.cpu_count()} cores", platform.machine(), platform.system(), f"Python {platform.python_version()}"]
    return ", ".join(parts + [f"{name} {version(name)}" for name in ("tensorflow", "keras", "optuna")])


def section(run: Run, result: dict[str, Any]) -> str:
    baseline = next(trial for trial in result["trials"] if trial["number"] == 0)
    best = next(trial for trial in result["trials"] if trial["number"] == result["best_trial_number"])
    lines = [
        f"## {run.title}",
        "",
        f"`manage.py optimize {' '.join(run.arguments)}`" + (f" ({size})" if (size := result["dataset_size"]) else ""),
        "",
        "| | best trial | default model (trial 0) |",
        "| --- | --- | --- |",
        f"| trial | {best['number']} | 0 |",
    ]
    for name, label in (
        ("val_accuracy", "validation accuracy"),
        ("test_accuracy", "test accuracy"),
        ("overall_health", "health"),
        ("total_score", "score"),
    ):
        lines.append(f"| {label} | {_figure(best[name])} | {_figure(baseline[name])} |")
    counts = f"{result['completed']} completed, {result['pruned']} pruned, {result['failed']} failed"
    return "\n".join([*lines, "", f"{counts}; {result['wall_s'] / 60:.1f} minutes.", ""])


def default_models(measured: Iterable[tuple[DefaultModel, dict[str, Any]]]) -> str:
    """The section on default models: one row for each."""
    lines = [
        "## The default model alone",
        "",
        "`manage.py optimize --dataset NAME --trials 1 --max-epochs-per-trial EPOCHS`: `ModelConfig()` as it is, a CNN",
        "for pictures and an LSTM for text.",
        "",
        "| data set | here | epochs | validation accuracy | test accuracy | at least | parameters | minutes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for model, result in measured:
        (trial,) = result["trials"]
        lines.append(
            f"| `{model.dataset_name}` | {result['dataset_size'] or 'complete'} | {model.epochs} "
            f"| {_figure(trial['val_accuracy'])} | {_figure(trial['test_accuracy'])} | {model.at_least} "
            f"| {trial['parameters']:,} | {result['wall_s'] / 60:.1f} |"
        )
    return "\n".join([*lines, ""])


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def page(sections: list[str]) -> str:
    head = [
        "# Results",
        "",
        "Measured by `make results`, which writes this page. The best trial is the one chosen on validation data; its",
        "test accuracy was measured once and played no part in the choice.",
        "",
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, {machine()}.",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(sections)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sections = [section(run, measure(run, Path(folder))) for run in (DIGITS, FASHION_MNIST)]
        sections.append(default_models((model, measure(model.run, Path(folder))) for model in DEFAULT_MODELS))
    RESULTS.write_text(page(sections))


if __name__ == "__main__":
    main()
