"""The API as clients see it: alice owns the job, bob is a stranger."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import AsyncClient
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from optimization.engine.datasets import DATASETS
from optimization.engine.hyperparameters import SPACE
from optimization.engine.recorder import JobOutcome, TrialRecord
from optimization.engine.request import HealthMetric, Objective, OptimizationRequest
from optimization.engine.trial import JobState, TrialState
from optimization.models import Job, StopRequest
from optimization.recording import JobRecorder
from optimization.watch import say_alive
from tests.integration.portal import ask_trial, begun_attempt, claimed, epoch_report, trial_result

OWN_ADDRESSES = [
    "jobs/{id}",
    "jobs/{id}/status",
    "jobs/{id}/trials",
    "jobs/{id}/trials/0",
    "jobs/{id}/best-trial",
    "download/{id}",
]


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(alice: User) -> APIClient:
    return client_of(alice)


@pytest.fixture
def finished_job(job: Job, results_dir: Path) -> Job:
    """A job with trial 0 completed and its model in place."""
    recorder = claimed(job)
    recorder.job_state(JobState.RUNNING)
    record = ask_trial(recorder)
    attempt = begun_attempt()
    attempt.epoch(epoch_report(0, 1))
    attempt.epoch(epoch_report(0, 2))
    finish_trial(recorder, record)
    path = f"{job.run_name}/optimized_model/optimized_digits_acc_0.6800.keras"
    (results_dir / path).parent.mkdir(parents=True)
    (results_dir / path).write_bytes(b"the model")
    outcome = JobOutcome(best_trial_number=0, best_total_score=0.7, test_accuracy=0.68, best_model_path=path)
    recorder.job_state(JobState.COMPLETED, outcome=outcome)
    return job


def finish_trial(recorder: JobRecorder, record: TrialRecord) -> None:
    result = trial_result(record.number)
    recorder.trial_finished(
        TrialRecord(spec=record.spec, params=record.params, state=TrialState.COMPLETED, total_score=0.7, result=result)
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_optimization_starts_with_and_without_a_slash(api: APIClient, slash: str) -> None:
    answer = api.post(
        f"/api/v1/optimize{slash}", {"dataset_name": "digits", "trials": 2, "title": "first"}, format="json"
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["title"], body["state"], body["trials"], body["finished"]) == ("first", "queued", 2, 0)
    assert body["request"] == OptimizationRequest(dataset_name="digits", trials=2).to_dict()
    assert api.get(body["api_url"]).json() == body
    assert body["websocket_url"] == f"/ws/jobs/{body['id']}/"


WRONG_INPUT: dict[str, tuple[Any, str, str]] = {
    "unknown data set": ({"dataset_name": "nope"}, "dataset_name", "digits"),
    "no data set": ({}, "dataset_name", "required"),
    "no trials": ({"dataset_name": "digits", "trials": 0}, "trials", "from 1 to"),
    "half a trial": ({"dataset_name": "digits", "trials": 1.5}, "trials", "whole number"),
    "unknown mode": ({"dataset_name": "digits", "mode": "fast"}, "mode", "simple, health"),
    "shares that sum to 0.5": (
        {"dataset_name": "digits", "health_component_proportions": {"training_stability": 0.5}},
        "health_component_proportions",
        "sum to 1",
    ),
    "a health objective in simple mode": (
        {"dataset_name": "digits", "mode": "simple", "optimize_for": "overall_health"},
        "optimize_for",
        "needs mode health",
    ),
    "a misspelt field": ({"dataset_name": "digits", "trails": 3}, "trails", "did you mean trials"),
    "more epochs at least than at most": (
        {"dataset_name": "digits", "min_epochs_per_trial": 9, "max_epochs_per_trial": 3},
        "min_epochs_per_trial",
        "must not exceed",
    ),
    "a title that is a number": ({"dataset_name": "digits", "title": 5}, "title", "text"),
    "a list": ([1], "body", "JSON object"),
}


@pytest.mark.parametrize(("body", "field", "says"), WRONG_INPUT.values(), ids=WRONG_INPUT.keys())
def test_wrong_input_is_named(api: APIClient, body: Any, field: str, says: str) -> None:
    answer = api.post("/api/v1/optimize", body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert says in answer.json()["errors"][field]
    assert field in answer.json()["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("body", ["{", '{"dataset_name": "digits", "validation_split": NaN}'])
def test_what_is_not_json_is_refused(api: APIClient, body: str) -> None:
    answer = api.post("/api/v1/optimize", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"] == {}
    assert "JSON" in answer.json()["detail"]


def test_a_form_is_refused(api: APIClient) -> None:
    answer = api.post("/api/v1/optimize", {"dataset_name": "digits"}, format="multipart")
    assert answer.status_code == 415


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["jobs", "optimize", "datasets", "modes"])
def test_without_login_nothing_is_shown(address: str) -> None:
    answer = APIClient().get(f"/api/v1/{address}")
    assert answer.status_code == 401
    assert answer.json()["detail"]


def test_a_token_logs_in(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_token", "alice")
    token = capsys.readouterr().out.strip()
    client = APIClient()
    assert client.get("/api/v1/jobs", HTTP_AUTHORIZATION=f"Token {token}").status_code == 200
    assert client.get("/api/v1/jobs", HTTP_AUTHORIZATION=f"Token {token}x").status_code == 401


@pytest.mark.django_db
def test_a_token_for_nobody_is_refused() -> None:
    with pytest.raises(CommandError, match="no user 'nobody'") as caught:
        call_command("create_token", "nobody")
    assert caught.value.returncode == 2


def test_a_session_needs_a_csrf_token_to_change_things(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get("/api/v1/jobs").status_code == 200
    assert client.post("/api/v1/optimize", {"dataset_name": "digits"}, format="json").status_code == 403


@pytest.mark.parametrize("address", OWN_ADDRESSES)
def test_a_stranger_gets_404(finished_job: Job, api: APIClient, bob: User, address: str) -> None:
    path = f"/api/v1/{address.format(id=finished_job.pk)}"
    assert api.get(path).status_code == 200
    assert client_of(bob).get(path).status_code == 404


def test_a_stranger_changes_nothing(finished_job: Job, bob: User) -> None:
    stranger = client_of(bob)
    assert stranger.post(f"/api/v1/jobs/{finished_job.pk}/stop").status_code == 404
    assert stranger.delete(f"/api/v1/jobs/{finished_job.pk}").status_code == 404
    assert Job.objects.filter(pk=finished_job.pk, stop_request=StopRequest.NONE).exists()


def test_a_stranger_sees_no_job_in_the_list(finished_job: Job, bob: User) -> None:
    assert client_of(bob).get("/api/v1/jobs").json()["results"] == []


def test_jobs_come_newest_first_and_in_pages(api: APIClient, new_job: Callable[..., Job]) -> None:
    ids = [str(new_job().pk) for _ in range(3)]
    first = api.get("/api/v1/jobs?page_size=2").json()
    assert (first["count"], [job["id"] for job in first["results"]]) == (3, ids[:0:-1])
    assert [job["id"] for job in api.get(first["next"]).json()["results"]] == ids[:1]


def test_lists_cost_the_same_however_long(
    api: APIClient, new_job: Callable[..., Job], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    job = new_job(trials=9)
    recorder = claimed(job)
    for number in range(6):
        record = ask_trial(recorder, number)
        begun_attempt().epoch(epoch_report(number, 1))
        finish_trial(recorder, record)
        new_job()
    with django_assert_max_num_queries(2):
        assert len(api.get("/api/v1/jobs").json()["results"]) == 7
    with django_assert_max_num_queries(4):
        assert len(api.get(f"/api/v1/jobs/{job.pk}/trials").json()["results"]) == 6


def test_a_job_tells_what_came_of_it(api: APIClient, finished_job: Job) -> None:
    body = api.get(f"/api/v1/jobs/{finished_job.pk}").json()
    assert (body["state"], body["finished"], body["completed"], body["running"]) == ("completed", 1, 1, 0)
    assert (body["best_trial_number"], body["test_accuracy"], body["model_available"]) == (0, 0.68, True)
    assert body["started_at"] <= body["finished_at"]


def test_the_status_is_short(api: APIClient, finished_job: Job) -> None:
    body = api.get(f"/api/v1/jobs/{finished_job.pk}/status").json()
    assert body["progress"] == {"trials": 3, "finished": 1, "completed": 1, "pruned": 0, "failed": 0, "running": 0}
    assert (body["state"], body["model_available"], body["best_trial_number"]) == ("completed", True, 0)


def test_a_trial_tells_everything(api: APIClient, finished_job: Job) -> None:
    trial = api.get(f"/api/v1/jobs/{finished_job.pk}/trials/0").json()
    assert (trial["is_baseline"], trial["is_best"], trial["params"]) == (True, True, {"activation": "leaky_relu"})
    assert [(epoch["epoch"], epoch["val_accuracy"], epoch["alarm"]) for epoch in trial["epochs"]] == [
        (1, 0.7, ""),
        (2, 0.7, ""),
    ]
    assert trial["health"]["training_stability"]["value"] == 0.9
    assert trial["health"]["training_stability"]["advice"] == "Keep it."
    assert isinstance(trial["duration_s"], float)
    assert api.get(f"/api/v1/jobs/{finished_job.pk}/best-trial").json() == trial
    (listed,) = api.get(f"/api/v1/jobs/{finished_job.pk}/trials").json()["results"]
    for measurement in trial["health"].values():
        del measurement["evidence"]
    assert listed == trial


def test_only_the_current_attempts_epochs_are_shown(api: APIClient, job: Job) -> None:
    recorder = claimed(job)
    record = ask_trial(recorder)
    begun_attempt().epoch(epoch_report(0, 1))
    recorder.trial_retried(record.spec.next_attempt(), "killed")
    begun_attempt().epoch(epoch_report(0, 1, attempt=2))
    epochs = api.get(f"/api/v1/jobs/{job.pk}/trials/0").json()["epochs"]
    assert [epoch["attempt"] for epoch in epochs] == [2]


@pytest.mark.parametrize("address", ["jobs/{id}/best-trial", "download/{id}"])
def test_what_is_not_there_yet_says_so(api: APIClient, job: Job, address: str) -> None:
    answer = api.get(f"/api/v1/{address.format(id=job.pk)}")
    assert answer.status_code == 404
    assert "yet" in answer.json()["detail"] or "no model" in answer.json()["detail"]


def test_numbers_that_are_no_numbers_become_null(api: APIClient, job: Job) -> None:
    recorder = claimed(job)
    ask_trial(recorder)
    begun_attempt().epoch(epoch_report(0, 1, loss=float("nan"), val_loss=float("inf")))
    answer = api.get(f"/api/v1/jobs/{job.pk}/trials/0")
    assert answer.status_code == 200
    (epoch,) = json.loads(answer.content, parse_constant=pytest.fail)["epochs"]
    assert (epoch["loss"], epoch["val_loss"]) == (None, None)


def test_stopping_may_be_asked_for_again(api: APIClient, job: Job) -> None:
    for _ in range(2):
        answer = api.post(f"/api/v1/jobs/{job.pk}/stop")
        assert (answer.status_code, answer.json()["stop_request"]) == (200, "now")


def test_stopping_after_the_running_trials(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/stop", {"when": "after_running"}, format="json")
    assert answer.json()["stop_request"] == "after_running"


@pytest.mark.parametrize(("body", "field"), [({"when": "later"}, "when"), ({"wen": "now"}, "wen")])
def test_stopping_at_no_known_time_is_refused(api: APIClient, job: Job, body: Any, field: str) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/stop", body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_finished_job_is_deleted(api: APIClient, finished_job: Job) -> None:
    assert api.delete(f"/api/v1/jobs/{finished_job.pk}").status_code == 204
    assert api.get(f"/api/v1/jobs/{finished_job.pk}").status_code == 404


def test_downloads_of_unknown_things_are_refused(api: APIClient, finished_job: Job) -> None:
    answer = api.get(f"/api/v1/download/{finished_job.pk}?what=everything")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["what"])


async def downloaded(user: User, path: str) -> tuple[Any, bytes]:
    client = AsyncClient()
    await client.aforce_login(user)
    answer = await client.get(path)
    assert answer.status_code == 200
    return answer, b"".join([chunk async for chunk in answer.streaming_content])


@pytest.mark.django_db(transaction=True)
async def test_the_model_is_downloaded_under_its_name(alice: User, finished_job: Job) -> None:
    answer, body = await downloaded(alice, f"/api/v1/download/{finished_job.pk}?what=model")
    assert body == b"the model"
    assert answer["Content-Disposition"] == 'attachment; filename="optimized_digits_acc_0.6800.keras"'
    assert answer["Content-Length"] == "9"


@pytest.mark.django_db(transaction=True)
async def test_everything_comes_as_one_zip_of_finished_files(alice: User, finished_job: Job, results_dir: Path) -> None:
    run = results_dir / finished_job.run_name
    (run / "plots" / "trial_1.attempt_1.partial").mkdir(parents=True)
    (run / "plots" / "trial_1.attempt_1.partial" / "half").touch()
    (run / "plots" / "trial_0").mkdir()
    (run / "plots" / "trial_0" / "history.json").write_text("[]" * 400_000)
    (run / "link").symlink_to("/etc/passwd")
    answer, body = await downloaded(alice, f"/api/v1/download/{finished_job.pk}?what=all")
    archive = zipfile.ZipFile(io.BytesIO(body))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == [
        f"{finished_job.run_name}/optimized_model/optimized_digits_acc_0.6800.keras",
        f"{finished_job.run_name}/plots/trial_0/history.json",
    ]
    assert answer["Content-Disposition"] == f'attachment; filename="{finished_job.run_name}.zip"'


def test_choices_and_defaults_are_told(api: APIClient) -> None:
    objectives = api.get("/api/v1/objectives").json()
    assert [objective["name"] for objective in objectives["objectives"]] == [o.value for o in Objective]
    assert api.get("/api/v1/modes").json() == {"modes": ["simple", "health"], "default": "health"}
    weights = api.get("/api/v1/default-scoring-weights").json()
    assert weights["accuracy_weight"] + weights["health_weight"] == pytest.approx(1)
    assert list(weights["health_component_proportions"]) == [metric.value for metric in HealthMetric]
    assert sum(weights["health_component_proportions"].values()) == pytest.approx(1)


def test_data_sets_say_whether_they_can_be_used(api: APIClient, settings: Any, tmp_path: Path) -> None:
    for file in (file for info in DATASETS.values() for file in info.files):
        (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.path).write_bytes(b"no archive")
    settings.TUNEWELL_DATA_DIR = tmp_path
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    found = {info["name"]: info for info in api.get("/api/v1/datasets").json()["datasets"]}
    assert (found["digits"]["available"], found["digits"]["problem"]) == (True, "")
    assert not found["mnist"]["available"]
    assert "mnist.npz" in found["mnist"]["problem"]
    assert [name for name, info in found.items() if info["available"]] == ["digits", "toy_reviews"]
    assert (found["imdb"]["modality"], found["imdb"]["shape"], found["imdb"]["size"]) == ("text", None, "")


@pytest.mark.django_db
def test_health_is_open_and_counts_workers() -> None:
    say_alive("here:1", "trials")
    say_alive("here:2", "tunewell")
    body = APIClient().get("/api/v1/health").json()
    assert (body["status"], body["database"], body["queue"]) == ("ok", "ok", 0)
    assert body["workers"] == {"loops": 1, "trials": 1}


@pytest.mark.django_db
def test_health_is_503_when_the_database_is_down() -> None:
    def down(*args: Any) -> None:
        raise OperationalError("the database is gone")

    with connection.execute_wrapper(down):
        answer = APIClient().get("/api/v1/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")


def test_the_schema_describes_every_address_once(api: APIClient) -> None:
    schema = api.get("/api/v1/schema?format=json").json()
    assert "/api/v1/optimize/" in schema["paths"]
    assert "/api/v1/optimize" not in schema["paths"]
    fields = schema["components"]["schemas"]["OptimizationRequest"]["properties"]
    assert fields["trials"]["minimum"] == 1
    assert fields["trials"]["default"] == OptimizationRequest(dataset_name="digits").trials


def test_the_schema_says_how_each_hyperparameter_may_be_changed(api: APIClient) -> None:
    schema = api.get("/api/v1/schema?format=json").json()
    space = schema["components"]["schemas"]["OptimizationRequest"]["properties"]["search_space"]
    assert list(space["properties"]) == [parameter.name for parameter in SPACE]
    assert OptimizationRequest(dataset_name="digits", search_space=space["example"]).search_space == space["example"]
    learning_rate = space["properties"]["learning_rate"]
    assert list(learning_rate["properties"]) == ["low", "high", "fixed", "exclude"]
    assert "Length of a step" in learning_rate["description"]


def test_the_schema_is_made_without_complaints(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")
