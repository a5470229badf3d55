"""Verbs on jobs that cross the database, the queue and files."""

import contextlib
import dataclasses
import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from optimization.artifacts import artifact_store
from optimization.engine import datasets
from optimization.engine.datasets.finding import UPLOAD_NAME
from optimization.engine.errors import ConfigError, LeaseLost, OptimizationError
from optimization.engine.recorder import Confirmation, JobOutcome
from optimization.engine.request import OptimizationRequest
from optimization.engine.results import choose_best, make_run_name, publish_final_model
from optimization.engine.trial import JobState, TrialState
from optimization.events import NothingNew, numbered
from optimization.leases import EndedJob
from optimization.models import LEASE, UNFINISHED_JOBS, Dataset, Job, StopRequest, Trial, from_now, nobody_holds_it
from optimization.recording import best_columns
from optimization.tasks import wake_job, wake_plots
from optimization.trial_plots import gets_best_plots

logger = logging.getLogger(__name__)

LONGEST_TITLE = 200


class NotPossible(Exception):
    """The job is in a state in which this cannot be done; says which, and what can."""


@dataclasses.dataclass(frozen=True)
class Transition:
    """What a verb does to a job in a state: the columns that change."""

    when: Q
    changes: dict[str, Any]


def data_dir() -> str | None:
    """Where data-set files lie, as the engine wants to know it."""
    return str(settings.TUNEWELL_DATA_DIR) if settings.TUNEWELL_DATA_DIR else None


def request_of(*, owner: User | AnonymousUser, asked: Mapping[str, Any]) -> OptimizationRequest:
    """What somebody asks for, checked. Raises ConfigError.

    The name of somebody else's upload is refused before anything else is looked at, since other problems,
    such as hyperparameters that do not suit its kind, would tell something of it.
    """
    name = str(asked.get("dataset_name")).strip()
    if UPLOAD_NAME.fullmatch(name):
        _check_dataset(owner, name)
    return OptimizationRequest.from_dict(asked)


def job_start(*, owner: User, request: OptimizationRequest, title: str = "") -> Job:
    """Write a new job and wake its loop. Raises ConfigError when it could not run here."""
    if len(title) > LONGEST_TITLE:
        raise ConfigError({"title": f"must be text of at most {LONGEST_TITLE} characters; got {len(title)}"})
    _check_dataset(owner, request.dataset_name)
    datasets.check_available(request.dataset_name, data_dir())
    job_id = uuid.uuid4()
    with transaction.atomic():
        _check_dataset(owner, request.dataset_name, lock=True)  # once more: it stays while this is written
        job = Job.objects.create(
            pk=job_id,
            owner=owner,
            title=title.strip(),
            run_name=make_run_name(request.dataset_name, job_id),
            request=request.to_dict(),
        )
        wake_job(job.pk)
    return job


def _check_dataset(owner: User | AnonymousUser, name: str, *, lock: bool = False) -> None:
    """Raises ConfigError for somebody else's data set, as for one that does not exist."""
    if name in datasets.DATASETS:
        return
    own = Dataset.objects.visible_to(owner).filter(name=name)
    if not (own.select_for_update() if lock else own):
        raise ConfigError({"dataset_name": datasets.unknown_name(name)})


def job_stop(*, job: Job, when: StopRequest = StopRequest.NOW) -> None:
    """Ask the loop to stop; nothing for a finished job. `now` wins over `after_running`, in any order."""
    weaker = [StopRequest.NONE, StopRequest.PAUSE] + ([StopRequest.AFTER_RUNNING] if when == StopRequest.NOW else [])
    _change(job, [Transition(Q(state__in=UNFINISHED_JOBS, stop_request__in=weaker), {"stop_request": when})])


_PAUSING = Q(state__in=UNFINISHED_JOBS, stop_request=StopRequest.PAUSE)


def job_pause(*, job: Job) -> None:
    """Let running trials end and start no other. Raises NotPossible for a job that is stopping or finished."""
    going = Q(state__in=[JobState.QUEUED, JobState.RUNNING], stop_request=StopRequest.NONE)
    done = Q(state=JobState.PAUSED, stop_request=StopRequest.NONE) | _PAUSING
    if not _change(job, [Transition(going, {"stop_request": StopRequest.PAUSE})]):
        _must_be(job, done, "cannot be paused")


def job_resume(*, job: Job) -> None:
    """Go on with a paused job, or run the rest of the trials of one that was stopped or gave up.

    A time limit starts anew, and so do the failures in a row that end a job. Raises NotPossible for a job
    that is stopping, or has run all its trials.
    """
    anew = {"state": JobState.QUEUED, "stop_request": StopRequest.NONE, "reason": ""}
    after_its_end = anew | {"started_at": None, "finished_at": None, "resumed_at_trial": job.trials.count()}
    ends_with_a_rest = [JobState.STOPPED, JobState.FAILED] if job.has_trials_left else []
    changed = _change(
        job,
        [
            Transition(_PAUSING, {"stop_request": StopRequest.NONE}),
            Transition(Q(state=JobState.PAUSED, stop_request=StopRequest.NONE), anew),
            Transition(Q(state__in=ends_with_a_rest), after_its_end),
        ],
    )
    if not changed:
        going = Q(state__in=[JobState.QUEUED, JobState.RUNNING], stop_request=StopRequest.NONE)
        _must_be(job, going, "cannot be resumed")


