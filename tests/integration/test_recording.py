"""The recorders that write rows and events under leases."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from optimization.engine.config import OptimizationConfig
from optimization.engine.errors import LeaseLost
from optimization.engine.journal import JournalRecorder
from optimization.engine.recorder import AttemptRecorder as AttemptProtocol
from optimization.engine.recorder import JobOutcome, Recorder, TrialRecord
from optimization.engine.trial import HealthMeasurement, JobState, TrialState
from optimization.models import EpochMetrics, Job, Trial
from optimization.recording import JobRecorder
from tests.factories import trial_spec
from tests.integration.portal import (
    ask_trial,
    at_once,
    begun_attempt,
    claimed,
    epoch_report,
    events_of,
    let_lease_expire,
    trial_result,
)


@pytest.mark.django_db(transaction=True)
def test_of_many_claimers_of_a_job_one_wins(job: Job) -> None:
    claims = at_once(8, lambda: JobRecorder.claim(job.pk))
    assert sum(claim is not None for claim in claims) == 1


def test_a_job_is_claimed_again_when_its_holder_falls_silent(job: Job) -> None:
    claimed(job)
    assert JobRecorder.claim(job.pk) is None
    let_lease_expire(job)
    assert JobRecorder.claim(job.pk) is not None


def test_a_released_job_is_claimed_again(job: Job) -> None:
    claimed(job).release()
    assert JobRecorder.claim(job.pk) is not None


def test_a_finished_job_is_not_claimed(job: Job) -> None:
    recorder = claimed(job)
    recorder.job_state(JobState.COMPLETED)
    recorder.release()
    assert JobRecorder.claim(job.pk) is None


WRITES: dict[str, Callable[[JobRecorder], Any]] = {
    "renew": lambda recorder: recorder.renew(),
    "save_study_attrs": lambda recorder: recorder.save_study_attrs({"rung": 1}),
    "trial_asked": lambda recorder: ask_trial(recorder, 1),
    "trial_retried": lambda recorder: recorder.trial_retried(trial_spec(0, attempt=2), "killed"),
    "trial_finished": lambda recorder: recorder.trial_finished(
        TrialRecord(spec=trial_spec(0), state=TrialState.FAILED, reason="late")
    ),
    "job_state": lambda recorder: recorder.job_state(JobState.FAILED, reason="late"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_holder_that_was_replaced_writes_nothing(job: Job, write: Callable[[JobRecorder], Any]) -> None:
    late = claimed(job)
    ask_trial(late)
    let_lease_expire(job)
    claimed(job)
    before = [list(Job.objects.values()), list(Trial.objects.values()), len(events_of(job))]
    with pytest.raises(LeaseLost):
        write(late)
    assert [list(Job.objects.values()), list(Trial.objects.values()), len(events_of(job))] == before


def test_each_write_renews_the_lease(job: Job) -> None:
    recorder = claimed(job)
    let_lease_expire(job)
    ask_trial(recorder)
    assert JobRecorder.claim(job.pk) is None


def test_a_deleted_job_is_a_lost_lease(job: Job) -> None:
    recorder = claimed(job)
    job.delete()
    with pytest.raises(LeaseLost):
        recorder.job_state(JobState.RUNNING)


@pytest.fixture(params=["rows", "journal"])
def recorder_and_host(
    request: pytest.FixtureRequest, job: Job, tmp_path: Path
) -> Iterator[tuple[Recorder, AttemptProtocol]]:
    """A recorder with one queued trial, and what the host of that trial's first attempt writes through."""
    record = TrialRecord(
        spec=trial_spec(0),
        params={"activation": "relu"},
        distributions={"activation": "{}"},
        user_attrs={"note": 1},
        system_attrs={"rung": [1, 2]},
        repairs={"filters": "made smaller"},
        fallbacks={"l2": "the default"},
    )
    if request.param == "rows":
        recorder: Any = claimed(job)
        recorder.trial_asked(record)
        yield recorder, begun_attempt()
        return
    journal = JournalRecorder(tmp_path / "run", OptimizationConfig(dataset_name="digits"))
    journal.trial_asked(record)
    journal.started(record.spec, worker="here:1")
    yield journal, journal
    journal.close()


def test_a_trial_comes_back_as_it_was_asked(recorder_and_host: tuple[Recorder, AttemptProtocol]) -> None:
    recorder, _ = recorder_and_host
    (record,) = recorder.trials()
    assert record.state is TrialState.RUNNING
    assert record.params == {"activation": "relu"}
    assert record.distributions == {"activation": "{}"}
    assert record.user_attrs == {"note": 1}
    assert record.system_attrs == {"rung": [1, 2]}
    assert record.repairs == {"filters": "made smaller"}
    assert record.fallbacks == {"l2": "the default"}
    assert record.spec == trial_spec(0)


