"""Pause, resume, stop, clone and delete: what each does to a job in each state, and when two press at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from optimization import cluster, loop, services
from optimization.engine.artifacts import FolderStore
from optimization.engine.executors.child import RunnerChild
from optimization.engine.trial import JobState, TrialState
from optimization.loop import run_slice
from optimization.models import Job, StopRequest, Trial
from optimization.recording import AttemptRecorder, JobRecorder
from optimization.watch import purge_what_is_deleted
from tests.integration.portal import (
    ask_trial,
    at_once,
    begun_attempt,
    claimed,
    events_of,
    let_lease_expire,
    trial_result,
)
from tests.integration.processes import portal_in

pytestmark = pytest.mark.django_db(transaction=True)

NONE, PAUSE, NOW, AFTER = "", "pause", "now", "after_running"
REFUSED = 409

TABLE = {  # (state, request) before: for each verb the (state, request) after, or REFUSED
    ("queued", NONE): {"pause": ("queued", PAUSE), "resume": ("queued", NONE), "stop": ("queued", NOW)},
    ("queued", PAUSE): {"pause": ("queued", PAUSE), "resume": ("queued", NONE), "stop": ("queued", NOW)},
    ("queued", AFTER): {"pause": REFUSED, "resume": REFUSED, "stop": ("queued", NOW)},
    ("queued", NOW): {"pause": REFUSED, "resume": REFUSED, "stop": ("queued", NOW)},
    ("running", NONE): {"pause": ("running", PAUSE), "resume": ("running", NONE), "stop": ("running", NOW)},
    ("running", PAUSE): {"pause": ("running", PAUSE), "resume": ("running", NONE), "stop": ("running", NOW)},
    ("running", AFTER): {"pause": REFUSED, "resume": REFUSED, "stop": ("running", NOW)},
    ("running", NOW): {"pause": REFUSED, "resume": REFUSED, "stop": ("running", NOW)},
    ("paused", NONE): {"pause": ("paused", NONE), "resume": ("queued", NONE), "stop": ("paused", NOW)},
    ("paused", AFTER): {"pause": REFUSED, "resume": REFUSED, "stop": ("paused", NOW)},
    ("paused", NOW): {"pause": REFUSED, "resume": REFUSED, "stop": ("paused", NOW)},
    ("stopping", NOW): {"pause": REFUSED, "resume": REFUSED, "stop": ("stopping", NOW)},
    ("stopping", AFTER): {"pause": REFUSED, "resume": REFUSED, "stop": ("stopping", NOW)},
    ("stopping", NONE): {"pause": REFUSED, "resume": REFUSED, "stop": ("stopping", NOW)},  # by a limit of its own
    ("stopped", NOW): {"pause": REFUSED, "resume": ("queued", NONE), "stop": ("stopped", NOW)},
    ("stopped", NONE): {"pause": REFUSED, "resume": ("queued", NONE), "stop": ("stopped", NONE)},
    ("failed", NONE): {"pause": REFUSED, "resume": ("queued", NONE), "stop": ("failed", NONE)},
    ("completed", NONE): {"pause": REFUSED, "resume": REFUSED, "stop": ("completed", NONE)},
    ("completed", PAUSE): {"pause": REFUSED, "resume": REFUSED, "stop": ("completed", PAUSE)},  # it ended before
}
ROWS = [(before, verb, after) for before, verbs in TABLE.items() for verb, after in verbs.items()]


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture
def short_slices(new_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "SHORT_SLICE_S", 0.0)
    new_job(title="waits")


@pytest.mark.parametrize(("before", "verb", "after"), ROWS, ids=[f"{v}-{'-'.join(b)}" for b, v, _ in ROWS])
def test_each_verb_in_each_state(
    api: APIClient, job: Job, before: tuple[str, str], verb: str, after: tuple[str, str] | int
) -> None:
    Job.objects.update(state=before[0], stop_request=before[1])
    for _ in range(2):  # pressing again changes nothing
        answer = api.post(f"/api/v1/jobs/{job.pk}/{verb}")
        assert answer.status_code == (REFUSED if after == REFUSED else 200), answer.json()
        job.refresh_from_db()
        assert (job.state, job.stop_request) == (before if after == REFUSED else after)
    if after == REFUSED:
        assert answer.json()["detail"].startswith(f"The job is {'stopping' if job.is_stopping else job.state}")


@pytest.mark.parametrize("before", TABLE, ids="-".join)
def test_the_page_offers_what_would_do_something(job: Job, before: tuple[str, str]) -> None:
    Job.objects.update(state=before[0], stop_request=before[1])
    job.refresh_from_db()
    offered = {"pause": job.may_pause, "resume": job.may_resume}
    assert offered == {verb: TABLE[before][verb] not in (REFUSED, before) for verb in offered}


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


def fail_trials(job: Job, count: int) -> None:
    for _ in range(count):
        run_slice(job.pk)
        attempt = begun_attempt()
        attempt.finished(trial_result(attempt.spec.number, state=TrialState.FAILED, reason="the disk is full"))
        run_slice(job.pk)
    job.refresh_from_db()


def test_a_job_that_gave_up_goes_on_when_the_cause_is_mended(new_job: Callable[..., Job], short_slices: None) -> None:
    job = new_job(trials=5)
    fail_trials(job, 3)
    assert (job.state, job.reason) == (JobState.FAILED, "3 trials in a row failed: the disk is full")
    services.job_resume(job=job)
    fail_trials(job, 1)
    assert (job.state, job.reason) == (JobState.RUNNING, "")
    run_slice(job.pk)
    begun_attempt().finished(trial_result(4, model_file=None))
    for _ in range(2):
        run_slice(job.pk)
    job.refresh_from_db()
    assert (job.state, job.trials.count()) == (JobState.COMPLETED, 5)


def test_a_job_that_has_run_all_its_trials_is_not_resumed(new_job: Callable[..., Job], short_slices: None) -> None:
    job = new_job(trials=3)
    fail_trials(job, 3)
    with pytest.raises(services.NotPossible, match="is failed and cannot be resumed: clone it"):
        services.job_resume(job=job)


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        (("running", NONE), services.job_pause, ("running", PAUSE)),
        (("running", PAUSE), services.job_resume, ("running", NONE)),
        (("running", NONE), services.job_stop, ("running", NOW)),
        (("paused", NONE), services.job_resume, ("queued", NONE)),
        (("stopped", NOW), services.job_resume, ("queued", NONE)),
    ],
    ids=["pause", "unpause", "stop", "resume", "go-on"],
)
def test_pressing_at_once_is_one_event(
    job: Job, before: tuple[str, str], verb: Callable[..., None], after: tuple[str, str]
) -> None:
    Job.objects.update(state=before[0], stop_request=before[1])
    assert at_once(4, lambda: verb(job=job)) == [None] * 4
    job.refresh_from_db()
    assert (job.state, job.stop_request) == after
    assert len(events_of(job)) == 1


def test_deleting_at_once_deletes_once(job: Job, results_dir: Path) -> None:
    for number in range(200):
        folder = results_dir / job.run_name / "plots" / f"trial_{number}"
        folder.mkdir(parents=True)
        (folder / "model.keras").touch()
    assert at_once(4, lambda: services.job_delete(job=job)) == [None] * 4
    assert not Job.objects.exists()
    assert not (results_dir / job.run_name).exists()


def test_a_trial_is_claimed_or_its_job_deleted_but_not_both(job: Job) -> None:
    ask_trial(recorder := claimed(job))
    recorder.job_state(JobState.RUNNING)
    recorder.release()
    turns = iter([AttemptRecorder.claim_next, lambda: services.job_delete(job=job)] * 2)

    def take_a_turn() -> AttemptRecorder | None:
        return next(turns)()

    claims = [claim for claim in at_once(4, take_a_turn) if claim is not None]
    assert len(claims) == Job.objects.count()


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


def test_a_clone_by_page_keeps_what_the_page_does_not_ask(alice: User, new_job: Callable[..., Job]) -> None:
    job = new_job(concurrent=True, concurrent_workers=3)
    page = Client()
    page.force_login(alice)
    page.post(f"{reverse('job_new')}?from={job.pk}", {"dataset_name": "digits", "trials": "4"})
    clone = Job.objects.exclude(pk=job.pk).get()
    assert (clone.asked.trials, clone.asked.concurrent, clone.asked.concurrent_workers) == (4, True, 3)


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
    purge_what_is_deleted()
    assert not Job.objects.filter(pk=job.pk).exists()


def test_no_worker_starts_a_trial_of_a_job_that_is_being_removed(
    job: Job, short_slices: None, monkeypatch: pytest.MonkeyPatch, results_dir: Path
) -> None:
    run_slice(job.pk)
    waiting = job.trials.get()
    claims: list[int] = []
    store = FolderStore(results_dir)

    def delete_while_a_worker_looks(name: str) -> None:
        claims.append(Trial.objects.waiting().filter(pk=waiting.pk).update(worker="late"))
        claims.append(JobRecorder.claim(job.pk) is not None)
        FolderStore.delete(store, name)

    monkeypatch.setattr(store, "delete", delete_while_a_worker_looks)
    monkeypatch.setattr(services, "artifact_store", lambda: store)
    services.job_delete(job=job)
    assert claims == [0, False]
    assert not Job.objects.filter(pk=job.pk).exists()


def test_a_job_whose_files_cannot_be_removed_now_is_removed_later(
    job: Job, monkeypatch: pytest.MonkeyPatch, results_dir: Path
) -> None:
    (results_dir / job.run_name).mkdir(parents=True)

    def refuse(*_: Any) -> None:
        raise PermissionError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "delete", refuse)
        services.job_delete(job=job)
        let_lease_expire(job)
        purge_what_is_deleted()
    assert (results_dir / job.run_name).exists()
    let_lease_expire(job)
    purge_what_is_deleted()
    assert not Job.objects.filter(pk=job.pk).exists()
    assert not (results_dir / job.run_name).exists()


def test_a_worker_whose_job_was_removed_leaves_nothing_behind(
    job: Job, short_slices: None, results_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_slice(job.pk)
    attempt = AttemptRecorder.claim_next()
    assert attempt is not None
    let_lease_expire(job.trials.get())
    services.job_delete(job=job)
    monkeypatch.setattr(cluster, "warm_runner", lambda: RunnerChild([]))
    cluster.run_attempt(attempt)
    assert not (results_dir / job.run_name).exists()


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
