"""The figures of a job: whether they are of today, and having them drawn. Nothing here draws, and no request waits."""

import uuid
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from optimization.engine.trial import TrialState
from optimization.models import Job, StudyPlots, Trial, from_now
from optimization.tasks import wake_study_plots

EDITION = 1
"""Grows when the figures are drawn in another way, so that those of older jobs are drawn anew when somebody looks."""

LOST_AFTER = timedelta(seconds=90)
"""A drawing that was asked for so long ago, and is not there, was lost with its process."""

ENDED = [state for state in TrialState if state.is_finished]


def ended_trials(job: Job) -> int:
    return Trial.objects.filter(job=job, state__in=ENDED).count()


def are_stale(plots: StudyPlots | None, job: Job, ended: int) -> bool:
    """Whether the job has come further than its figures."""
    if plots is None or plots.drawn_at is None:
        return True
    shown = (plots.trials, plots.best_trial_number, plots.edition)
    return shown != (ended, job.best_trial_number, EDITION)


def study_plots_ask(job: Job, *, now: bool = False) -> None:
    """Have the figures drawn anew where they are stale; nothing while that is under way, or before a trial has ended.

    Nor shortly after the last time, unless `now`: one conditional update decides, so that they are drawn once
    however many people look.
    """
    ended = ended_trials(job)
    if not ended and not job.is_finished:
        return
    plots, _ = StudyPlots.objects.get_or_create(job=job)
    if not are_stale(plots, job, ended):
        return
    token = uuid.uuid4()
    free = Q(token=None) | Q(asked_at__lt=from_now(-LOST_AFTER))
    rested = Q() if now else Q(rests_until=None) | Q(rests_until__lt=Now())
    if StudyPlots.objects.filter(free, rested, pk=plots.pk).update(token=token, asked_at=Now()):
        wake_study_plots(job.pk, token)