def test_epochs_come_back_as_validation_accuracies(recorder_and_host: tuple[Recorder, AttemptProtocol]) -> None:
    recorder, host = recorder_and_host
    host.epoch(epoch_report(0, 1))
    host.epoch(epoch_report(0, 2, val_accuracy=None))
    host.epoch(epoch_report(0, 1, val_accuracy=0.1))
    assert recorder.trials()[0].intermediate == {1: 0.7, 2: 0.0}


def test_alarms_come_back_by_epoch(recorder_and_host: tuple[Recorder, AttemptProtocol]) -> None:
    recorder, host = recorder_and_host
    host.epoch(epoch_report(0, 1))
    host.epoch(epoch_report(0, 2, alarm="95 % of the units of dense are dead"))
    assert recorder.trials()[0].alarms == {2: "95 % of the units of dense are dead"}


def test_a_retried_trial_is_queued_without_the_lost_attempts_epochs(
    recorder_and_host: tuple[Recorder, AttemptProtocol],
) -> None:
    recorder, host = recorder_and_host
    host.epoch(epoch_report(0, 1))
    recorder.trial_retried(trial_spec(0, attempt=2), "killed")
    (record,) = recorder.trials()
    assert (record.state, record.spec.attempt, record.intermediate) == (TrialState.QUEUED, 2, {})
    assert record.reason == "killed"


def test_a_finished_trial_comes_back_with_its_result(recorder_and_host: tuple[Recorder, AttemptProtocol]) -> None:
    recorder, _ = recorder_and_host
    end = TrialRecord(
        spec=trial_spec(0),
        state=TrialState.COMPLETED,
        objective=0.7,
        overall_health=0.8,
        total_score=0.75,
        result=trial_result(0),
    )
    recorder.trial_finished(end)
    (record,) = recorder.trials()
    assert record.result == end.result
    assert (record.state, record.objective, record.overall_health, record.total_score) == (end.state, 0.7, 0.8, 0.75)


def test_study_attributes_come_back(recorder_and_host: tuple[Recorder, AttemptProtocol]) -> None:
    recorder, _ = recorder_and_host
    assert recorder.study_attrs() == {}
    recorder.save_study_attrs({"cma": {"x": 1}})
    assert recorder.study_attrs() == {"cma": {"x": 1}}


def test_time_runs_from_the_first_start(job: Job) -> None:
    recorder = claimed(job)
    assert recorder.elapsed_s() == 0
    recorder.job_state(JobState.RUNNING)
    assert 0 <= recorder.elapsed_s() < 60


