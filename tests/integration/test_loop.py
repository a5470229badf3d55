"""One slice of a job's loop: takes the job up, carries out what was asked, and never leaves it without an end."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django_q.models import OrmQ

from accounts.models import User
from optimization import cluster, leases, loop, services
from optimization.engine.artifacts import FolderStore
from optimization.engine.executors.child import RunnerChild
from optimization.engine.trial import JobState, TrialState
from optimization.leases import renewed
from optimization.loop import run_slice
from optimization.models import Job, StopRequest, Trial, nobody_holds_it
from optimization.recording import AttemptRecorder, JobRecorder
from tests.integration.portal import begun_attempt, claimed, let_lease_expire, trial_result, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def short_slices(new_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that waits, so that the slices of others are as short as they get."""
    monkeypatch.setattr(loop, "SHORT_SLICE_S", 0.0)
    return new_job(title="waits")


def calls(name: str) -> list[tuple[str, ...]]:
    return [entry.args() for entry in OrmQ.objects.all() if entry.func().endswith(name)]


def test_a_slice_asks_the_first_trial_and_wakes_a_worker(job: Job, short_slices: Job) -> None:
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.RUNNING
    (trial,) = job.trials.all()
    assert (trial.number, trial.state) == (0, TrialState.QUEUED)
    assert calls("run_trials") == [()]


def test_a_slice_gives_the_job_back_and_queues_it_again(job: Job, short_slices: Job) -> None:
    OrmQ.objects.all().delete()
    run_slice(job.pk)
    assert calls("run_job") == [(str(job.pk),)]
    assert JobRecorder.claim(job.pk) is not None


def test_slices_go_on_where_the_last_one_ended(job: Job, short_slices: Job) -> None:
    run_slice(job.pk)
    begun_attempt().finished(trial_result(0, state=TrialState.FAILED, reason="out of memory"))
    run_slice(job.pk)
    run_slice(job.pk)
    trials = [(trial.number, trial.state, trial.reason) for trial in job.trials.all()]
    assert trials == [(0, TrialState.FAILED, "out of memory"), (1, TrialState.QUEUED, "")]


def test_a_short_job_need_not_wait_for_another_users_long_one(
    new_job: Callable[..., Job], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "SLICE_S", 0.0)
    monkeypatch.setattr(loop, "STEP_S", 0.0)
    long = new_job(trials=50)
    run_slice(long.pk)
    running = begun_attempt()
    short = new_job(owner=bob, trials=2)
    started: list[str] = []
    while len(started) < 6:
        running.finished(trial_result(running.spec.number, model_file=None))
        for job in (long, short, long, short):  # one step takes the end in, the next asks for more
            run_slice(job.pk)
        running = begun_attempt()
        started.append(Job.objects.get(run_name=running.spec.run_name).owner.username)
    assert started.count("bob") == 2


def test_a_lost_attempt_is_queued_as_the_next(job: Job, short_slices: Job) -> None:
    run_slice(job.pk)
    begun_attempt()
    let_lease_expire(Trial.objects.get())
    run_slice(job.pk)
    trial = Trial.objects.get()
    assert (trial.state, trial.attempt, trial.spec["attempt"]) == (TrialState.QUEUED, 2, 2)
    assert begun_attempt().spec.attempt == 2


def test_a_trial_lost_three_times_has_failed(new_job: Callable[..., Job], short_slices: Job) -> None:
    job = new_job(trials=1)
    for _ in range(3):
        run_slice(job.pk)
        begun_attempt().lost("signal SIGKILL")
    run_slice(job.pk)
    job.refresh_from_db()
    trial = job.trials.get()
    assert (trial.state, trial.attempt) == (TrialState.FAILED, 3)
    assert "lost 3 times" in trial.reason
    assert "signal SIGKILL" in trial.reason
    assert job.state == JobState.FAILED


def test_a_job_that_somebody_runs_is_left_alone(job: Job) -> None:
    recorder = claimed(job)
    run_slice(job.pk)
    recorder.renew()
    assert not job.trials.exists()


def test_a_stop_asked_for_before_the_start_ends_the_job(job: Job) -> None:
    services.job_stop(job=job)
    run_slice(job.pk)
    job.refresh_from_db()
    assert (job.state, job.finished_at is not None) == (JobState.STOPPED, True)
    assert not job.trials.exists()
    assert JobRecorder.claim(job.pk) is None


