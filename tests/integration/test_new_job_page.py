"""The form that starts an optimization."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from optimization.engine.datasets import DATASETS
from optimization.engine.request import Objective, OptimizationRequest
from optimization.engine.rules import Choice, Several
from optimization.engine.trial import JobState
from optimization.models import Job
from optimization.pages.forms import ADVANCED, NOT_ASKED, OPTION_TEXT, JobForm

IN_PLACES_OF_THEIR_OWN = {"dataset_name", "mode", "trials", "max_epochs_per_trial", "search_space"}


@pytest.fixture
def page(alice: User) -> Client:
    """A browser in which alice is logged in."""
    client = Client()
    client.force_login(alice)
    return client


def html(response: HttpResponse) -> str:
    return response.content.decode()


def as_sent(request: OptimizationRequest) -> dict[str, Any]:
    """The form's values as a browser sends them."""
    values: dict[str, Any] = {}
    for name, value in request.to_dict().items():
        if name == "search_space" or (name == "objectives" and value is None):
            continue  # rows as they are, boxes not ticked
        if isinstance(value, dict):
            values |= {f"{name}_{share}": text for share, text in value.items()}
        elif name not in NOT_ASKED:
            values[name] = "" if value is None else value
    return values


def test_every_field_of_the_request_is_asked_or_left_out_on_purpose(page: Client) -> None:
    advanced = {name for names in ADVANCED.values() for name in names}
    asked = IN_PLACES_OF_THEIR_OWN | advanced
    assert asked | NOT_ASKED == set(OptimizationRequest(dataset_name="digits").to_dict())
    form = html(page.get("/jobs/new/"))
    assert [name for name in asked if f'name="{name}' not in form] == []


@pytest.mark.parametrize("field", dataclasses.fields(OptimizationRequest), ids=lambda field: field.name)
def test_every_choice_of_a_field_has_its_text(field: dataclasses.Field[Any]) -> None:
    rule = field.metadata["rule"]
    asked = isinstance(rule, Choice | Several) and field.name not in NOT_ASKED
    options = list(rule.options) if asked else []
    assert [option for option in options if option not in OPTION_TEXT] == []


def test_the_form_as_it_opens_describes_the_default_request() -> None:
    shown = {name: field.initial for name, field in JobForm().fields.items() if name != "title"}
    assert OptimizationRequest.from_dict(shown) == OptimizationRequest(dataset_name="digits")


def test_limits_and_help_come_from_the_request(page: Client) -> None:
    answer = html(page.get("/jobs/new/"))
    assert "How many models to train; trial 0 is the default model. A whole number from 1 to 10,000." in answer
    assert re.search(r'<input type="number" name="trials" value="50"[^>]* min="1" max="10000"', answer)


def test_every_data_set_is_a_card(page: Client) -> None:
    assert re.findall(r'name="dataset_name" value="(\w+)"', html(page.get("/jobs/new/"))) == list(DATASETS)


def test_every_objective_is_offered(page: Client) -> None:
    select = re.search(r'<select name="optimize_for".*?</select>', html(page.get("/jobs/new/")), re.DOTALL)
    assert select
    offered = re.findall(r'<option value="(\w+)"', select[0])
    assert set(offered) == {objective.value for objective in Objective}


def test_what_is_typed_is_what_runs(page: Client, alice: User) -> None:
    asked = OptimizationRequest(
        dataset_name="digits",
        mode="simple",
        trials=7,
        max_epochs_per_trial=3,
        batch_size=64,
        random_seed=11,
        sampler="random",
        timeout_hours=1.5,
    )
    answer = page.post("/jobs/new/", as_sent(asked) | {"title": "by hand"})
    job = Job.objects.get(owner=alice)
    assert answer.headers["Location"] == job.get_absolute_url()
    assert (job.asked, job.title, job.state) == (asked, "by hand", JobState.QUEUED)


def test_fields_left_out_altogether_have_the_requests_defaults(page: Client, alice: User) -> None:
    page.post("/jobs/new/", {"dataset_name": "digits"})
    assert Job.objects.get(owner=alice).asked == OptimizationRequest(dataset_name="digits")


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"dataset_name": "flowers"}, "dataset_name", "Dataset name must be one of digits, mnist, fashion_mnist"),
        ({"trials": "0"}, "trials", "Trials must be a whole number from 1 to 10,000"),
        ({"trials": ""}, "trials", "Trials must be a whole number from 1 to 10,000"),
        (
            {"mode": "simple", "optimize_for": "overall_health"},
            "optimize_for",
            "Optimize for overall_health needs mode health",
        ),
        (
            {"health_component_proportions_neuron_utilization": "0.5"},
            "health_component_proportions",
            "these sum to 1.25",
        ),
        ({"min_epochs_per_trial": "9"}, "min_epochs_per_trial", "must not exceed max_epochs_per_trial (6)"),
        ({"validation_split": "lots"}, "validation_split", "Validation split must be a number from 0.05 to 0.5"),
    ],
)
def test_wrong_input_is_told_at_its_field(page: Client, typed: dict[str, str], field: str, message: str) -> None:
    answer = page.post("/jobs/new/", as_sent(OptimizationRequest(dataset_name="digits")) | typed)
    assert answer.status_code == 400
    errors = re.search(rf'id="id_{field}_error">(.*?)</div>', html(answer), re.DOTALL)
    assert errors
    assert message in errors[1]
    assert f'href="#field-{field}"' in html(answer)
    assert not Job.objects.exists()


def test_a_refused_form_keeps_what_was_typed_and_opens_where_the_problem_is(page: Client) -> None:
    typed = {"trials": "12", "batch_size": "-3", "title": "mine", "mode": "simple"}
    answer = html(page.post("/jobs/new/", as_sent(OptimizationRequest(dataset_name="digits")) | typed))
    for kept in ('name="trials" value="12"', 'name="batch_size" value="-3"', 'name="title" value="mine"'):
        assert kept in answer
    assert re.search(r'name="mode" value="simple"[^>]* checked', answer)
    assert '<details class="advanced" open>' in answer


def test_a_card_says_how_much_of_a_subset_is_here(page: Client, settings: LazySettings, tmp_path: Path) -> None:
    arrays = {key: np.zeros((20, 28, 28), "uint8") for key in ("x_train", "x_test")}
    labels = {key: (np.arange(20) % 10).astype("uint8") for key in ("y_train", "y_test")}
    np.savez(tmp_path / "mnist.npz", **arrays, **labels)
    settings.TUNEWELL_DATA_DIR = tmp_path
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert "here: subset 20/20 of 60,000/10,000" in html(page.get("/jobs/new/"))


def test_an_absent_data_set_says_which_file_to_put_where(page: Client, settings: LazySettings, tmp_path: Path) -> None:
    settings.TUNEWELL_DATA_DIR = tmp_path / "no such folder"
    answer = page.post("/jobs/new/", as_sent(OptimizationRequest(dataset_name="mnist")))
    errors = re.search(r'id="id_dataset_name_error">(.*?)</div>', html(answer), re.DOTALL)
    assert answer.status_code == 400
    assert errors
    assert "no such folder" in errors[1]
