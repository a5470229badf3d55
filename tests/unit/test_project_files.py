"""What the files around the code must be true to."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGE = json.loads((ROOT / "package.json").read_text())
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-node.lock")
NEEDED = (
    ".ci/run",
    ".editorconfig",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "docs/ARCHITECTURE.md",
    "docs/DEPENDENCIES.md",
    "docs/RESULTS.md",
    "manage.py",
    "package-lock.json",
    *LOCKS,
)
HOMES = re.compile(r"/(?:home|Users)/\w|/root\b/|[A-Z]:\\Users")
LONGEST = 400


def tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """The file's text; nothing for a picture."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode()


def direct_dependencies() -> set[str]:
    groups = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
    python = {re.split(r"[^A-Za-z0-9_.-]", line)[0] for group in groups for line in group}
    python |= {re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in PROJECT["dependency-groups"]["node"]}
    return python | set(PACKAGE.get("dependencies", {})) | set(PACKAGE.get("devDependencies", {}))


@pytest.mark.parametrize("name", NEEDED)
def test_a_project_file_is_there(name: str) -> None:
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("name", LOCKS)
def test_a_python_lock_pins_by_hash_and_names_no_address(name: str) -> None:
    lock = (ROOT / name).read_text()
    pins = re.findall(r"^[a-z0-9][a-z0-9._-]*(?:\[[a-z,]+\])?==", lock, flags=re.MULTILINE)
    assert pins
    assert len(re.findall(r"==.*\\\n    --hash=sha256:", lock)) == len(pins)
    assert "://" not in lock
    assert "index-url" not in lock


def test_the_npm_lock_names_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_no_file_knows_one_machine() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in tracked()
        if HOMES.search(text := text_of(path)) or str(ROOT) + "/" in text
    }
    assert not found


def test_the_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert {PACKAGE["version"], lock["version"], lock["packages"][""]["version"]} == {version}
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_direct_dependency_is_accounted_for() -> None:
    named = set(re.findall(r"`([^`]+)`", (ROOT / "docs" / "DEPENDENCIES.md").read_text()))
    assert direct_dependencies() <= named


def test_files_stay_readable() -> None:
    long = {str(path.relative_to(ROOT)): len(text_of(path).splitlines()) for path in tracked("*.py")}
    assert {name: lines for name, lines in long.items() if lines > LONGEST} == {}


def test_no_javascript_test_is_left_out() -> None:
    left_out = re.compile(r"\.(skip|todo|only|skipIf|runIf)\b")
    assert [path.name for path in tracked("tests/js") if left_out.search(text_of(path))] == []


def test_links_between_the_documents_lead_somewhere() -> None:
    links = [
        (path, target)
        for path in tracked("*.md")
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text_of(path))
        if "://" not in target
    ]
    assert links
    assert [(path.name, target) for path, target in links if not (path.parent / target).exists()] == []