def test_stop_now_reaches_the_running_attempt(job: Job, short_slices: Job) -> None:
    run_slice(job.pk)
    attempt = begun_attempt()
    services.job_stop(job=job)
    run_slice(job.pk)
    assert attempt.beat() == "stop"
    attempt.finished(trial_result(0, state=TrialState.STOPPED))
    run_slice(job.pk)
    job.refresh_from_db()
    assert (job.state, job.trials.get().state) == (JobState.STOPPED, TrialState.STOPPED)


def test_stop_after_the_running_trials_lets_them_end(job: Job, short_slices: Job) -> None:
    run_slice(job.pk)
    attempt = begun_attempt()
    services.job_stop(job=job, when=StopRequest.AFTER_RUNNING)
    run_slice(job.pk)
    assert attempt.beat() is None
    assert job.trials.count() == 1


def test_a_request_that_is_no_longer_valid_fails_the_job_with_the_reason(job: Job) -> None:
    Job.objects.update(request={**job.request, "dataset_name": "gone"})
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "dataset_name" in job.reason


def test_whatever_breaks_the_loop_the_job_says_so(
    job: Job, results_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    results_dir.write_text("a file where the folder of results should be")
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "Error" in job.reason
    assert "Traceback" in caplog.text


def test_the_lease_is_kept_while_one_step_takes_long(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.2))
    recorder = claimed(job)
    let_lease_expire(job)
    with renewed(recorder):
        wait_until(lambda: not Job.objects.claimable().exists(), of="a renewed lease")


class SlowStore(FolderStore):
    """Takes longer to keep files than a lease lasts."""

    def publish(self, folder: Path, name: str) -> None:
        let_lease_expire(Trial.objects.get())
        wait_until(lambda: not Trial.objects.filter(nobody_holds_it()).exists(), of="a renewed lease")
        super().publish(folder, name)


def test_an_attempt_is_kept_while_its_files_go_to_a_slow_store(
    job: Job, short_slices: Job, results_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_slice(job.pk)
    attempt = AttemptRecorder.claim_next()
    runner = RunnerChild(["--trainer", "sleep", "--sleep-epoch-s", "0.01"])
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=0.4))
    monkeypatch.setattr(cluster, "warm_runner", lambda: runner)
    monkeypatch.setattr(cluster, "artifact_store", lambda: SlowStore(results_dir))
    cluster.run_attempt(attempt)
    runner.close()
    assert job.trials.get().result["state"] == TrialState.COMPLETED


def run_to(job: Job, state: JobState, accuracies: Callable[[int], float]) -> list[Trial]:
    """Play the worker until the job is in a state; accuracies: of a trial, by its number."""
    for _ in range(30):
        run_slice(job.pk)
        job.refresh_from_db()
        if job.state == state:
            return list(job.trials.all())
        while Trial.objects.claimable().filter(job=job).exists():
            attempt = begun_attempt()
            accuracy = accuracies(attempt.spec.number)
            attempt.finished(
                trial_result(attempt.spec.number, model_file=None, majority_share=0.1, val_balanced_accuracy=accuracy)
            )
    raise AssertionError(f"the job is {job.state}: {job.reason}")


def test_the_best_trials_are_confirmed_by_further_rows(new_job: Callable[..., Job], short_slices: Job) -> None:
    job = new_job(trials=3, mode="simple", confirm_top_k=2, confirm_seeds=2)
    scores = [0.5, 0.9, 0.8, 0.6, 0.7, 0.6, 0.75]
    trials = run_to(job, JobState.COMPLETED, lambda number: scores[number])
    assert [(trial.confirms, trial.total_score) for trial in trials[3:]] == [(1, 0.6), (2, 0.7), (1, 0.6), (2, 0.75)]
    assert len({trial.spec["seed"] for trial in trials}) == 7
    assert job.best_trial_number == 2
    assert [row["number"] for row in job.findings["confirmation"]] == [2, 1]
    assert Job.objects.with_counts().get(pk=job.pk).finished == 3


def test_a_job_stopped_while_it_confirms_goes_on_with_that(new_job: Callable[..., Job], short_slices: Job) -> None:
    job = new_job(trials=2, confirm_top_k=1, confirm_seeds=2)
    for number in range(3):
        run_slice(job.pk)
        begun_attempt().finished(trial_result(number, model_file=None))
        run_slice(job.pk)
    services.job_stop(job=job)
    run_slice(job.pk)
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.STOPPED
    services.job_resume(job=job)
    trials = run_to(job, JobState.COMPLETED, lambda number: 0.7)
    completed = [trial.confirms for trial in trials if trial.state == TrialState.COMPLETED]
    assert completed == [None, None, 0, 0]
