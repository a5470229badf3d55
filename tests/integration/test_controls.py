"""Pause, resume, stop, clone and delete: what each does to a job in each state, and when two press at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from optimization import loop, services
from optimization.engine.trial import JobState, TrialState
from optimization.loop import run_slice
from optimization.models import Job, StopRequest, Trial
from optimization.watch import wake_what_waits
from tests.integration.portal import at_once, begun_attempt, claimed, events_of, let_lease_expire, trial_result
from tests.integration.processes import portal_in

pytestmark = pytest.mark.django_db(transaction=True)

NONE, PAUSE, NOW, AFTER = "", "pause", "now", "after_running"
REFUSED = 409

TABLE = [  # state and request before, verb, then status, state and request after
    ("queued", NONE, "pause", 200, "queued", PAUSE),
    ("queued", NONE, "resume", 200, "queued", NONE),
    ("running", NONE, "pause", 200, "running", PAUSE),
    ("running", NONE, "resume", 200, "running", NONE),
    ("running", NONE, "stop", 200, "running", NOW),
    ("running", PAUSE, "pause", 200, "running", PAUSE),
    ("running", PAUSE, "resume", 200, "running", NONE),
    ("running", PAUSE, "stop", 200, "running", NOW),
    ("running", AFTER, "pause", REFUSED, "running", AFTER),
    ("running", NOW, "resume", REFUSED, "running", NOW),
    ("paused", NONE, "pause", 200, "paused", NONE),
    ("paused", NONE, "resume", 200, "queued", NONE),
    ("paused", NONE, "stop", 200, "paused", NOW),
    ("paused", NOW, "resume", REFUSED, "paused", NOW),
    ("stopping", NOW, "pause", REFUSED, "stopping", NOW),
    ("stopped", NOW, "pause", REFUSED, "stopped", NOW),
    ("stopped", NOW, "resume", 200, "queued", NONE),
    ("stopped", NOW, "stop", 200, "stopped", NOW),
    ("completed", NONE, "pause", REFUSED, "completed", NONE),
    ("completed", NONE, "resume", REFUSED, "completed", NONE),
    ("completed", NONE, "stop", 200, "completed", NONE),
    ("failed", NONE, "resume", REFUSED, "failed", NONE),
]


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture
def short_slices(new_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SHORT_SLICE_S", 0.0)
    new_job(title="waits")


@pytest.mark.parametrize("row", TABLE, ids=[f"{r[2]}-{r[0]}-{r[1] or 'none'}" for r in TABLE])
def test_each_verb_in_each_state(api: APIClient, job: Job, row: tuple[Any, ...]) -> None:
    state, request, verb, status, state_after, request_after = row
    Job.objects.update(state=state, stop_request=request)
    for _ in range(2 if state == state_after else 1):  # pressing again changes nothing
        answer = api.post(f"/api/v1/jobs/{job.pk}/{verb}")
        assert answer.status_code == status, answer.json()
        job.refresh_from_db()
        assert (job.state, job.stop_request) == (state_after, request_after)
    if status == REFUSED:
        assert "The job is " in answer.json()["detail"]


def test_a_strangers_job_cannot_be_controlled(bob: User, job: Job) -> None:
    stranger = APIClient()
    stranger.force_authenticate(bob)
    for verb in ("stop", "pause", "resume", "clone"):
        assert stranger.post(f"/api/v1/jobs/{job.pk}/{verb}").status_code == 404
    assert stranger.delete(f"/api/v1/jobs/{job.pk}").status_code == 404
    page = Client()
    page.force_login(bob)
    for name in ("job_pause", "job_resume"):
        assert page.post(reverse(name, args=[job.pk])).status_code == 404
    assert page.get(f"{reverse('job_new')}?from={job.pk}").status_code == 404


def test_a_paused_job_lets_its_running_trial_end_and_then_rests(job: Job, short_slices: None) -> None:
    run_slice(job.pk)
    attempt = begun_attempt()
    services.job_pause(job=job)
    run_slice(job.pk)
    assert attempt.beat() is None
    attempt.finished(trial_result(0, model_file=None))
    for _ in range(2):
        run_slice(job.pk)
    job.refresh_from_db()
    assert (job.state, job.stop_request) == (JobState.PAUSED, StopRequest.NONE)
    assert [trial.state for trial in job.trials.all()] == [TrialState.COMPLETED]
    assert job not in Job.objects.claimable()


def test_a_paused_job_goes_on_without_repeating_what_is_finished(job: Job, short_slices: None) -> None:
    run_slice(job.pk)
    begun_attempt().finished(trial_result(0, model_file=None))
    services.job_pause(job=job)
    for _ in range(2):
        run_slice(job.pk)
    services.job_resume(job=job)
    run_slice(job.pk)
    assert [trial.number for trial in job.trials.all()] == [0, 1]
    job.refresh_from_db()
    assert job.state == JobState.RUNNING


def test_a_queued_trial_of_a_pausing_job_is_not_started(job: Job, short_slices: None) -> None:
    run_slice(job.pk)
    services.job_pause(job=job)
    assert not Trial.objects.claimable().exists()
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.PAUSED
    services.job_resume(job=job)
    run_slice(job.pk)
    assert begun_attempt().spec.number == 0


def test_stop_after_running_ends_trials_that_no_worker_has_begun(job: Job, short_slices: None) -> None:
    run_slice(job.pk)
    services.job_stop(job=job, when=StopRequest.AFTER_RUNNING)
    for _ in range(2):
        run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.STOPPED
    assert [trial.state for trial in job.trials.all()] == [TrialState.STOPPED]


def test_a_stopped_job_runs_the_rest_of_its_trials(new_job: Callable[..., Job], short_slices: None) -> None:
    job = new_job(trials=2)
    run_slice(job.pk)
    attempt = begun_attempt()
    services.job_stop(job=job)
    run_slice(job.pk)
    attempt.finished(trial_result(0, state=TrialState.STOPPED))
    run_slice(job.pk)
    services.job_resume(job=job)
    for number in (1, 2):
        run_slice(job.pk)
        begun_attempt().finished(trial_result(number, model_file=None))
        run_slice(job.pk)
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.COMPLETED
    assert [(t.number, t.state) for t in job.trials.all()] == [(0, "stopped"), (1, "completed"), (2, "completed")]


def test_pressing_pause_at_once_is_one_event(job: Job) -> None:
    at_once(4, lambda: services.job_pause(job=job))
    job.refresh_from_db()
    assert job.stop_request == StopRequest.PAUSE
    assert len(events_of(job)) == 1


def test_pause_and_stop_at_once_end_in_a_stop(job: Job) -> None:
    def press(verb: Callable[..., None]) -> None:
        try:
            verb(job=job)
        except services.NotPossible:
            assert verb is services.job_pause

    verbs = iter([services.job_pause, services.job_stop] * 2)
    at_once(4, lambda: press(next(verbs)))
    job.refresh_from_db()
    assert job.stop_request == StopRequest.NOW
    assert [event.seq for event in events_of(job)] == list(range(1, job.seq + 1))


def test_a_resume_between_the_loops_look_and_its_pause_wins(job: Job) -> None:
    services.job_pause(job=job)
    recorder = claimed(job)
    services.job_resume(job=job)
    assert recorder.pause() is False
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_a_clone_has_the_same_request_but_for_what_is_changed(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/clone", {"trials": 7, "title": "again"}, format="json")
    assert answer.status_code == 201
    clone = Job.objects.get(pk=answer.json()["id"])
    assert clone.pk != job.pk
    assert (clone.title, clone.request) == ("again", {**job.request, "trials": 7})


def test_a_clone_with_a_wrong_field_is_refused_by_its_name(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/clone", {"trials": 0}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["trials"])


def test_the_page_to_clone_a_job_holds_its_request(alice: User, new_job: Callable[..., Job]) -> None:
    job = new_job(trials=13, mode="simple", title="thirteen")
    page = Client()
    page.force_login(alice)
    html = page.get(f"{reverse('job_new')}?from={job.pk}").content.decode()
    assert 'name="trials" value="13"' in html
    assert 'value="thirteen"' in html
    assert page.get(f"{reverse('job_new')}?from=nonsense").status_code == 404


def test_a_running_job_is_gone_from_sight_at_once_and_removed_when_its_worker_lets_go(
    api: APIClient, job: Job, short_slices: None, results_dir: Path
) -> None:
    run_slice(job.pk)
    attempt = begun_attempt()
    assert api.delete(f"/api/v1/jobs/{job.pk}").status_code == 204
    assert api.get(f"/api/v1/jobs/{job.pk}").status_code == 404
    assert Job.objects.filter(pk=job.pk).exists()
    run_slice(job.pk)
    assert attempt.beat() == "stop"
    attempt.finished(trial_result(0, state=TrialState.STOPPED))
    run_slice(job.pk)
    assert not Job.objects.filter(pk=job.pk).exists()
    assert not (results_dir / job.run_name).exists()


def test_a_deleted_job_whose_worker_died_is_removed_by_the_watch(job: Job, short_slices: None) -> None:
    run_slice(job.pk)
    begun_attempt()
    services.job_delete(job=job)
    assert Job.objects.filter(pk=job.pk).exists()
    let_lease_expire(job.trials.get())
    wake_what_waits()
    assert not Job.objects.filter(pk=job.pk).exists()


def test_pause_resume_and_delete_with_real_processes(tmp_path: Path) -> None:
    with portal_in(tmp_path, epoch_s=0.1) as portal:
        portal.start()
        job_id = portal.optimize(trials=6, epochs=3)
        portal.wait_for_epoch(job_id, number=1)
        portal.post(f"jobs/{job_id}/pause")
        portal.wait_for_state(job_id, "paused")
        finished = len(portal.trials(job_id))
        assert 2 <= finished < 6
        assert {trial["state"] for trial in portal.trials(job_id)} == {"completed"}
        portal.post(f"jobs/{job_id}/resume")
        assert portal.wait_for_end(job_id)["state"] == "completed"
        assert [trial["number"] for trial in portal.trials(job_id)] == list(range(6))
