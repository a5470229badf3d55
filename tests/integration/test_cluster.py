"""The executor of the portal, and whose trial a worker takes next."""

import dataclasses
from collections.abc import Callable

import pytest
from django_q.models import OrmQ

from accounts.models import User
from optimization.cluster import ClusterExecutor
from optimization.engine.trial import EpochReport, TrialLost, TrialResult, TrialState, Verdict
from optimization.models import Job, Trial
from optimization.recording import AttemptRecorder, JobRecorder
from tests.integration.portal import (
    ask_trial,
    at_once,
    begun_attempt,
    claimed,
    epoch_report,
    let_lease_expire,
    trial_result,
)


@pytest.fixture
def recorder(job: Job) -> JobRecorder:
    return claimed(job)


@pytest.fixture
def executor(job: Job) -> ClusterExecutor:
    return ClusterExecutor(job.pk, job.asked)


def end(recorder: JobRecorder, trial: Trial) -> None:
    recorder.trial_finished(dataclasses.replace(trial.as_record(), state=TrialState.COMPLETED))


def order_of_claims(count: int) -> list[tuple[str, int]]:
    """Owner and number of the trials that one worker runs one after the other."""
    order = []
    for _ in range(count):
        attempt = begun_attempt()
        trial = Trial.objects.get(job__run_name=attempt.spec.run_name, number=attempt.spec.number)
        order.append((trial.job.owner.username, trial.number))
        end(JobRecorder(trial.job_id, trial.job.lease_token), trial)
    return order


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_trial(job: Job) -> None:
    ask_trial(claimed(job))
    claims = at_once(8, AttemptRecorder.claim_next)
    assert sum(claim is not None for claim in claims) == 1


def test_trials_of_one_job_are_taken_by_number(recorder: JobRecorder) -> None:
    for number in (0, 1, 2):
        ask_trial(recorder, number)
    assert [number for _, number in order_of_claims(3)] == [0, 1, 2]


def test_users_take_turns(new_job: Callable[..., Job], bob: User) -> None:
    of_alice, of_bob = claimed(new_job()), claimed(new_job(owner=bob))
    for number in range(5):
        ask_trial(of_alice, number)
    for number in range(2):
        ask_trial(of_bob, number)
    owners = [owner for owner, _ in order_of_claims(7)]
    assert owners == ["alice", "bob", "alice", "bob", "alice", "alice", "alice"]


def test_who_has_fewer_trials_running_comes_first(new_job: Callable[..., Job], bob: User) -> None:
    of_alice = claimed(new_job(concurrent=True))
    for number in range(3):
        ask_trial(of_alice, number)
    begun_attempt()
    ask_trial(claimed(new_job(owner=bob)))
    assert begun_attempt().spec.run_name == Job.objects.get(owner=bob).run_name


def test_a_job_has_one_trial_at_a_time_unless_concurrent(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    assert executor.free_slots() == 1
    ask_trial(recorder)
    assert executor.free_slots() == 0


def test_a_concurrent_job_has_half_as_many_trials_waiting_as_may_run(new_job: Callable[..., Job]) -> None:
    job = new_job(concurrent=True, concurrent_workers=3)
    ask_trial(claimed(job))
    assert ClusterExecutor(job.pk, job.asked).free_slots() == 3 + 2 - 1


def test_no_more_trials_of_a_job_run_at_once_than_asked_for(new_job: Callable[..., Job]) -> None:
    recorder = claimed(new_job(concurrent=True, concurrent_workers=2))
    for number in range(4):
        ask_trial(recorder, number)
    first, _ = begun_attempt(), begun_attempt()
    assert AttemptRecorder.claim_next() is None
    first.finished(trial_result(0))
    assert begun_attempt().spec.number == 2
    assert AttemptRecorder.claim_next() is None


def test_nobody_is_woken_for_a_trial_that_has_to_wait_for_its_place(new_job: Callable[..., Job]) -> None:
    job = new_job(concurrent=True, concurrent_workers=1)
    recorder, executor = claimed(job), ClusterExecutor(job.pk, job.asked)
    OrmQ.objects.all().delete()
    for number in range(2):
        executor.submit(ask_trial(recorder, number).spec)
    assert OrmQ.objects.count() == 1


def test_a_lost_trial_keeps_its_place(new_job: Callable[..., Job]) -> None:
    recorder = claimed(new_job(concurrent=True, concurrent_workers=2))
    records = [ask_trial(recorder, number) for number in range(3)]
    begun_attempt().lost("signal SIGKILL")
    begun_attempt()
    assert AttemptRecorder.claim_next() is None
    recorder.trial_retried(records[0].spec.next_attempt(), "signal SIGKILL")
    assert (begun_attempt().spec.number, AttemptRecorder.claim_next()) == (0, None)


def test_a_job_that_is_not_concurrent_never_runs_two_trials(recorder: JobRecorder) -> None:
    for number in range(2):
        ask_trial(recorder, number)
    begun_attempt()
    assert AttemptRecorder.claim_next() is None


def test_reports_come_once_and_epochs_before_their_result(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    assert executor.poll(0) == [epoch_report(0, 1)]
    attempt.epoch(epoch_report(0, 2))
    attempt.finished(trial_result(0))
    assert executor.poll(0) == [epoch_report(0, 2), trial_result(0)]


def test_a_new_loop_hears_everything_again(job: Job, recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    attempt.finished(trial_result(0))
    first = executor.poll(0)
    assert ClusterExecutor(job.pk, job.asked).poll(0) == first
    assert [type(report) for report in first] == [EpochReport, TrialResult]


def test_nothing_is_heard_of_finished_trials(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    attempt.finished(trial_result(0))
    end(recorder, Trial.objects.get())
    assert executor.poll(0) == []


def test_a_silent_workers_trial_is_lost(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    begun_attempt()
    assert executor.poll(0) == []
    let_lease_expire(Trial.objects.get())
    reason = "its worker here:1 stopped answering"
    assert executor.poll(0) == [TrialLost(number=0, attempt=1, reason=reason)]


def test_a_lost_process_is_reported_with_its_reason(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    begun_attempt().lost("signal SIGKILL")
    assert executor.poll(0) == [TrialLost(number=0, attempt=1, reason="signal SIGKILL")]


def test_the_lost_attempts_epochs_are_not_heard_of_the_next(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    record = ask_trial(recorder)
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    recorder.trial_retried(record.spec.next_attempt(), "killed")
    begun_attempt().epoch(epoch_report(0, 1, attempt=2))
    assert executor.poll(0) == [epoch_report(0, 1, attempt=2)]


def test_a_verdict_reaches_the_running_attempt(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    attempt = begun_attempt()
    assert attempt.beat() is None
    executor.verdict(0, Verdict.PRUNE)
    assert attempt.beat() is Verdict.PRUNE


def test_a_trial_stopped_before_it_began_never_begins(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    executor.verdict(0, Verdict.STOP)
    assert AttemptRecorder.claim_next() is None
    (result,) = executor.poll(0)
    assert isinstance(result, TrialResult)
    assert result.state is TrialState.STOPPED


def test_verdicts_on_unknown_trials_are_ignored(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    ask_trial(recorder)
    executor.verdict(7, Verdict.STOP)
    assert Trial.objects.get().verdict == ""


def test_a_result_of_a_retried_attempt_is_forgotten(recorder: JobRecorder, executor: ClusterExecutor) -> None:
    record = ask_trial(recorder)
    begun_attempt().finished(trial_result(0))
    recorder.trial_retried(record.spec.next_attempt(), "its files are gone")
    assert executor.poll(0) == []
