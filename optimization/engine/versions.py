"""What this process is made of, for manifests."""

import functools
import platform
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .trial import WIRE_VERSION

PACKAGES = ("keras", "numpy", "optuna", "scikit-learn", "tensorflow")
"""Those whose version can change what a trial comes to."""

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@functools.cache
def versions() -> dict[str, str]:
    """Versions by name: Tunewell, its wire format, Python, and the packages that are installed here."""
    found = {"tunewell": _tunewell(), "tunewell_wire": str(WIRE_VERSION), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a worker that only trains has no Optuna
            continue
    return found


def _tunewell() -> str:
    """Of the installed package, or of the checkout that runs."""
    try:
        return version("tunewell")
    except PackageNotFoundError:
        return str(tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"])
