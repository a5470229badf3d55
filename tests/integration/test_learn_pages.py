"""The learn pages: every hyperparameter is explained, from the same table as the search."""

import re
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from optimization.engine.hyperparameters import SPACE, Hyperparameter
from optimization.templatetags.space_format import condition_words, default_words, range_words

PAGE = "/learn/hyperparameters/"


@pytest.fixture
def page(alice: User) -> Client:
    """A browser in which alice is logged in."""
    client = Client()
    client.force_login(alice)
    return client


def html(response: HttpResponse) -> str:
    return unescape(response.content.decode())


def section(text: str, parameter: Hyperparameter) -> str:
    """What stands under one hyperparameter's anchor."""
    found = re.search(rf'<article [^>]*id="{parameter.name}".*?</article>', text, re.DOTALL)
    assert found, f"no section for {parameter.name}"
    return found[0]


def test_every_hyperparameter_has_a_section_with_all_that_the_table_says(page: Client) -> None:
    text = html(page.get(PAGE))
    for parameter in SPACE:
        words = [parameter.title, parameter.effect, parameter.help, range_words(parameter), default_words(parameter)]
        assert [word for word in [*words, condition_words(parameter)] if word not in section(text, parameter)] == []


def test_the_contents_and_the_index_lead_to_every_section(page: Client) -> None:
    names = [parameter.name for parameter in SPACE]
    contents = re.search(r'<nav class="learn-contents".*?</nav>', html(page.get(PAGE)), re.DOTALL)
    assert contents
    assert re.findall(r'href="#(\w+)"', contents[0]) == names
    assert re.findall(rf'href="{PAGE}#(\w+)"', html(page.get("/learn/"))) == names


def test_a_condition_is_told_by_titles(page: Client) -> None:
    assert "<dd>Optimizer is sgd</dd>" in html(page.get(PAGE))


def test_every_activation_and_schedule_has_its_picture(page: Client) -> None:
    text = html(page.get(PAGE))
    for parameter in SPACE:
        if parameter.name in ("activation", "learning_rate_schedule"):
            assert section(text, parameter).count("panel-line") == len(parameter.range.values)


def test_the_top_bar_leads_to_the_learn_pages(page: Client) -> None:
    assert '<a href="/learn/">Learn</a>' in html(page.get("/"))
    assert '<a href="/learn/" aria-current="page">Learn</a>' in html(page.get(PAGE))


@pytest.mark.parametrize("address", ["/learn/", PAGE])
def test_somebody_not_logged_in_is_asked_to(address: str) -> None:
    assert Client().get(address).headers["Location"] == f"/login/?next={address}"