def job_clone(*, owner: User, job: Job, changes: Mapping[str, Any], title: str = "") -> Job:
    """Start a new job with the request of another, some fields changed. Raises ConfigError like job_start."""
    return job_start(
        owner=owner, request=request_of(owner=owner, asked={**job.request, **changes}), title=title or job.title
    )


def job_choose_best(*, job: Job, number: int) -> None:
    """Make another of a finished job's best trials its best, and copy that trial's model anew.

    Raises ConfigError for a trial that is not one of them, NotPossible before the job's end.
    """
    lease = EndedJob.claim(job.pk)
    if lease is None:
        raise NotPossible(
            "The best trial can be chosen when the job has ended, and its plots are drawn: wait, or stop the job."
        )
    try:
        records = [trial.as_record() for trial in job.trials.order_by("number")]
        confirmed = tuple(Confirmation(**row) for row in job.findings.get("confirmation", ()))
        outcome = choose_best(JobOutcome(confirmation=confirmed), records, number)
        best = records[number]
        path = publish_final_model(artifact_store(), job.run_name, job.request["dataset_name"], best)
        due = gets_best_plots(job, best)
        with numbered(job.pk, 1, fence=lease.fence) as events:
            chosen = best_columns(dataclasses.replace(outcome, best_model_path=path))
            Job.objects.filter(pk=job.pk).update(**chosen, best_plots_due=due)
            events.job()
    except (OptimizationError, OSError) as error:
        raise NotPossible(f"Trial {number} cannot be made the best: {error}.") from error
    finally:
        lease.release()
    if due:
        wake_plots(job.pk)


def job_delete(*, job: Job) -> None:
    """Take a job out of its owner's sight at once; rows and files go as soon as nobody writes them."""
    Job.objects.filter(pk=job.pk, deleted_at=None).update(deleted_at=Now(), stop_request=StopRequest.NOW)
    try:
        purged = job_purge(job.pk)
    except Exception:  # whatever the files' store says: the job is out of sight, and the workers try again
        logger.exception("the files of %s could not be removed yet", job.run_name)
        return
    if not purged:
        wake_job(job.pk)


def job_purge(job_id: uuid.UUID) -> bool:
    """Remove what is left of a deleted job; False while its loop or the host of a trial still writes.

    The rows go last: when this is interrupted, or the files cannot be removed now, it can be repeated.
    """
    if not _close_for_ever(job_id):
        return False
    for run_name in Job.objects.filter(pk=job_id).values_list("run_name", flat=True):
        artifact_store().delete(run_name)
    Job.objects.filter(pk=job_id).delete()
    return True


def _close_for_ever(job_id: uuid.UUID) -> bool:
    """End a deleted job and its waiting trials, so that nobody can claim them; False while somebody holds any."""
    with transaction.atomic():
        free = Job.objects.deleted().filter(nobody_holds_it(), pk=job_id)
        if not free.update(state=JobState.STOPPED, lease_token=uuid.uuid4(), lease_expires=from_now(LEASE)):
            return False
        trials = Trial.objects.filter(job_id=job_id)
        trials.filter(nobody_holds_it(), state=TrialState.QUEUED).update(state=TrialState.STOPPED)
        if trials.exclude(nobody_holds_it()).exists():
            transaction.set_rollback(True)
            return False
    return True


def _change(job: Job, transitions: Sequence[Transition]) -> bool:
    """Make the first transition whose condition holds, say so to who watches, and wake the loop."""
    changed = False
    with contextlib.suppress(LeaseLost), numbered(job.pk, 1) as events:
        changed = any(Job.objects.filter(t.when, pk=job.pk).update(**t.changes) for t in transitions)
        if not changed:
            raise NothingNew
        events.job()
    if changed:
        wake_job(job.pk)
    return changed


def _must_be(job: Job, condition: Q, problem: str) -> None:
    if Job.objects.filter(condition, pk=job.pk).exists():
        return
    job = Job.objects.filter(pk=job.pk).first()
    if job is None:
        return  # deleted in the meantime
    state = "stopping" if job.is_stopping else job.state
    hint = "wait until it has stopped" if job.is_stopping else "clone it to run it again"
    raise NotPossible(f"The job is {state} and {problem}: {hint}.")


def job_model(job: Job) -> str | None:
    """The name of the final model in the artifact store; None before there is one."""
    folder, _, file = job.best_model_path.rpartition("/")
    if folder != f"{job.run_name}/optimized_model" or file not in artifact_store().files(folder):
        return None
    return job.best_model_path
