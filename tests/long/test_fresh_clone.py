"""A newcomer's way: clone, one command, a model. What is not committed is not seen here."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = re.compile(r"TUNEWELL_|DATABASE_URL$|REDIS_URL$|DJANGO_|Q_CLUSTER|VIRTUAL_ENV$|MAKE|MFLAGS$|PYTHON|PYTEST|CI$")


def make_demo(clone: Path, home: Path) -> str:
    """`make demo ONCE=1` as somebody would run it who has just arrived; returns what it printed."""
    environment = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    environment["HOME"] = str(home)
    done = subprocess.run(
        ["make", "demo", "ONCE=1"],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def stamps(clone: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for folder in (".venv", "node_modules")
        for path in (clone / folder).glob(".[dr]*-*")
    }


def test_a_newcomer_gets_a_good_model_and_installs_once(tmp_path: Path) -> None:
    clone, home = tmp_path / "clone", tmp_path / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)

    first = make_demo(clone, home)
    model = re.search(r"^Best model: (.+)$", first, flags=re.MULTILINE)
    accuracy = re.search(r"^Test accuracy of the best model: ([\d.]+)$", first, flags=re.MULTILINE)
    assert model, first[-5000:]
    assert Path(model[1]).is_file()
    assert Path(model[1]).is_relative_to(clone)
    assert accuracy, first[-5000:]
    assert float(accuracy[1]) >= 0.96
    installed = stamps(clone)
    assert len(installed) == 2

    second = make_demo(clone, home)
    assert "tools/setup" not in second
    assert stamps(clone) == installed
