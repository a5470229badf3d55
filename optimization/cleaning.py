"""What may be forgotten: old events, epochs of lost attempts, files that belong to nothing."""

import dataclasses
import logging
import shutil
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F

from optimization.artifacts import scratch_root
from optimization.engine.artifacts import SCRATCH_MARK
from optimization.engine.config import RUN_NAME
from optimization.engine.journal import JOURNAL_NAME
from optimization.models import EpochMetrics, Job, JobEvent, from_now

logger = logging.getLogger(__name__)

ORPHANED_AFTER_S = 24 * 3600
"""A folder without a job may be one that is just being made, until it is this old."""


@dataclasses.dataclass(frozen=True)
class Cleaned:
    """How many of each were removed."""

    events: int
    epochs: int
    folders: int


def clean() -> Cleaned:
    """Remove what nobody needs any more; safe beside everything else that runs, and to repeat."""
    long_finished = Job.objects.filter(finished_at__lt=from_now(-timedelta(days=settings.TUNEWELL_KEEP_EVENTS_DAYS)))
    events, _ = JobEvent.objects.filter(job__in=long_finished).delete()
    lost = EpochMetrics.objects.filter(trial__job__in=long_finished, attempt__lt=F("trial__attempt"))
    epochs, _ = lost.delete()
    roots = (Path(settings.TUNEWELL_RESULTS_DIR), scratch_root())
    return Cleaned(events=events, epochs=epochs, folders=sum(_remove(path) for path in _orphans(roots)))


def _orphans(roots: Iterable[Path]) -> list[Path]:
    """Runs of the portal whose job is gone, and what finished jobs left on its way. Runs of Python use stay."""
    known = set(Job.objects.values_list("run_name", flat=True))
    unfinished = set(Job.objects.unfinished().values_list("run_name", flat=True))
    orphans = []
    for folder in (path for root in roots if root.is_dir() for path in root.iterdir()):
        if not RUN_NAME.fullmatch(folder.name) or (folder / JOURNAL_NAME).exists():
            continue
        if folder.name not in known:
            orphans.append(folder)
        elif folder.name not in unfinished:
            inside = (*folder.glob("*"), *folder.glob("plots/*"))
            orphans += [path for path in inside if SCRATCH_MARK in path.name]
    return orphans


def _remove(path: Path) -> bool:
    """Whether it was old enough, and removed."""
    try:
        if time.time() - path.stat().st_mtime < ORPHANED_AFTER_S:
            return False
        path.unlink() if path.is_file() else shutil.rmtree(path)
    except OSError as error:
        logger.warning("%s could not be removed: %s", path, error)
        return False
    return True
