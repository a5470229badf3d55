"""What a job found beside its best trial, in rows and API: front, pruning, confirmation; and the owner's choice."""

import uuid
from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from optimization import services
from optimization.engine.recorder import WOULD_BE_PRUNED_AT, Confirmation, JobOutcome, PruningReport, TrialRecord
from optimization.engine.results import trial_name
from optimization.engine.trial import JobState, TrialState
from optimization.models import LEASE, Job, Trial, from_now
from optimization.recording import JobRecorder
from optimization.services import NotPossible
from tests.integration.portal import ask_trial, claimed, trial_result

OUTCOME = JobOutcome(
    best_trial_number=0,
    best_total_score=0.8,
    pareto_front=(0, 1),
    repaired=3,
    fallen_back=1,
    rejected=2,
    pruning=PruningReport(pruned=4, audited=2, wrong=1, wrong_share=0.5, epochs_saved=9, seconds_saved=12.5),
    confirmation=(Confirmation(number=0, score=0.8, scores=(0.7, 0.74), mean=0.72, low=0.47, high=0.97),),
)


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def finished(recorder: JobRecorder, number: int, results_dir: Path, **changes: object) -> TrialRecord:
    """A completed trial with a model that holds its number."""
    record = ask_trial(recorder, number)
    values = {"total_score": 0.8 - number / 10, "result": trial_result(number, test_accuracy=0.6 + number / 10)}
    ended = TrialRecord(spec=record.spec, state=TrialState.COMPLETED, **(values | changes))
    recorder.trial_finished(ended)
    folder = results_dir / trial_name(record.spec.run_name, number)
    folder.mkdir(parents=True)
    (folder / "model.keras").write_bytes(str(number).encode())
    return ended


@pytest.fixture
def ended_job(job: Job, results_dir: Path) -> Job:
    """Trials 0 and 1 on the front of two objectives, 2 behind both, 3 too slow."""
    recorder = claimed(job)
    recorder.job_state(JobState.RUNNING)
    values = [(0.9, 0.2), (0.6, 0.8), (0.5, 0.1), (1.0, 1.0)]
    for number, (accuracy, health) in enumerate(values):
        named = {"val_accuracy": accuracy, "overall_health": health}
        slow = {"violations": {"max_latency_ms": "too slow"}} if number == 3 else {}
        finished(recorder, number, results_dir, objective_values=named, **slow)
    recorder.job_state(JobState.COMPLETED, outcome=OUTCOME)
    recorder.release()
    return job


def test_what_a_job_found_stands_in_its_json(api: APIClient, ended_job: Job) -> None:
    body = api.get(f"/api/v1/jobs/{ended_job.pk}").json()
    assert (body["pareto_front"], body["repaired"], body["fallen_back"], body["rejected"]) == ([0, 1], 3, 1, 2)
    assert body["pruning"]["wrong_share"] == 0.5
    assert "1 of them would have been the best at the time" in body["pruning"]["summary"]
    assert body["confirmation"][0]["scores"] == [0.7, 0.74]


def test_before_anything_is_found_there_is_nothing_in_it(api: APIClient, job: Job) -> None:
    body = api.get(f"/api/v1/jobs/{job.pk}").json()
    assert (body["pareto_front"], body["repaired"], body["pruning"], body["confirmation"]) == ([], 0, None, [])


def test_a_trial_shows_its_objectives_its_limits_and_what_it_confirms(api: APIClient, job: Job) -> None:
    recorder = claimed(job)
    record = ask_trial(recorder, 0, user_attrs={WOULD_BE_PRUNED_AT: 2}, confirms=5)
    end = TrialRecord(
        spec=record.spec,
        state=TrialState.COMPLETED,
        user_attrs=record.user_attrs,
        objective_values={"val_accuracy": 0.7, "overall_health": None},
        violations={"max_latency_ms": "too slow"},
    )
    recorder.trial_finished(end)
    body = api.get(f"/api/v1/jobs/{job.pk}/trials/0").json()
    assert body["objective_values"] == {"val_accuracy": 0.7, "overall_health": None}
    assert body["violations"] == {"max_latency_ms": "too slow"}
    assert (body["confirms"], body["would_be_pruned_at"], body["is_on_pareto_front"]) == (5, 2, False)
    (known,) = recorder.trials()
    assert (known.confirms, known.violations, known.objective_values) == (5, end.violations, end.objective_values)


