"""Verbs on jobs that cross the database, the queue and files."""

import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from optimization.artifacts import artifact_store
from optimization.engine import datasets
from optimization.engine.errors import ConfigError, LeaseLost
from optimization.engine.request import OptimizationRequest
from optimization.engine.results import make_run_name
from optimization.engine.trial import JobState
from optimization.events import NothingNew, numbered
from optimization.models import UNFINISHED_JOBS, Job, StopRequest, nobody_holds_it
from optimization.tasks import wake_job

LONGEST_TITLE = 200


class JobStillRuns(Exception):
    """The job is not finished, and what was asked can only be done with a finished one."""


def data_dir() -> str | None:
    """Where data-set files lie, as the engine wants to know it."""
    return str(settings.TUNEWELL_DATA_DIR) if settings.TUNEWELL_DATA_DIR else None


def job_start(*, owner: User, request: OptimizationRequest, title: str = "") -> Job:
    """Write a new job and wake its loop. Raises ConfigError when it could not run here."""
    if len(title) > LONGEST_TITLE:
        raise ConfigError({"title": f"must be text of at most {LONGEST_TITLE} characters; got {len(title)}"})
    datasets.check_available(request.dataset_name, data_dir())
    job_id = uuid.uuid4()
    with transaction.atomic():
        job = Job.objects.create(
            pk=job_id,
            owner=owner,
            title=title.strip(),
            run_name=make_run_name(request.dataset_name, job_id),
            request=request.to_dict(),
        )
        wake_job(job.pk)
    return job


def job_stop(*, job: Job, when: StopRequest = StopRequest.NOW) -> None:
    """Ask the loop to stop; nothing for a finished job. `now` wins over `after_running`, in any order."""
    weaker = [StopRequest.NONE] if when == StopRequest.AFTER_RUNNING else [StopRequest.NONE, StopRequest.AFTER_RUNNING]
    try:
        with numbered(job.pk, 1) as events:
            asked = Job.objects.filter(pk=job.pk, state__in=UNFINISHED_JOBS, stop_request__in=weaker)
            if not asked.update(stop_request=when):
                raise NothingNew
            events.job()
    except LeaseLost:
        return  # deleted in the meantime
    wake_job(job.pk)


def job_delete(*, job: Job) -> None:
    """Remove a finished job, or one that never began, with its files. Raises JobStillRuns for others."""
    never_began = Q(nobody_holds_it(), state=JobState.QUEUED)
    finished = ~Q(state__in=UNFINISHED_JOBS)
    with transaction.atomic():
        free = Job.objects.filter(never_began | finished, pk=job.pk)
        if not free.update(lease_token=uuid.uuid4()):  # who wants to claim it waits, and then finds no row
            raise JobStillRuns("The job is still running: stop it first, then delete it.")
        Job.objects.filter(pk=job.pk).delete()
    artifact_store().delete(job.run_name)


def job_model(job: Job) -> str | None:
    """The name of the final model in the artifact store; None before there is one."""
    folder, _, file = job.best_model_path.rpartition("/")
    if folder != f"{job.run_name}/optimized_model" or file not in artifact_store().files(folder):
        return None
    return job.best_model_path
