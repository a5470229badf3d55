"""The page of data sets: alice uploads, bob is a stranger."""

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from optimization import dataset_services
from optimization.engine.datasets import DATASETS
from optimization.models import Dataset, Job
from tests.uploads import csv_text, good_images, zip_file


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def page(alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def dataset(alice: User) -> Dataset:
    file = SimpleUploadedFile("<i>reviews</i>.csv", f"{csv_text()},bad\n".encode("utf-16"))
    return dataset_services.dataset_add(owner=alice, file=file, title="<b>Reviews</b>")


def html(response: HttpResponse) -> str:
    return response.content.decode()


def send(page: Client, content: bytes, name: str = "reviews.csv", title: str = "") -> HttpResponse:
    return page.post("/datasets/", {"file": SimpleUploadedFile(name, content), "title": title}, follow=True)


def test_the_registered_sets_stand_with_size_licence_and_source(page: Client) -> None:
    shown = html(page.get("/datasets/"))
    for info in DATASETS.values():
        assert f'aria-label="New optimization with {info.title}"' in shown
    assert "60,000 + 10,000 for the test" in shown
    assert "CC BY-SA 3.0" in shown


def test_an_upload_appears_with_its_picture_and_report(page: Client, tmp_path: Path) -> None:
    members = {**good_images(), "cat/broken.png": b"broken"}
    answer = html(send(page, zip_file(tmp_path / "pets.zip", members).read_bytes(), "pets.zip", "My pets"))
    assert "My pets is ready: 12 images in 2 classes. 1 were left out" in answer
    assert re.search(r'<img class="dataset-sample" src="data:image/png;base64,[\w+/=]+" alt="One image each of', answer)
    assert "12 images of 10×12×3 pixels" in answer
    assert re.search(r"no image that can be read here.*?cat/broken.png", answer)
    assert "<li>cat <span" in answer


def test_a_refused_upload_says_every_reason_at_its_field(page: Client) -> None:
    answer = send(page, b"text,label\nhello,good\n,good\n", title="kept")
    errors = re.search(r'id="id_file_error">(.*?)</div>', html(answer), re.DOTALL)
    assert answer.status_code == 400
    assert errors
    assert errors[1].count("<p>") == 3
    assert "only one class, good" in errors[1]
    assert 'value="kept"' in html(answer)
    assert not Dataset.objects.exists()


def test_a_form_without_a_file_asks_for_one(page: Client) -> None:
    answer = page.post("/datasets/", {"title": "nothing"})
    assert answer.status_code == 400
    assert "id_file_error" in html(answer)


def test_what_people_call_things_is_never_markup(page: Client, dataset: Dataset) -> None:
    for address in ("/datasets/", "/jobs/new/"):
        shown = html(page.get(address))
        assert "&lt;b&gt;Reviews&lt;/b&gt;" in shown
        assert "<b>Reviews" not in shown
        assert "<i>reviews" not in shown


def test_a_stranger_sees_and_deletes_nothing_of_it(dataset: Dataset, bob: User) -> None:
    stranger = browser_of(bob)
    assert dataset.name not in html(stranger.get("/datasets/"))
    assert dataset.name not in html(stranger.get("/jobs/new/"))
    assert stranger.post(f"/datasets/{dataset.name}/delete/").status_code == 404
    refused = stranger.post("/jobs/new/", {"dataset_name": dataset.name})
    assert refused.status_code == 400
    assert "Dataset name must be one of digits" in html(refused)
    assert Dataset.objects.exists()


def test_it_is_a_card_of_the_new_optimization_page_and_starts_a_job(page: Client, dataset: Dataset) -> None:
    form = html(page.get(f"/jobs/new/?dataset={dataset.name}"))
    assert re.search(rf'value="{dataset.name}"[^>]* checked', form)
    page.post("/jobs/new/", {"dataset_name": dataset.name})
    job = Job.objects.get()
    assert job.request["dataset_name"] == dataset.name
    assert "&lt;b&gt;Reviews&lt;/b&gt;" in html(page.get("/"))


def test_deleting_waits_for_jobs_that_use_it(page: Client, dataset: Dataset) -> None:
    page.post("/jobs/new/", {"dataset_name": dataset.name})
    refused = page.post(f"/datasets/{dataset.name}/delete/", follow=True)
    assert "is used by a job that did not finish yet" in html(refused)
    page.post(f"/jobs/{Job.objects.get().pk}/delete/")
    assert "is deleted" in html(page.post(f"/datasets/{dataset.name}/delete/", follow=True))
    assert not Dataset.objects.exists()


def test_a_deleted_set_is_called_by_its_name_in_old_jobs(page: Client, dataset: Dataset) -> None:
    page.post("/jobs/new/", {"dataset_name": dataset.name})
    Job.objects.update(state="completed")
    page.post(f"/datasets/{dataset.name}/delete/")
    assert dataset.name in html(page.get("/"))
    assert page.get(Job.objects.get().get_absolute_url()).status_code == 200


@pytest.mark.django_db
def test_nobody_sees_the_page_without_logging_in() -> None:
    assert Client().get("/datasets/").status_code == 302
    assert Client().post("/datasets/").status_code == 302
