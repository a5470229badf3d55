"""Plots over the API: the list, the files, and that nothing else can be fetched by a plot's name."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.test import AsyncClient
from rest_framework.test import APIClient

from accounts.models import User
from optimization.artifacts import artifact_store
from optimization.engine.recorder import TrialRecord
from optimization.engine.results import trial_name
from optimization.engine.trial import TrialState
from optimization.models import Job, Trial
from tests.integration.portal import ask_trial, claimed, trial_result

PNG = b"\x89PNG\r\n\x1a\n and so on"
PLOT = {
    "name": "loss_and_accuracy",
    "title": "Loss and accuracy",
    "caption": "Falls, and flattens.",
    "group": "training",
    "files": {"png": "loss_and_accuracy.png", "svg": "loss_and_accuracy.svg", "json": "loss_and_accuracy.json"},
    "width": 900,
    "height": 500,
    "absent": None,
    "error": None,
}
ABSENT = PLOT | {"name": "gate_maps", "files": {}, "absent": "this model has no LSTM", "width": None, "height": None}
INDEX = {"version": 1, "groups": {"training": "Training"}, "plots": [PLOT, ABSENT]}


@pytest.fixture(params=["folder", "storage"])
def kept_anywhere(request: pytest.FixtureRequest, settings: LazySettings, tmp_path: Path) -> None:
    """The portal's own folder, or a Django storage as S3 is one."""
    if request.param == "storage":
        options = {"location": str(tmp_path / "elsewhere")}
        storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"artifacts": storage}


@pytest.fixture
def trial(job: Job) -> Trial:
    """Trial 0, completed."""
    recorder = claimed(job)
    record = ask_trial(recorder)
    recorder.trial_finished(TrialRecord(spec=record.spec, state=TrialState.COMPLETED, result=trial_result(0)))
    recorder.release()
    return Trial.objects.get()


def keep(trial: Trial, index: dict[str, Any] = INDEX) -> None:
    """The trial's plots, where the portal keeps files."""
    folder = trial_name(trial.job.run_name, trial.number)
    files = {"png": PNG, "svg": b"<svg/>", "json": b"{}"}
    for kind, content in files.items():
        artifact_store().write(f"{folder}/plots/loss_and_accuracy.{kind}", content)
    artifact_store().write(f"{folder}/model.keras", b"the model")
    artifact_store().write(f"{folder}/plots/index.json", json.dumps(index).encode())


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


def address(trial: Trial, rest: str = "plots/") -> str:
    return f"/api/v1/jobs/{trial.job_id}/trials/{trial.number}/{rest}"


def test_the_list_says_what_there_is_and_why_the_rest_is_not(api: APIClient, kept_anywhere: None, trial: Trial) -> None:
    keep(trial)
    body = api.get(address(trial)).json()
    assert (body["groups"], body["why_none"]) == ({"training": "Training"}, "")
    plot, absent = body["plots"]
    assert (plot["title"], plot["caption"], plot["width"]) == ("Loss and accuracy", "Falls, and flattens.", 900)
    assert plot["urls"]["png"] == address(trial, "plots/loss_and_accuracy.png")
    assert (absent["absent"], absent["urls"]) == ("this model has no LSTM", {})


@pytest.mark.parametrize(
    ("kind", "content_type"), [("png", "image/png"), ("svg", "image/svg+xml"), ("json", "application/json")]
)
def test_a_file_comes_as_what_it_is(
    api: APIClient, kept_anywhere: None, trial: Trial, kind: str, content_type: str
) -> None:
    keep(trial)
    answer = api.get(address(trial, f"plots/loss_and_accuracy.{kind}"), HTTP_ACCEPT="image/*")
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=3600"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    if kind == "png":
        assert answer.content == PNG


@pytest.mark.parametrize(
    "name", ["loss_and_accuracy.gif", "loss_and_accuracy.keras", "gate_maps.png", "index.json", "other.png"]
)
def test_only_what_the_index_names_is_served(api: APIClient, trial: Trial, name: str) -> None:
    keep(trial)
    assert api.get(address(trial, f"plots/{name}")).status_code == 404


