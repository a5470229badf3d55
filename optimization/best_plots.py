"""Plots of a trial that its owner made the best after the job's end: drawn beside the web, not in its request."""

import uuid

from optimization import lifeline
from optimization.artifacts import artifact_store
from optimization.engine.final_plots import add_plots
from optimization.engine.results import trial_name
from optimization.events import numbered
from optimization.leases import EndedJob, renewed
from optimization.models import Job
from optimization.recording import note_files
from optimization.tasks import wake_job


def draw_what_is_due(job_id: uuid.UUID) -> None:
    """Draw the best trial's plots, beside the trial and beside the final model. Safe to repeat."""
    with lifeline.working():
        lease = None if lifeline.is_draining() else EndedJob.claim(job_id)
        if lease is None:
            return
        try:
            with renewed(lease):
                _draw(Job.objects.get(pk=job_id), lease)
        finally:
            lease.release()
    if Job.objects.claimable().filter(pk=job_id).exists():
        wake_job(job_id)  # it was resumed in the meantime, and its loop could not be claimed


def _draw(job: Job, lease: EndedJob) -> None:
    number = job.best_trial_number
    if number is None:
        return
    trial, final = trial_name(job.run_name, number), job.best_model_path.rpartition("/")[0]
    files = add_plots(artifact_store(), trial, also_in=[final], give_up=lifeline.is_draining)
    if lifeline.is_draining():
        return  # another worker begins again
    with numbered(job.pk, 1, fence=lease.fence, best_plots_due=False) as events:
        if files:
            note_files(job.pk, number, files)
        events.trial(number)
