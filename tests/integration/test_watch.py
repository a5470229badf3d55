"""What workers do beside their work: wake what was forgotten, say that they live."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from optimization.models import Job, Trial, Worker, from_now
from optimization.tasks import TRIALS
from optimization.watch import say_alive, wake_what_waits
from tests.integration.portal import ask_trial, begun_attempt, claimed


def woken() -> list[str]:
    return [entry.func().rpartition(".")[2] for entry in OrmQ.objects.all()]


@pytest.fixture
def forgotten(new_job: Callable[..., Job]) -> Job:
    """A job whose wake-up was lost a while ago."""
    job = new_job()
    OrmQ.objects.all().delete()
    Job.objects.update(created_at=from_now(-timedelta(seconds=5)))
    return job


def test_a_job_whose_wake_up_was_lost_is_woken_once(forgotten: Job) -> None:
    wake_what_waits()
    wake_what_waits()
    assert woken() == ["run_job"]
    assert OrmQ.objects.get().args() == (str(forgotten.pk),)


def test_a_job_is_woken_in_the_loops_queue_by_a_worker_of_the_trials_queue_too(
    forgotten: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conf, "CLUSTER_NAME", TRIALS)
    wake_what_waits()
    assert OrmQ.objects.get().key == settings.Q_CLUSTER["name"]


def test_a_wake_up_that_died_with_its_worker_does_not_count(forgotten: Job) -> None:
    wake_what_waits()
    OrmQ.objects.update(lock=timezone.now() + timedelta(hours=1))
    wake_what_waits()
    assert len(woken()) == 2


def test_a_job_whose_loop_died_is_woken(forgotten: Job) -> None:
    claimed(forgotten)
    wake_what_waits()
    assert woken() == []
    Job.objects.update(lease_expires=from_now(-timedelta(seconds=5)))
    wake_what_waits()
    assert woken() == ["run_job"]


def test_a_new_job_is_left_to_its_own_wake_up(job: Job) -> None:
    OrmQ.objects.all().delete()
    wake_what_waits()
    assert woken() == []


def test_a_trial_that_nobody_takes_is_woken_for_once(job: Job) -> None:
    ask_trial(claimed(job))
    OrmQ.objects.all().delete()
    Trial.objects.update(queued_at=from_now(-timedelta(seconds=5)))
    wake_what_waits()
    wake_what_waits()
    assert woken() == ["run_trials"]


def test_running_trials_wake_nobody(job: Job) -> None:
    ask_trial(claimed(job))
    OrmQ.objects.all().delete()
    Trial.objects.update(queued_at=from_now(-timedelta(seconds=5)))
    begun_attempt()
    wake_what_waits()
    assert woken() == []


@pytest.mark.django_db
def test_a_worker_is_alive_while_it_says_so() -> None:
    say_alive("here:1", "trials")
    say_alive("here:1", "trials")
    assert [worker.name for worker in Worker.objects.alive()] == ["here:1"]
    Worker.objects.update(seen_at=from_now(-timedelta(minutes=1)))
    assert not Worker.objects.alive().exists()


@pytest.mark.django_db
def test_workers_of_long_ago_are_forgotten() -> None:
    say_alive("here:1", "trials")
    Worker.objects.update(seen_at=from_now(-timedelta(days=2)))
    say_alive("here:2", "trials")
    assert [worker.name for worker in Worker.objects.all()] == ["here:2"]
