"""The form's section on the search space: rows made from the table, read into the request's changes."""

import re
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from optimization.engine.hyperparameters import SPACE
from optimization.engine.ranges import Choices, in_words
from optimization.engine.request import OptimizationRequest
from optimization.models import Job
from optimization.templatetags.space_format import range_words
from tests.seeds import seed_job


@pytest.fixture
def page(alice: User) -> Client:
    """A browser in which alice is logged in."""
    client = Client()
    client.force_login(alice)
    return client


def html(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def row(text: str, name: str) -> str:
    """One hyperparameter's row."""
    found = re.search(
        rf'<div class="space-row"[^>]*id="search_space-{name}".*?(?=<div class="space-row"|</fieldset>)',
        text,
        re.DOTALL,
    )
    assert found, f"no row for {name}"
    return found[0]


def typed(name: str, **inputs: Any) -> dict[str, Any]:
    """A row's inputs as a browser sends them."""
    return {f"search_space-{name}-{key}": value for key, value in inputs.items()}


def selected(text: str) -> list[str]:
    return re.findall(r'<option value="([^"]*)" selected>', text)


def ticked(text: str) -> list[str]:
    return re.findall(r'type="checkbox" [^>]*value="([^"]*)" checked>', text)


WAYS = {
    **typed("learning_rate", use="narrow", low="0.0002", high="0.002"),
    **typed("activation", use="narrow", choices=["relu", "swish"]),
    **typed("optimizer", use="fix", fixed="adamw"),
    **typed("num_layers_conv", use="fix", fixed="2"),
    **typed("clip_norm", use="fix", fixed="none"),
    **typed("batch_normalization", use="fix", fixed="true"),
    **typed("l2", use="leave"),
    **typed("batch_size", use="narrow", choices=["32", "64"]),
}
CHANGES = {
    "learning_rate": {"low": 0.0002, "high": 0.002},
    "activation": {"choices": ["relu", "swish"]},
    "optimizer": {"fixed": "adamw"},
    "num_layers_conv": {"fixed": 2},
    "clip_norm": {"fixed": None},
    "batch_normalization": {"fixed": True},
    "l2": {"exclude": True},
    "batch_size": {"choices": [32, 64]},
}


def test_every_hyperparameter_has_a_row_with_its_words(page: Client) -> None:
    text = html(page.get("/jobs/new/"))
    for parameter in SPACE:
        words = (parameter.title, parameter.effect, range_words(parameter), f"/learn/hyperparameters/#{parameter.name}")
        assert [word for word in words if word not in row(text, parameter.name)] == []


def test_every_row_marks_its_default_and_begins_as_the_table_has_it(page: Client) -> None:
    text = html(page.get("/jobs/new/"))
    for parameter in SPACE:
        shown = row(text, parameter.name)
        assert selected(shown)[0] == ("search" if parameter.searched else "leave")
        if isinstance(parameter.range, Choices):
            assert ticked(shown) == [in_words(value) for value in parameter.range.values]
            assert shown.count("(default)") == 1
        else:
            assert f'-fixed" value="{in_words(parameter.default)}"' in shown


def test_an_untouched_section_changes_nothing(page: Client, alice: User) -> None:
    untouched = {
        f"search_space-{parameter.name}-use": "search" if parameter.searched else "leave" for parameter in SPACE
    }
    page.post("/jobs/new/", {"dataset_name": "digits"} | untouched)
    assert Job.objects.get(owner=alice).asked == OptimizationRequest(dataset_name="digits")


def test_what_is_narrowed_fixed_left_and_opened_is_what_runs(page: Client, alice: User) -> None:
    answer = page.post("/jobs/new/", {"dataset_name": "digits"} | WAYS)
    assert answer.status_code == 302, html(answer)
    assert Job.objects.get(owner=alice).asked.search_space == CHANGES


def test_rows_of_the_other_kind_of_data_set_say_nothing(page: Client, alice: User) -> None:
    page.post("/jobs/new/", {"dataset_name": "digits"} | typed("lstm_units", use="fix", fixed="32"))
    assert Job.objects.get(owner=alice).asked.search_space == {}


def test_a_clone_starts_from_the_changes_of_the_original(page: Client, alice: User) -> None:
    request = OptimizationRequest(dataset_name="digits", search_space=CHANGES)
    original = seed_job(alice, sketches=(), request=request.to_dict())
    text = html(page.get(f"/jobs/new/?from={original.pk}"))
    assert 'value="0.0002"' in row(text, "learning_rate")
    assert ticked(row(text, "activation")) == ["relu", "swish"]
    assert selected(row(text, "optimizer")) == ["fix", "adamw"]
    assert selected(row(text, "clip_norm")) == ["fix", "none"]
    assert selected(row(text, "l2"))[0] == "leave"
    assert ticked(row(text, "batch_size")) == ["32", "64"]
    assert "8 changed" in text


@pytest.mark.parametrize(
    ("name", "inputs", "problem", "kept"),
    [
        ("learning_rate", {"use": "narrow", "low": "5", "high": "9"}, "got '5'", 'value="5"'),
        ("learning_rate", {"use": "narrow", "low": "0.01", "high": "0.001"}, "The range is empty", 'value="0.001"'),
        ("num_layers_conv", {"use": "fix", "fixed": "2.5"}, "Must be a whole number from 1 to 4", 'value="2.5"'),
        ("num_layers_conv", {"use": "fix", "fixed": ""}, "Must be a whole number from 1 to 4", 'value=""'),
        ("activation", {"use": "narrow", "choices": []}, "The choices are empty", '"narrow" selected'),
        ("optimizer", {"use": "fix", "fixed": "lion"}, "Must be one of adam, rmsprop, sgd, adamw", '"fix" selected'),
        ("l2", {"use": "whatever"}, "whatever", ""),
    ],
)
def test_a_wrong_change_is_told_at_its_row_and_kept(
    page: Client, name: str, inputs: dict[str, Any], problem: str, kept: str
) -> None:
    answer = page.post("/jobs/new/", {"dataset_name": "digits"} | typed(name, **inputs))
    shown = row(html(answer), name)
    assert answer.status_code == 400
    assert problem in shown[shown.index("field-errors") :]
    assert kept in shown
    assert 'href="#field-search_space"' in html(answer)
    assert re.search(r'<details class="advanced search-space"[^>]* open>', html(answer))
    assert not Job.objects.exists()


def test_a_change_that_rules_another_out_is_told_there(page: Client) -> None:
    wrong = typed("optimizer", use="fix", fixed="adam") | typed("momentum", use="fix", fixed="0.9")
    answer = page.post("/jobs/new/", {"dataset_name": "digits"} | wrong)
    assert "Applies only where optimizer is sgd" in row(html(answer), "momentum")
