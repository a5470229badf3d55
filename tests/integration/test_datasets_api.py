"""Data sets as clients of the API see them: alice uploads, bob is a stranger."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User
from optimization.engine.datasets import DATASETS
from optimization.models import Dataset, Job
from tests.uploads import csv_text, good_images, zip_file


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(alice: User) -> APIClient:
    return client_of(alice)


def upload(api: APIClient, content: bytes, name: str = "reviews.csv", **fields: str) -> Response:
    return api.post("/api/v1/datasets/", {"file": SimpleUploadedFile(name, content), **fields}, format="multipart")


@pytest.fixture
def uploaded(api: APIClient) -> dict[str, Any]:
    """What the API answers about alice's new data set."""
    answer = upload(api, csv_text().encode(), title="Reviews")
    assert answer.status_code == 201
    return answer.json()


def test_an_upload_is_told_with_its_report(api: APIClient, tmp_path: Path) -> None:
    members = {**good_images(), "cat/broken.png": b"broken"}
    body = upload(api, zip_file(tmp_path / "pets.zip", members).read_bytes(), "pets.zip").json()
    assert (body["title"], body["modality"], body["shape"]) == ("pets", "image", [10, 12, 3])
    assert (body["own"], body["available"], body["train_size"], body["test_size"]) == (True, True, 12, 0)
    assert body["report"]["counts"] == {"cat": 6, "dog": 6}
    assert [(group["count"], group["examples"]) for group in body["report"]["skipped"]] == [(1, ["cat/broken.png"])]


def test_a_refused_upload_names_the_file_and_every_reason(api: APIClient) -> None:
    answer = upload(api, b"text,label\nhello,good\n,good\n")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == ["file"]
    for reason in ("only one class, good", "at least 5 different texts", "empty text (line 3)"):
        assert reason in answer.json()["errors"]["file"]
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({}, "file", "No file was submitted"),
        ({"file": "text"}, "file", "not a file"),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "file", "The file is empty"),
        ({"file": SimpleUploadedFile("a.csv", csv_text().encode()), "title": "x" * 201}, "title", "200 characters"),
    ],
)
def test_wrong_input_is_named(api: APIClient, body: dict[str, Any], field: str, says: str) -> None:
    answer = api.post("/api/v1/datasets/", body, format="multipart")
    assert answer.status_code == 400
    assert says in answer.json()["errors"][field]


def test_a_file_larger_than_the_setting_is_refused(api: APIClient, settings: LazySettings) -> None:
    settings.TUNEWELL_UPLOAD_MB = 0.0001
    assert "at most 0.0001 MB" in upload(api, csv_text().encode()).json()["errors"]["file"]


def test_the_list_has_the_registered_sets_and_ones_own(api: APIClient, uploaded: dict[str, Any], bob: User) -> None:
    names = [found["name"] for found in api.get("/api/v1/datasets/").json()["datasets"]]
    assert names == [*DATASETS, uploaded["name"]]
    assert [found["name"] for found in client_of(bob).get("/api/v1/datasets").json()["datasets"]] == list(DATASETS)


def test_one_data_set_is_told_as_in_the_list(api: APIClient, uploaded: dict[str, Any]) -> None:
    assert api.get(f"/api/v1/datasets/{uploaded['name']}/").json() == uploaded
    assert api.get("/api/v1/datasets/digits").json()["title"] == DATASETS["digits"].title
    assert api.get("/api/v1/datasets/nope/").status_code == 404


def test_a_job_may_name_it(api: APIClient, uploaded: dict[str, Any]) -> None:
    answer = api.post("/api/v1/optimize/", {"dataset_name": uploaded["name"], "trials": 1}, format="json")
    assert answer.status_code == 201
    assert answer.json()["dataset_name"] == uploaded["name"]


def test_to_a_stranger_it_does_not_exist(uploaded: dict[str, Any], bob: User) -> None:
    stranger = client_of(bob)
    address = f"/api/v1/datasets/{uploaded['name']}/"
    assert [stranger.get(address).status_code, stranger.delete(address).status_code] == [404, 404]
    for name in (uploaded["name"], "upload_0123456789abcdef", "nope"):
        answer = stranger.post("/api/v1/optimize/", {"dataset_name": name}, format="json")
        assert answer.status_code == 400
        told = answer.json()["errors"]["dataset_name"]
        assert told == f"must be one of {', '.join(DATASETS)}; got {name!r}"
    assert not Job.objects.exists()


def test_a_strangers_request_tells_nothing_of_its_kind(api: APIClient, uploaded: dict[str, Any], bob: User) -> None:
    """Hyperparameters of images do not suit a set of texts, which only its owner may learn."""
    asked = {"dataset_name": uploaded["name"], "search_space": {"kernel_size": {"exclude": True}}}
    told = client_of(bob).post("/api/v1/optimize/", asked, format="json").json()["errors"]
    assert list(told) == ["dataset_name"]
    assert list(api.post("/api/v1/optimize/", asked, format="json").json()["errors"]) == ["search_space"]


def test_nobody_uploads_without_logging_in(db: None) -> None:
    assert upload(APIClient(), csv_text().encode()).status_code == 401


def test_it_can_be_deleted_when_no_job_needs_it(api: APIClient, uploaded: dict[str, Any], upload_dir: Path) -> None:
    address = f"/api/v1/datasets/{uploaded['name']}/"
    job = api.post("/api/v1/optimize/", {"dataset_name": uploaded["name"]}, format="json").json()
    refused = api.delete(address)
    assert (refused.status_code, refused.json()["errors"]) == (409, {})
    assert "stop or delete" in refused.json()["detail"]
    api.delete(job["api_url"])
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert not (upload_dir / uploaded["name"]).exists()


def test_registered_sets_cannot_be_deleted(api: APIClient) -> None:
    assert api.delete("/api/v1/datasets/digits/").status_code == 404
