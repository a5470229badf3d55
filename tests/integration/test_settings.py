"""What the settings make of an empty environment, and how the processes share files."""

import logging
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from hpoproject.logs import SharedRotatingFileHandler
from hpoproject.secret import secret_key

ROOT = Path(__file__).parents[2]


def setting(name: str, tmp_path: Path, **environment: str) -> str:
    """A setting as a new process has it, in an environment of its own."""
    folders = {"TUNEWELL_VAR_DIR": str(tmp_path / "var"), "TUNEWELL_LOG_DIR": str(tmp_path / "log")}
    script = f"from hpoproject import settings; print(settings.{name})"
    env = {"PATH": os.environ["PATH"], **folders, **environment}
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_the_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(path), range(8)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


def test_a_fresh_installation_is_closed_and_local(tmp_path: Path) -> None:
    assert setting("DEBUG", tmp_path) == "False"
    assert setting("ALLOWED_HOSTS", tmp_path) == "['localhost', '127.0.0.1', '[::1]']"
    assert str(tmp_path / "var" / "tunewell.sqlite3") in setting("DATABASES", tmp_path)


def test_the_environment_decides(tmp_path: Path) -> None:
    assert "postgresql" in setting("DATABASES", tmp_path, DATABASE_URL="postgres://u:p@h/d")
    assert "redis://h" in setting("CHANNEL_LAYERS", tmp_path, REDIS_URL="redis://h")
    assert setting("SESSION_COOKIE_SECURE", tmp_path, TUNEWELL_HTTPS="1") == "True"
    assert setting("TUNEWELL_RUNNER_ARGS", tmp_path, TUNEWELL_RUNNER_ARGS="--trainer sleep") == "['--trainer', 'sleep']"


def test_pages_run_no_script_and_no_style_of_others(client: Client, alice: User) -> None:
    client.force_login(alice)
    policy = client.get("/")["Content-Security-Policy"].split("; ")
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy


def test_static_files_are_served_as_they_lie(client: Client) -> None:
    file = next(path for path in (ROOT / "static").rglob("*.js"))
    answer = client.get(f"/static/{file.relative_to(ROOT / 'static')}")
    assert answer.content == file.read_bytes()
    assert not answer.streaming
    assert client.get(answer.request["PATH_INFO"], headers={"if-none-match": answer["ETag"]}).status_code == 304


def test_an_unusable_results_folder_is_an_error_of_the_check(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.TUNEWELL_RESULTS_DIR = tmp_path / "file" / "results"
    assert "tunewell.E001" in [message.id for message in run_checks()]


def test_an_absent_data_folder_is_a_warning_of_the_check(settings: Settings, tmp_path: Path) -> None:
    settings.TUNEWELL_DATA_DIR = tmp_path / "nowhere"
    (message,) = [message for message in run_checks() if message.id == "tunewell.W001"]
    assert "nowhere" in message.msg


@pytest.fixture
def two_writers(tmp_path: Path) -> list[SharedRotatingFileHandler]:
    """Handlers of one log file, as in two processes."""
    return [SharedRotatingFileHandler(tmp_path / "log" / "web.log", max_bytes=200, keep=2) for _ in range(2)]


def test_a_full_log_moves_on_and_no_line_is_lost(two_writers: list[SharedRotatingFileHandler], tmp_path: Path) -> None:
    lines = [f"line {number:03}" for number in range(100)]
    for number, line in enumerate(lines):
        two_writers[number % 2].handle(logging.makeLogRecord({"msg": line}))
    logs = [tmp_path / "log" / name for name in ("web.log.2", "web.log.1", "web.log")]
    kept = "".join(log.read_text() for log in logs).splitlines()
    assert kept == lines[-len(kept) :]
    assert len(kept) > 40
    assert all(log.stat().st_size <= 220 for log in logs)
    assert not (tmp_path / "log" / "web.log.3").exists()
