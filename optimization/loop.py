"""One slice of a job's loop, in a worker of the default queue."""

import logging
import time
import uuid

from django.conf import settings
from django.db import DatabaseError

from optimization import lifeline
from optimization.artifacts import artifact_store
from optimization.cluster import ClusterExecutor
from optimization.engine.config import create_optimization_config
from optimization.engine.errors import ConfigError, LeaseLost, OptimizationError
from optimization.engine.optimizer import ModelOptimizer
from optimization.engine.trial import JobState
from optimization.leases import renewed
from optimization.models import UNFINISHED_JOBS, Job, StopRequest
from optimization.recording import JobRecorder
from optimization.services import data_dir, job_purge
from optimization.study_plots import study_plots_ask
from optimization.tasks import wake_job

logger = logging.getLogger(__name__)

SLICE_S = 60.0
SHORT_SLICE_S = 2.0
"""A slice ends after this when other jobs wait for a worker."""
STEP_S = 0.5


def run_slice(job_id: uuid.UUID) -> None:
    """Run a job's loop for a while; queues itself again unless the job is finished or somebody else runs it."""
    with lifeline.working():
        recorder = None if lifeline.is_draining() else JobRecorder.claim(job_id)
        if recorder is None:
            return
        with renewed(recorder):
            _step_or_fail(Job.objects.get(pk=job_id), recorder)
        recorder.release()
    if Job.objects.deleted().filter(pk=job_id).exists() and job_purge(job_id):
        return
    if Job.objects.claimable().filter(pk=job_id).exists():
        wake_job(job_id)
    for ended in Job.objects.filter(pk=job_id, deleted_at=None).exclude(state__in=UNFINISHED_JOBS):
        study_plots_ask(ended, now=True)


def _step_or_fail(job: Job, recorder: JobRecorder) -> None:
    try:
        _step(job, recorder)
    except LeaseLost as error:
        logger.warning("%s", error)
    except (ConfigError, OptimizationError) as error:
        recorder.job_state(JobState.FAILED, reason=str(error))
    except DatabaseError:
        logger.exception("job %s: the database failed; the loop goes on from the record", job.pk)
    except Exception as error:  # whatever it is: the job has to reach an end that says so
        logger.exception("job %s: the loop failed", job.pk)
        recorder.job_state(JobState.FAILED, reason=f"{type(error).__name__}: {error}")


def _step(job: Job, recorder: JobRecorder) -> None:
    config = create_optimization_config(
        job.asked,
        results_dir=str(settings.TUNEWELL_RESULTS_DIR),
        data_dir=data_dir(),
        show_progress=False,
        **settings.TUNEWELL_LIMITS,
    )
    executor = ClusterExecutor(job.pk, config)
    optimizer = ModelOptimizer(
        config,
        run_name=job.run_name,
        recorder=recorder,
        executor=executor,
        store=artifact_store(),
        resumed_at_trial=job.resumed_at_trial,
    )
    started_at = time.monotonic()
    while _one_step(job, optimizer, executor, recorder) and not _is_over(time.monotonic() - started_at):
        pass


def _one_step(job: Job, optimizer: ModelOptimizer, executor: ClusterExecutor, recorder: JobRecorder) -> bool:
    """Do what the owner asked for, then a step. False when there is nothing more to do now."""
    job.refresh_from_db(fields=["stop_request"])
    match job.stop_request:
        case StopRequest.NOW:
            optimizer.request_stop(now=True)
        case StopRequest.AFTER_RUNNING:
            executor.withdraw()
            optimizer.request_stop(now=False)
    optimizer.is_paused = job.stop_request == StopRequest.PAUSE
    if optimizer.is_paused and not executor.is_training() and recorder.pause():
        return False
    return optimizer.step(STEP_S)


def _is_over(elapsed_s: float) -> bool:
    if lifeline.is_draining() or elapsed_s > SLICE_S:
        return True
    return elapsed_s > SHORT_SLICE_S and Job.objects.claimable().exists()
