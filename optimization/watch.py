"""What each worker of the queue does beside its work: it says that it is alive, and wakes what waits."""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from optimization import lifeline
from optimization.cleaning import clean
from optimization.cluster import warm_runner, worker_name
from optimization.models import Job, Trial, Worker, from_now
from optimization.services import job_purge
from optimization.tasks import TRIALS, draw_best_plots, run_job, run_trials, wake_job, wake_plots, wake_trials

logger = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=2)
"""How long something may wait before it is taken for forgotten and woken again."""
CLEAN_EVERY_S = 24 * 3600.0
FIRST_CLEAN_AFTER_S = 60.0
"""Soon, since a portal on a laptop may never run for a whole day."""
FORGET_WORKERS_AFTER = timedelta(days=1)


def on_spawn(**_: Any) -> None:
    """A new worker process of either queue; connected to django-q2's post_spawn."""
    lifeline.leave_on_sigterm()
    threading.Thread(target=_beat, name="watch", daemon=True).start()
    if Conf.CLUSTER_NAME == TRIALS:
        warm_runner()
    else:
        import optimization.loop  # noqa: F401  (loads Optuna before the first job needs it)


def _beat() -> None:
    clean_at = time.monotonic() + FIRST_CLEAN_AFTER_S
    while True:
        try:
            say_alive(worker_name(), Conf.CLUSTER_NAME)
            wake_what_waits()
            purge_what_is_deleted()
            if Conf.CLUSTER_NAME != TRIALS and time.monotonic() > clean_at:
                clean_at += CLEAN_EVERY_S
                logger.info("%s", clean())
        except DatabaseError:
            logger.exception("the database does not answer")
            connection.close()
        time.sleep(Worker.BEAT.total_seconds())


def say_alive(name: str, queue: str) -> None:
    if not Worker.objects.filter(name=name).update(seen_at=Now(), queue=queue):
        Worker.objects.filter(seen_at__lt=from_now(-FORGET_WORKERS_AFTER)).delete()
        Worker.objects.create(name=name, queue=queue, seen_at=Now())


def wake_what_waits() -> None:
    """Wake the loops of forgotten jobs, who draws plots that are due, and the workers for trials that wait.

    Its processes may have been killed, or a wake-up lost with one of them. Waking too often does no harm.
    """
    pending = _pending_calls()
    for job_id in Job.objects.forgotten(PATIENCE).values_list("pk", flat=True):
        if (run_job.__name__, str(job_id)) not in pending:
            wake_job(job_id)
    for job_id in Job.objects.with_plots_due().values_list("pk", flat=True):
        if (draw_best_plots.__name__, str(job_id)) not in pending:
            wake_plots(job_id)
    waits_long = Trial.objects.claimable().filter(queued_at__lt=from_now(-PATIENCE)).exists()
    if waits_long and (run_trials.__name__,) not in pending:
        wake_trials()


def purge_what_is_deleted() -> None:
    """Remove deleted jobs that nobody writes any more."""
    for job_id in Job.objects.deleted().values_list("pk", flat=True):
        try:
            job_purge(job_id)
        except DatabaseError:
            raise
        except Exception:  # the files' store may say anything; this thread has other jobs to look after
            logger.exception("job %s could not be removed yet", job_id)


def _pending_calls() -> set[tuple[str, ...]]:
    """The wake-ups that no worker has fetched yet, as (function, argument …)."""
    entries = OrmQ.objects.filter(lock__lte=timezone.now())  # django-q2 keeps them by this clock
    return {(str(entry.func()).rpartition(".")[2], *(entry.args() or ())) for entry in entries}
