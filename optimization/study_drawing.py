"""Drawing the figures of a job, in a worker of the default queue: Optuna and Plotly load here."""

import logging
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from optimization import lifeline
from optimization.engine.study_figures.drawing import study_figures
from optimization.engine.study_figures.figure import StudyFigure
from optimization.models import UNFINISHED_JOBS, Job, StudyPlot, StudyPlots, Trial, from_now
from optimization.recording import JobRecorder
from optimization.study_models import packed
from optimization.study_plots import EDITION, ended_trials, study_plots_ask

logger = logging.getLogger(__name__)

REST = timedelta(seconds=20)
REST_PER_DRAWING = 20
"""Drawing takes at most a twentieth of a worker's time, however large the job is and whoever looks."""


def draw_study_plots(job_id: uuid.UUID, token: uuid.UUID) -> None:
    """Draw all figures of a job in place of the old ones, if the token is still the one that was asked for."""
    with lifeline.working():
        job = Job.objects.filter(pk=job_id, deleted_at=None, study_plots__token=token).first()
        if job is None:
            return
        started_at = time.monotonic()
        ended = ended_trials(job)  # counted before they are read: a trial that ends now makes the figures stale
        figures: list[StudyFigure] = []
        problem = ""
        try:
            records = JobRecorder(job_id, token).trials()
            figures = list(study_figures(records, best=job.best_trial_number, times=_times(job)))
        except Exception as error:  # the page says so, and it is tried again when the job has come further
            logger.exception("the figures of job %s could not be drawn", job_id)
            problem = f"{type(error).__name__}: {error}"
        rest = max(REST, REST_PER_DRAWING * timedelta(seconds=time.monotonic() - started_at))
        _keep(job, token, figures, rest, trials=ended, problem=problem)
    for finished in Job.objects.filter(pk=job_id, deleted_at=None).exclude(state__in=UNFINISHED_JOBS):
        study_plots_ask(finished, now=True)  # it may have ended while this was drawn


def _keep(
    job: Job, token: uuid.UUID, figures: Sequence[StudyFigure], rest: timedelta, *, trials: int, problem: str
) -> None:
    """The old figures stay where the drawing failed as a whole."""
    with transaction.atomic():
        kept = StudyPlots.objects.filter(job=job, token=token).update(
            token=None,
            drawn_at=Now(),
            rests_until=from_now(rest),
            trials=trials,
            best_trial_number=job.best_trial_number,
            edition=EDITION,
            problem=problem,
        )
        if not kept or problem:
            return
        StudyPlot.objects.filter(job=job).delete()
        StudyPlot.objects.bulk_create(
            StudyPlot(
                job=job,
                place=place,
                name=figure.name,
                title=figure.title,
                question=figure.question,
                caption=figure.caption,
                finding=figure.finding,
                trials=figure.trials,
                absent=figure.absent,
                figure=packed(figure.figure),
            )
            for place, figure in enumerate(figures)
        )


def _times(job: Job) -> dict[int, tuple[float, float]]:
    """When each trial started and ended, in seconds since 1970."""
    rows = Trial.objects.filter(job=job, started_at__isnull=False, finished_at__isnull=False)
    return {
        number: (started.timestamp(), finished.timestamp())
        for number, started, finished in rows.values_list("number", "started_at", "finished_at")
    }
