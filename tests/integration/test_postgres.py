"""What happens at the same moment happens in the same order on PostgreSQL, where writers do not wait for each other."""

import os
import subprocess
import sys
from pathlib import Path

from tests.integration.postgres import postgres_server

ROOT = Path(__file__).parents[2]
TESTS = ["controls", "cluster"]
ELSEWHERE = "not real_processes and not each_verb and not page"


def test_jobs_and_trials_are_as_right_on_postgresql(tmp_path: Path) -> None:
    files = [f"tests/integration/test_{name}.py" for name in TESTS]
    with postgres_server() as url:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-k", ELSEWHERE, *files]
        env = os.environ | {"DATABASE_URL": url, "TUNEWELL_VAR_DIR": str(tmp_path / "var")}
        run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
