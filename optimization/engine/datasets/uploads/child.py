"""Converting in a process of its own: what a hostile file breaks there breaks nothing else."""

import argparse
import json
import logging
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from ...errors import ConfigError
from . import add_upload
from .report import UploadRefused, UploadReport

logger = logging.getLogger(__name__)

NICENESS = 5
MEMORY_BYTES = 4 * 10**9
LONGEST_LOG = 4000

_ROOT = str(Path(__file__).parents[4])


def add_upload_apart(path: Path, *, title: str, source_name: str, limit_s: float) -> tuple[str, UploadReport]:
    """As add_upload, in a child that may take `limit_s` seconds and MEMORY_BYTES.

    Raises UploadRefused and ConfigError like add_upload, and UploadRefused when the child does not finish.
    """
    # A file may be called "--help", which is no option after =.
    arguments = [str(path), f"--title={title}", f"--source-name={source_name}", f"--cpu-s={limit_s:g}"]
    command = [sys.executable, "-m", f"{__package__}.child", *arguments]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # each thread of it reserves memory that counts
    try:
        child = subprocess.run(
            command,
            cwd=_ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UploadRefused(
            [f"Reading the file took longer than {limit_s:g} s. Send fewer or smaller images."]
        ) from error
    try:
        return _taken(json.loads(child.stdout))
    except json.JSONDecodeError as error:
        logger.error("reading %s broke off: %s", source_name, child.stderr[-LONGEST_LOG:].decode(errors="replace"))
        raise UploadRefused(["Reading the file broke off: it is damaged, or needs too much memory."]) from error


def _taken(answer: dict[str, Any]) -> tuple[str, UploadReport]:
    if "reasons" in answer:
        raise UploadRefused(answer["reasons"])
    if "errors" in answer:
        raise ConfigError(answer["errors"])
    return answer["name"], UploadReport.from_dict(answer["report"])


def _answer(options: argparse.Namespace) -> dict[str, Any]:
    try:
        name, report = add_upload(options.path, title=options.title, source_name=options.source_name)
    except UploadRefused as refused:
        return {"reasons": refused.reasons}
    except ConfigError as error:
        return {"errors": error.errors}
    return {"name": name, "report": report.to_dict()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--title", default="")
    parser.add_argument("--source-name")
    parser.add_argument("--cpu-s", type=float, default=float("inf"))
    options = parser.parse_args()
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if options.cpu_s != float("inf"):  # also when nobody is left to end it
        resource.setrlimit(resource.RLIMIT_CPU, (int(options.cpu_s) + 1, int(options.cpu_s) + 2))
    sys.stdout.write(json.dumps(_answer(options), allow_nan=False))


if __name__ == "__main__":
    main()