def test_all_trials_are_read_with_two_queries(
    new_job: Callable[..., Job], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    recorder = claimed(new_job(concurrent=True, concurrent_workers=3))
    for number in range(3):
        ask_trial(recorder, number)
        begun_attempt().epoch(epoch_report(number, 1))
    with django_assert_num_queries(2):
        assert len(recorder.trials()) == 3


def test_an_epoch_reported_twice_is_one_row_and_one_event(job: Job) -> None:
    ask_trial(claimed(job))
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    attempt.epoch(epoch_report(0, 1))
    assert EpochMetrics.objects.count() == 1
    assert [event.kind for event in events_of(job)].count("epoch") == 1


def test_an_epochs_event_is_its_report(job: Job) -> None:
    ask_trial(claimed(job))
    begun_attempt().epoch(epoch_report(0, 1))
    assert events_of(job)[-1].data == epoch_report(0, 1).to_dict()


@pytest.mark.django_db(transaction=True)
def test_events_of_several_writers_are_numbered_without_gaps(new_job: Callable[..., Job]) -> None:
    job = new_job(concurrent=True)
    recorder = claimed(job)
    attempts = []
    for number in range(2):
        ask_trial(recorder, number)
        attempts.append(begun_attempt())

    def report(attempt: Any) -> None:
        for epoch in range(1, 11):
            attempt.epoch(epoch_report(attempt.spec.number, epoch))
        connection.close()

    threads = [Thread(target=report, args=[attempt]) for attempt in attempts]
    for thread in threads:
        thread.start()
    for number in range(2, 12):
        ask_trial(recorder, number)
    for thread in threads:
        thread.join()
    job.refresh_from_db()
    assert [event.seq for event in events_of(job)] == list(range(1, job.seq + 1))
    assert EpochMetrics.objects.count() == 20


def test_saying_the_same_state_again_is_no_event(job: Job) -> None:
    recorder = claimed(job)
    outcome = JobOutcome(best_trial_number=0, best_total_score=0.5)
    recorder.job_state(JobState.RUNNING, outcome=outcome)
    recorder.job_state(JobState.RUNNING, outcome=outcome)
    assert len(events_of(job)) == 1


def test_a_finished_trials_row_shows_scores_and_health(job: Job) -> None:
    recorder = claimed(job)
    record = ask_trial(recorder)
    begun_attempt().finished(trial_result(0))
    recorder.trial_finished(
        TrialRecord(spec=record.spec, state=TrialState.COMPLETED, total_score=0.7, result=trial_result(0))
    )
    trial = Trial.objects.get()
    assert (trial.test_accuracy, trial.parameters, trial.total_score) == (0.68, 1234, 0.7)
    assert trial.health.training_stability == 0.9
    assert trial.health.gradient_health is None
    assert trial.finished_at is not None


def test_a_host_whose_attempt_was_retried_writes_nothing(job: Job) -> None:
    recorder = claimed(job)
    record = ask_trial(recorder)
    late = begun_attempt()
    recorder.trial_retried(record.spec.next_attempt(), "silent")
    seq = len(events_of(job))
    writes: list[Callable[[], Any]] = [
        late.beat,
        lambda: late.epoch(epoch_report(0, 1)),
        lambda: late.finished(trial_result(0)),
        lambda: late.lost("killed"),
        late.handed_back,
    ]
    for write in writes:
        with pytest.raises(LeaseLost):
            write()
    assert len(events_of(job)) == seq
    assert Trial.objects.get().result is None
    assert not EpochMetrics.objects.exists()


def test_an_attempt_handed_back_did_not_take_place(job: Job) -> None:
    ask_trial(claimed(job))
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    attempt.handed_back()
    trial = Trial.objects.get()
    assert (trial.state, trial.attempt, trial.worker) == (TrialState.QUEUED, 1, "")
    assert not EpochMetrics.objects.exists()
    assert begun_attempt().spec == attempt.spec


def test_a_finished_job_leaves_no_trial_running(job: Job) -> None:
    recorder = claimed(job)
    ask_trial(recorder)
    attempt = begun_attempt()
    recorder.job_state(JobState.FAILED, reason="the disk is full")
    assert Trial.objects.get().state == TrialState.STOPPED
    with pytest.raises(LeaseLost):
        attempt.beat()


def measured(value: float) -> dict[str, HealthMeasurement]:
    evidence = {"worst_layer": "dense"}
    return {"neuron_utilization": HealthMeasurement(metric="neuron_utilization", value=value, evidence=evidence)}


def live_values() -> list[Any]:
    return [health["neuron_utilization"]["value"] for health in Trial.objects.values_list("live_health", flat=True)]


def test_a_running_trials_health_is_replaced_at_each_epoch(job: Job) -> None:
    ask_trial(claimed(job))
    host = begun_attempt()
    host.epoch(epoch_report(0, 1, measurements=measured(0.9)))
    host.epoch(epoch_report(0, 2, measurements=measured(0.4)))
    assert live_values() == [0.4]
    host.epoch(epoch_report(0, 1, measurements=measured(0.8)))
    assert live_values() == [0.4], "an epoch told twice changes nothing"


def test_health_stays_as_it_was_last_where_an_epoch_measured_none(job: Job) -> None:
    ask_trial(claimed(job))
    host = begun_attempt()
    host.epoch(epoch_report(0, 1, measurements=measured(0.9)))
    host.epoch(epoch_report(0, 2))
    assert live_values() == [0.9]


def test_live_health_ends_with_the_result_that_has_its_own(job: Job) -> None:
    recorder = claimed(job)
    record = ask_trial(recorder)
    begun_attempt().epoch(epoch_report(0, 1, measurements=measured(0.9)))
    recorder.trial_finished(dataclasses.replace(record, state=TrialState.COMPLETED, result=trial_result(0)))
    assert Trial.objects.get().live_health == {}


def test_a_retried_trial_forgets_the_lost_attempts_health(job: Job) -> None:
    recorder = claimed(job)
    ask_trial(recorder)
    begun_attempt().epoch(epoch_report(0, 1, measurements=measured(0.9)))
    recorder.trial_retried(trial_spec(0, attempt=2), "killed")
    assert Trial.objects.get().live_health == {}