@pytest.mark.parametrize("name", ["../model.keras", "..%2fmodel.keras", "..%252fmodel.keras", "%2e%2e/model.keras"])
def test_no_name_leads_out_of_the_plots(api: APIClient, trial: Trial, name: str) -> None:
    keep(trial)
    assert api.get(address(trial, f"plots/{name}")).status_code == 404


def test_an_index_that_leads_elsewhere_leads_nowhere(api: APIClient, trial: Trial) -> None:
    keep(trial, INDEX | {"plots": [PLOT | {"files": {"png": "../model.keras"}}]})
    assert api.get(address(trial, "plots/loss_and_accuracy.png")).status_code == 404


def test_a_plot_whose_file_is_gone_is_not_found(api: APIClient, trial: Trial, results_dir: Path) -> None:
    keep(trial)
    (results_dir / trial_name(trial.job.run_name, 0) / "plots" / "loss_and_accuracy.png").unlink()
    assert api.get(address(trial, "plots/loss_and_accuracy.png")).status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_all_plots_come_as_an_archive(alice: User, trial: Trial) -> None:
    await sync_to_async(keep)(trial)
    client = AsyncClient()
    await client.aforce_login(alice)
    answer = await client.get(address(trial, "plots.zip"))
    body = b"".join([chunk async for chunk in answer.streaming_content])
    assert f"{trial.job.run_name}_trial_0_plots.zip" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [name.rpartition("/")[2] for name in archive.namelist()]
    assert names == ["index.json", "loss_and_accuracy.json", "loss_and_accuracy.png", "loss_and_accuracy.svg"]


@pytest.mark.parametrize("rest", ["plots", "plots/", "plots.zip", "plots/loss_and_accuracy.png"])
def test_a_stranger_sees_no_plots(bob: User, trial: Trial, rest: str) -> None:
    keep(trial)
    client = APIClient()
    client.force_authenticate(bob)
    assert client.get(address(trial, rest)).status_code == 404


WHY_NONE: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "asked for none": ({"create_trial_plots": "none"}, {}, {}, "asked to draw no plots"),
    "asked before there were plots": ({"create_trial_plots": None}, {}, {}, "asked to draw no plots"),
    "it runs": ({}, {}, {"state": "running"}, "when the trial ends"),
    "it was pruned": ({}, {}, {"state": "pruned"}, "ran to their end"),
    "it confirms": ({}, {}, {"confirms": 4}, "trains trial 4 again"),
    "another is the best": ({"create_trial_plots": "best"}, {}, {}, "Only the best trial"),
    "the job goes on": ({"create_trial_plots": "best"}, {"best_trial_number": 0}, {}, "when the job ends"),
    "no arrays": ({}, {}, {"files": {}}, "before it could record"),
    "chosen just now": (
        {"create_trial_plots": "best"},
        {"best_trial_number": 0, "state": "completed", "best_plots_due": True},
        {},
        "being drawn",
    ),
    "it failed": ({}, {}, {}, "could not be drawn"),
}


@pytest.mark.parametrize(("asked", "of_job", "of_trial", "said"), WHY_NONE.values(), ids=WHY_NONE.keys())
def test_a_trial_without_plots_says_why(
    api: APIClient, trial: Trial, asked: dict, of_job: dict, of_trial: dict, said: str
) -> None:
    request = {name: value for name, value in (trial.job.request | asked).items() if value is not None}
    Job.objects.update(**{"request": request} | of_job)
    files = of_trial.pop("files", {"arrays.npz": 7})
    Trial.objects.update(**{"result": trial.result | {"files": files}} | of_trial)
    body = api.get(address(trial)).json()
    assert body["plots"] == []
    assert said in body["why_none"]
    archive = api.get(address(trial, "plots.zip"))
    assert (archive.status_code, said in archive.json()["detail"]) == (404, True)


def test_which_trials_get_plots_is_part_of_a_request_and_of_its_clone(
    api: APIClient, new_job: Callable[..., Job]
) -> None:
    job = new_job(create_trial_plots="best")
    clone = api.post(f"/api/v1/jobs/{job.pk}/clone", {"trials": 2}, format="json").json()
    assert clone["request"]["create_trial_plots"] == "best"
