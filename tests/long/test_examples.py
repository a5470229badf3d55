"""The examples run as they stand, in folders of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
LIMIT_S = 300


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As if Tunewell were installed; and no kernel or setting of this person's own is used."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (tmp_path / "home").mkdir()
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))


def printed(notebook: nbformat.NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield output.get("text", "") or output.get("data", {}).get("text/plain", "")


def test_the_notebook_runs_and_its_best_model_reads_digits(tmp_path: Path) -> None:
    notebook = nbformat.read(EXAMPLES / "first_search.ipynb", as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=LIMIT_S, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    text = "\n".join(printed(notebook))
    assert "default model (trial 0)" in text
    assert "total_score" in text
    read = re.findall(r"read as (\d), \d+% sure; it is (\d)", text)
    assert len(read) == 8
    assert sum(said == it_is for said, it_is in read) >= 6


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(EXAMPLES / "first_search.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_own_data_and_an_own_builder_are_searched(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "own_search.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("completed") + done.stdout.count("pruned") == 3, done.stdout
    (model,) = tmp_path.glob("optimization_results/shapes_*/optimized_model/optimized_shapes_acc_*.keras")
    assert str(model.relative_to(tmp_path)) in done.stdout
    assert float(model.stem.rpartition("_")[2]) > 0.6  # by chance it would be a third


def test_the_examples_need_no_framework_in_the_process_that_leads_the_search(tmp_path: Path) -> None:
    script = "import sys, own_data, own_model; print('tensorflow' in sys.modules)"
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(EXAMPLES)])}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