def test_runs_that_confirm_are_counted_apart(api: APIClient, job: Job) -> None:
    recorder = claimed(job)
    for number, confirms in enumerate([None, 0]):
        record = ask_trial(recorder, number, confirms=confirms)
        recorder.trial_finished(TrialRecord(spec=record.spec, state=TrialState.COMPLETED, total_score=0.5))
    body = api.get(f"/api/v1/jobs/{job.pk}").json()
    assert (body["finished"], body["completed"], body["confirmation_runs"]) == (1, 1, 1)


def test_a_job_stopped_while_it_confirms_may_go_on(ended_job: Job) -> None:
    ended_job.request |= {"trials": 4, "confirm_top_k": 2, "confirm_seeds": 2}
    assert Job.objects.get().findings["pareto_front"] == [0, 1]
    ended_job.refresh_from_db(fields=["findings"])
    assert ended_job.has_trials_left
    for number in range(4, 8):
        original = Trial.objects.get(number=number % 2)
        Trial.objects.create(
            job=ended_job, number=number, spec=original.spec, state=TrialState.COMPLETED, confirms=number % 2
        )
    assert not ended_job.has_trials_left


def test_the_owner_chooses_another_trial_of_the_front(api: APIClient, ended_job: Job, results_dir: Path) -> None:
    answer = api.post(f"/api/v1/jobs/{ended_job.pk}/choose-best", {"number": 1}, format="json")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["best_trial_number"], body["test_accuracy"], body["pareto_front"]) == (1, 0.7, [0, 1])
    assert body["improvement"] == pytest.approx(-0.1)
    assert (results_dir / body["best_model_path"]).read_bytes() == b"1"
    assert ended_job.events.order_by("-seq")[0].data["best_trial_number"] == 1
    assert Job.objects.get().lease_token is None


def test_the_button_on_the_page_does_the_same(alice: User, ended_job: Job) -> None:
    page = Client()
    page.force_login(alice)
    chosen = page.post(f"/jobs/{ended_job.pk}/choose-best/", {"number": "1"}, follow=True)
    assert "Trial 1 is the best model now" in chosen.content.decode()
    assert Job.objects.get().best_trial_number == 1
    refused = page.post(f"/jobs/{ended_job.pk}/choose-best/", {"number": "2"}, follow=True)
    assert "on the Pareto front: 0, 1" in refused.content.decode()
    assert Job.objects.get().best_trial_number == 1


@pytest.mark.parametrize(
    ("number", "said"), [(2, "on the Pareto front: 0, 1"), (3, "0, 1"), (9, "0, 1"), ("x", "whole")]
)
def test_a_trial_that_is_not_among_the_best_is_refused(
    api: APIClient, ended_job: Job, number: object, said: str
) -> None:
    answer = api.post(f"/api/v1/jobs/{ended_job.pk}/choose-best", {"number": number}, format="json")
    assert answer.status_code == 400
    assert said in str(answer.json())
    assert Job.objects.get().best_trial_number == 0


def test_nothing_is_chosen_before_the_end(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/choose-best", {"number": 0}, format="json")
    assert answer.status_code == 409


def test_a_stranger_chooses_nothing(bob: User, ended_job: Job) -> None:
    client = APIClient()
    client.force_authenticate(bob)
    assert client.post(f"/api/v1/jobs/{ended_job.pk}/choose-best", {"number": 1}, format="json").status_code == 404


def test_a_trial_whose_model_is_gone_stays_unchosen(ended_job: Job, results_dir: Path) -> None:
    (results_dir / trial_name(ended_job.run_name, 1) / "model.keras").unlink()
    (results_dir / trial_name(ended_job.run_name, 1)).rmdir()
    with pytest.raises(NotPossible, match="Trial 1 cannot be made the best"):
        services.job_choose_best(job=ended_job, number=1)
    assert Job.objects.get().best_trial_number == 0


def test_a_choice_waits_for_who_writes_the_job_now(ended_job: Job) -> None:
    Job.objects.update(lease_token=uuid.uuid4(), lease_expires=from_now(LEASE))
    with pytest.raises(NotPossible):
        services.job_choose_best(job=ended_job, number=1)
