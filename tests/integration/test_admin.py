"""The admin site: everything can be looked at, cheaply."""

from pathlib import Path

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from optimization import dataset_services
from optimization.engine.recorder import TrialRecord
from optimization.engine.trial import TrialState
from optimization.models import Dataset, EpochMetrics, HealthMetrics, Job, JobEvent, Trial, Worker
from optimization.watch import say_alive
from tests.integration.portal import ask_trial, begun_attempt, claimed, epoch_report, trial_result
from tests.uploads import csv_text

MODELS = [User, Dataset, Job, Trial, EpochMetrics, HealthMetrics, JobEvent, Worker]


@pytest.fixture
def admins(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


@pytest.fixture
def rows(job: Job) -> None:
    """At least four rows of what a job has."""
    recorder = claimed(job)
    for number in range(4):
        record = ask_trial(recorder, number)
        begun_attempt().epoch(epoch_report(number, 1))
        result = trial_result(number)
        recorder.trial_finished(TrialRecord(spec=record.spec, state=TrialState.COMPLETED, result=result))
    say_alive("here:1", "trials")
    add_reviews(job.owner)


def add_reviews(owner: User) -> Dataset:
    file = SimpleUploadedFile("reviews.csv", csv_text().encode())
    return dataset_services.dataset_add(owner=owner, file=file, title="Reviews of digits")


def address(model: type, page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS)
def test_rows_are_listed_found_and_shown(admins: Client, rows: None, model: type) -> None:
    assert admins.get(address(model, "changelist")).status_code == 200
    assert admins.get(address(model, "changelist"), {"q": "digits"}).status_code == 200
    row = model.objects.first()  # type: ignore[attr-defined]
    assert admins.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", [Job, Trial, EpochMetrics, HealthMetrics, JobEvent])
def test_a_list_costs_the_same_however_long(
    admins: Client, rows: None, model: type, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(7):
        admins.get(address(model, "changelist"))


@pytest.mark.parametrize("model", [Job, Trial, EpochMetrics, HealthMetrics, JobEvent, Worker])
def test_nobody_writes_what_the_loop_and_the_workers_write(admins: Client, rows: None, model: type) -> None:
    assert admins.get(address(model, "add")).status_code == 403
    row = model.objects.first()  # type: ignore[attr-defined]
    assert admins.post(address(model, "change", row.pk), {}).status_code == 403


def test_a_data_set_that_a_job_needs_stays_and_another_goes_with_its_files(
    admins: Client, job: Job, upload_dir: Path
) -> None:
    dataset = add_reviews(job.owner)
    Job.objects.update(request=job.request | {"dataset_name": dataset.name})
    delete = address(Dataset, "delete", dataset.pk)
    assert admins.post(delete, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": dataset.pk, "post": "yes"}
    admins.post(address(Dataset, "changelist"), chosen)
    assert Dataset.objects.exists()
    Job.objects.update(state="completed")
    assert admins.post(delete, {"post": "yes"}).status_code == 302
    assert not Dataset.objects.exists()
    assert not (upload_dir / dataset.name).exists()


def test_every_model_of_ours_is_there() -> None:
    assert set(MODELS) <= set(admin.site._registry)


def test_others_are_not_let_in(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    assert client.get(address(Job, "changelist")).status_code == 302
