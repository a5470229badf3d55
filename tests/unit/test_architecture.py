"""What the walls between the rooms must hold; import-linter's contracts stand in pyproject.toml."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("accounts", "hpoproject", "optimization", "runpod_service", "visualization")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
ENGINE = ROOT / "optimization" / "engine"

OPTUNA_ROOMS = {"pruning.py", "samplers.py", "search_space.py", "study.py", "study_figures/of_optuna.py"}
KERAS_ROOMS = {
    "evaluation.py",
    "examination.py",
    "explaining.py",
    "feeding.py",
    "graphs.py",
    "model_builder.py",
    "monitor.py",
    "probes.py",
    "recorded/course.py",
    "recorded/examples.py",
    "runner.py",
    "saved_model.py",
    "training.py",
    "watch.py",
}
HEAVY = ("tensorflow", "keras", "matplotlib", "plotly", "scipy", "sklearn")


def modules_named_in(path: Path) -> set[str]:
    """Top-level names of the packages that a file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def files_that_import(package: str) -> set[Path]:
    return {path for path in SOURCES if package in modules_named_in(path)}


def files_that_say(text: str) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in SOURCES for _ in range(path.read_text().count(text))]


def loaded_by(statements: str) -> set[str]:
    """Top-level packages that a new interpreter holds after running the statements."""
    script = f"{statements}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_the_arrows_between_the_rooms_hold() -> None:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_models_are_fitted_in_one_place() -> None:
    assert files_that_say("model.fit(") == ["optimization/engine/training.py"]


def test_the_study_is_asked_in_one_file() -> None:
    assert files_that_say("study.ask(") == ["optimization/engine/optimizer.py"]


def test_optuna_is_named_in_the_search_alone() -> None:
    assert files_that_import("optuna") <= {ENGINE / name for name in OPTUNA_ROOMS}


def test_keras_is_named_in_the_training_alone() -> None:
    assert files_that_import("keras") | files_that_import("tensorflow") <= {ENGINE / name for name in KERAS_ROOMS}


def test_web_and_queue_processes_stay_light() -> None:
    names = loaded_by(
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'hpoproject.settings'\n"
        "import django; django.setup()\n"
        "import hpoproject.asgi, hpoproject.urls, optimization.admin, optimization.consumers, optimization.tasks\n"
        "import optimization.cluster, optimization.watch"
    )
    assert names.isdisjoint({*HEAVY, "optuna"})


def test_the_runner_loads_no_django_and_no_optuna() -> None:
    names = loaded_by("import optimization.engine.runner, optimization.engine.training")
    assert names.isdisjoint({"django", "optuna", "rest_framework", "channels", *ROOMS} - {"optimization"})


def test_naming_the_engine_loads_neither_optuna_nor_a_framework() -> None:
    names = loaded_by("from optimization.engine import ModelConfig, OptimizationConfig, OptimizationRequest")
    assert names.isdisjoint({"django", "optuna", *HEAVY})
