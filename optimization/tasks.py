"""What the queue calls. An entry only wakes somebody up; rows say what there is to do."""

import uuid

from django.conf import settings
from django_q.tasks import async_task

TRIALS = "trials"
"""The queue whose workers are the slots for trials."""


def run_job(job_id: str) -> None:
    from optimization.loop import run_slice  # Optuna loads here, and not in the web process

    run_slice(uuid.UUID(job_id))


def run_trials() -> None:
    from optimization.cluster import run_next_trials

    run_next_trials()


def draw_best_plots(job_id: str) -> None:
    from optimization.best_plots import draw_what_is_due

    draw_what_is_due(uuid.UUID(job_id))


def wake_plots(job_id: uuid.UUID) -> None:
    async_task("optimization.tasks.draw_best_plots", str(job_id), cluster=settings.Q_CLUSTER["name"])


def draw_study_plots(job_id: str, token: str) -> None:
    from optimization import study_drawing  # Optuna and Plotly load here, and not in the web process

    study_drawing.draw_study_plots(uuid.UUID(job_id), uuid.UUID(token))


def wake_study_plots(job_id: uuid.UUID, token: uuid.UUID) -> None:
    async_task("optimization.tasks.draw_study_plots", str(job_id), str(token), cluster=settings.Q_CLUSTER["name"])


def wake_job(job_id: uuid.UUID) -> None:
    # Named, since a worker of the trials queue may be the one that wakes: its own queue is the default.
    async_task("optimization.tasks.run_job", str(job_id), cluster=settings.Q_CLUSTER["name"])


def wake_trials() -> None:
    async_task("optimization.tasks.run_trials", cluster=TRIALS, timeout=-1)  # a trial's host keeps its time
