"""The plain files of a trial's folder; both trainers write them."""

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .trial import EpochReport, TrialSpec, finite
from .versions import versions

FILE_VERSION = 1
LOG_NAME = "trial.log"
ARRAYS_FILE = "arrays.npz"
PLOTS_FOLDER = "plots"


def write_json(path: Path, value: Any) -> None:
    """Strict JSON for people and programs."""
    path.write_text(json.dumps(finite(value), allow_nan=False, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_history(folder: Path, reports: Sequence[EpochReport]) -> None:
    """Values by epoch; the evidence of the last one's health is in arrays.npz."""
    epochs = [report.without_measurements().to_dict() for report in reports]
    write_json(folder / "history.json", {"version": FILE_VERSION, "epochs": epochs})


def write_manifest(
    folder: Path, spec: TrialSpec, *, trainer: str, device: str | None, dataset: Mapping[str, Any] | None
) -> None:
    """What the trial was made from: enough to train it again, since TrialSpec.from_dict reads `spec` back."""
    write_json(
        folder / "manifest.json",
        {
            "version": FILE_VERSION,
            "trainer": trainer,
            "versions": versions(),
            "platform": platform.platform(),
            "seed": spec.seed,
            "device": device,
            "dataset": dataset,
            "spec": spec.to_dict(),
        },
    )


def file_sizes(folder: Path) -> dict[str, int]:
    """Size in bytes of every file, by its path within the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
