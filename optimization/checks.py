"""What `manage.py check` says about this installation."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks


@checks.register
def folders(**_: Any) -> list[checks.CheckMessage]:
    """The folders that work and results go to."""
    problems: list[checks.CheckMessage] = []
    for name in ("TUNEWELL_RESULTS_DIR", "TUNEWELL_VAR_DIR", "TUNEWELL_LOG_DIR", "TUNEWELL_UPLOAD_DIR"):
        path = getattr(settings, name)
        if not _writable(path):
            problems.append(checks.Error(f"{path} cannot be written.", hint=f"Set {name}.", id="tunewell.E001"))
    data = settings.TUNEWELL_DATA_DIR
    if data is not None and not data.is_dir():
        problems.append(
            checks.Warning(f"There is no folder {data}.", hint="Correct TUNEWELL_DATA_DIR.", id="tunewell.W001")
        )
    return problems


@checks.register
def front_end(**_: Any) -> list[checks.CheckMessage]:
    """The packages that pages are drawn with."""
    missing = [
        path for path in settings.NPM_FOLDERS.values() if not (settings.BASE_DIR / "node_modules" / path).is_dir()
    ]
    if not missing:
        return []
    text = f"Pages will look plain: node_modules lacks {', '.join(missing)}."
    return [checks.Warning(text, hint="Run `make install`.", id="tunewell.W002")]


def _writable(path: Path) -> bool:
    """Whether files can be put there, the folder being made when it is not there yet."""
    while not path.exists():
        path = path.parent
    return path.is_dir() and os.access(path, os.W_OK)
