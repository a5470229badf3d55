"""Numbers and names in the server's pages; the browser must say the same (tests/js/format.test.js)."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import select_template
from django.utils import timezone

from optimization.engine.datasets import DATASETS
from optimization.templatetags import page_format

CASES = json.loads((Path(__file__).parents[1] / "format_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "value", "text"), [(name, value, text) for name, table in CASES.items() for value, text in table]
)
def test_numbers_read_as_in_the_browser(name: str, value: Any, text: str) -> None:
    assert getattr(page_format, name)(value) == text


def test_a_number_that_is_not_finite_is_absent() -> None:
    assert [page_format.percent(float("nan")), page_format.score(float("inf"))] == ["–", "–"]


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5\u00a0min ago"),
        (timedelta(hours=3, minutes=59), "3\u00a0h ago"),
        (timedelta(days=12), "12\u00a0d ago"),
    ],
)
def test_age_is_told_in_one_unit(ago: timedelta, text: str) -> None:
    assert page_format.age(timezone.now() - ago) == text


def test_a_data_set_that_is_gone_is_called_by_its_name() -> None:
    assert [page_format.dataset_title("digits"), page_format.dataset_title("gone")] == ["Digits (8×8)", "gone"]


def test_a_shape_names_channels_only_where_there_are_several() -> None:
    assert [page_format.shape((28, 28, 1)), page_format.shape((32, 32, 3))] == ["28×28", "32×32×3"]


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_data_set_has_a_picture(name: str) -> None:
    assert "<svg" in select_template(page_format.dataset_pictures(DATASETS[name])).render()
