"""docs/FAULTS.md changes only when that is asked for, and only between its marks."""

from pathlib import Path

import pytest

from tests.chaos.report import ASKED_BY, FAULTS, publish


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- slots: begin -->\nold\n<!-- slots: end -->\nafter\n")
    return path


def test_a_run_that_was_not_asked_to_leaves_the_page_alone(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ASKED_BY, raising=False)
    publish("slots", ["new"], page)
    assert "old" in page.read_text()


def test_a_run_that_was_asked_to_replaces_its_own_section(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ASKED_BY, "1")
    publish("slots", ["new"], page)
    assert page.read_text() == "before\n<!-- slots: begin -->\nnew\n<!-- slots: end -->\nafter\n"


@pytest.mark.parametrize("section", ["chaos", "slots", "page"])
def test_the_page_has_a_place_for_every_section(section: str) -> None:
    text = FAULTS.read_text(encoding="utf-8")
    assert text.index(f"<!-- {section}: begin -->") < text.index(f"<!-- {section}: end -->")
