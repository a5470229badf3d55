"""CI's rule that nothing is left out."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IN_THE_TEST = "import pytest\n\ndef test_it():\n    pytest.skip('no chromium here')\n"
IN_THE_MODULE = "import pytest\n\npytest.skip('no chromium here', allow_module_level=True)\n"


@pytest.mark.parametrize("workers", ["0", "1"], ids=["itself", "worker"])
@pytest.mark.parametrize("source", [IN_THE_TEST, IN_THE_MODULE], ids=["test", "module"])
def test_a_skip_fails_the_session_and_says_why(source: str, workers: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(source)
    plugins = ["-p", "no:django", "-p", "tests.no_skips"]
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "-n", workers, *plugins, str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "no chromium here" in run.stdout
