"""Starting, stopping and deleting jobs."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django_q.models import OrmQ

from accounts.models import User
from optimization import services
from optimization.engine.errors import ConfigError
from optimization.engine.request import OptimizationRequest
from optimization.engine.trial import JobState
from optimization.models import Job, StopRequest, Trial
from tests.integration.portal import ask_trial, claimed, events_of, let_lease_expire


def test_a_started_job_waits_with_its_whole_request(alice: User) -> None:
    request = OptimizationRequest(dataset_name="digits", trials=4)
    job = services.job_start(owner=alice, request=request, title=" first ")
    job.refresh_from_db()
    assert (job.state, job.title, job.owner) == (JobState.QUEUED, "first", alice)
    assert job.asked == request


def test_a_run_is_named_after_data_set_time_and_job(job: Job) -> None:
    assert re.fullmatch(rf"digits_\d{{8}}T\d{{6}}Z_{job.pk.hex[:8]}", job.run_name)


def test_starting_a_job_wakes_its_loop(job: Job) -> None:
    (entry,) = OrmQ.objects.all()
    assert entry.args() == (str(job.pk),)


def test_a_data_set_whose_files_are_absent_is_refused(alice: User, settings: object, tmp_path: Path) -> None:
    settings.TUNEWELL_DATA_DIR = tmp_path  # type: ignore[attr-defined]
    (tmp_path / "mnist.npz").write_bytes(b"no archive")
    with pytest.raises(ConfigError) as caught:
        services.job_start(owner=alice, request=OptimizationRequest(dataset_name="mnist"))
    assert list(caught.value.errors) == ["dataset_name"]
    assert not Job.objects.exists()


def test_a_title_that_is_too_long_is_refused(alice: User) -> None:
    with pytest.raises(ConfigError) as caught:
        services.job_start(owner=alice, request=OptimizationRequest(dataset_name="digits"), title="x" * 201)
    assert "200" in caught.value.errors["title"]


def test_stopping_asks_the_loop_once(job: Job) -> None:
    services.job_stop(job=job)
    services.job_stop(job=job)
    job.refresh_from_db()
    assert job.stop_request == StopRequest.NOW
    assert len(events_of(job)) == 1


@pytest.mark.parametrize("order", [["now", "after_running"], ["after_running", "now"]])
def test_stop_now_wins_over_stop_after_the_running_trials(job: Job, order: list[str]) -> None:
    for when in order:
        services.job_stop(job=job, when=StopRequest(when))
    job.refresh_from_db()
    assert job.stop_request == StopRequest.NOW


def test_a_finished_job_cannot_be_stopped(job: Job) -> None:
    claimed(job).job_state(JobState.COMPLETED)
    services.job_stop(job=job)
    job.refresh_from_db()
    assert job.stop_request == StopRequest.NONE


def test_a_finished_job_is_deleted_with_rows_and_files(job: Job, results_dir: Path) -> None:
    recorder = claimed(job)
    ask_trial(recorder)
    recorder.job_state(JobState.COMPLETED)
    recorder.release()
    (results_dir / job.run_name / "plots").mkdir(parents=True)
    services.job_delete(job=job)
    assert not Job.objects.exists()
    assert not Trial.objects.exists()
    assert not (results_dir / job.run_name).exists()


def test_a_job_that_never_began_is_deleted(job: Job) -> None:
    services.job_delete(job=job)
    assert not Job.objects.exists()


def test_a_job_that_a_dead_loop_never_began_is_deleted_when_its_lease_is_over(job: Job) -> None:
    claimed(job)
    services.job_delete(job=job)
    assert Job.objects.exists()
    let_lease_expire(job)
    assert services.job_purge(job.pk)
    assert not Job.objects.exists()


def test_a_job_that_is_not_deleted_is_never_purged(job: Job) -> None:
    assert not services.job_purge(job.pk)
    assert Job.objects.exists()


def test_the_model_is_where_the_outcome_says(job: Job, results_dir: Path) -> None:
    assert services.job_model(job) is None
    job.best_model_path = f"{job.run_name}/optimized_model/best.keras"
    assert services.job_model(job) is None
    path = results_dir / job.best_model_path
    path.parent.mkdir(parents=True)
    path.touch()
    assert services.job_model(job) == job.best_model_path


def test_a_model_path_never_leads_out_of_the_results(job: Job, results_dir: Path) -> None:
    (results_dir.parent / "secret").touch()
    results_dir.mkdir()
    job.best_model_path = "../secret"
    assert services.job_model(job) is None


def test_users_start_jobs_of_their_own(new_job: Callable[..., Job], alice: User, bob: User) -> None:
    mine, theirs = new_job(), new_job(owner=bob)
    assert list(Job.objects.visible_to(alice)) == [mine]
    assert list(Job.objects.visible_to(bob)) == [theirs]
