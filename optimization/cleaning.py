"""What may be forgotten: old events, epochs of lost attempts, files that belong to nothing."""

import dataclasses
import re
import shutil
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F

from optimization.engine.artifacts import SCRATCH_MARK
from optimization.engine.config import RUN_NAME
from optimization.engine.journal import JOURNAL_NAME
from optimization.models import EpochMetrics, Job, JobEvent, from_now

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
    return Cleaned(events=events, epochs=epochs, folders=_remove_orphans(Path(settings.TUNEWELL_RESULTS_DIR)))


def _remove_orphans(results: Path) -> int:
    """Runs of the portal whose job is gone, and scratch folders of finished jobs. Runs of Python use stay."""
    unfinished = set(Job.objects.unfinished().values_list("run_name", flat=True))
    known = set(Job.objects.values_list("run_name", flat=True))
    orphans = []
    for folder in results.iterdir() if results.is_dir() else ():
        if not re.fullmatch(RUN_NAME, folder.name) or (folder / JOURNAL_NAME).exists():
            continue
        if folder.name not in known:
            orphans.append(folder)
        elif folder.name not in unfinished:
            orphans += [path for path in folder.glob("plots/*") if SCRATCH_MARK in path.name]
    removed = [folder for folder in orphans if time.time() - folder.stat().st_mtime > ORPHANED_AFTER_S]
    for folder in removed:
        shutil.rmtree(folder, ignore_errors=True)
    return len(removed)
