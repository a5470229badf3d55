"""The analysis of a job in a browser: figures come when they are looked at, and a point leads to its trial."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import RunningPortal, manage

SEED = """
from accounts.models import User
from tests.study_rows import ended_job
print(ended_job(User.objects.get(username="alice"), 24).get_absolute_url())
"""
DRAWN_MS = 60_000
# Where the first point of a trace is on the screen.
FIRST_POINT = """plot => {
    const { left, top, width, height } = plot.querySelector(".scatterlayer .trace .point").getBoundingClientRect();
    return [left + width / 2, top + height / 2];
}"""


@pytest.fixture
def analysed(portal: RunningPortal, logged_in: Callable[[str], Page]) -> tuple[Page, list[str]]:
    """Alice's page of a job of made-up trials, and what it complained of."""
    address = manage("shell", "--verbosity", "0", "-c", SEED).split()[-1]
    page, complaints = logged_in("alice"), []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def test_figures_are_drawn_as_they_come_into_view_and_lead_to_trials(analysed: tuple[Page, list[str]]) -> None:
    page, complaints = analysed
    assert page.evaluate("window.Plotly === undefined")
    page.get_by_text("Analysis: what the trials say together").click()

    history = page.get_by_role("figure", name="Did the search converge?")
    expect(history).to_have_attribute("data-drawn", "true", timeout=DRAWN_MS)
    expect(history).to_contain_text(re.compile(r"The best score, 0\.\d+, is that of trial \d+"))
    expect(page.locator("#analysis-status")).to_have_text("Of 24 trials that ended.")
    expect(page.locator("#analysis-absent")).to_contain_text("This job has one objective")
    correlation = page.locator("#plot-metric_correlation")
    assert correlation.get_attribute("data-drawn") is None
    page.get_by_role("navigation", name="Questions").get_by_role("link", name="Which figures go together?").click()
    expect(correlation).to_have_attribute("data-drawn", "true", timeout=DRAWN_MS)

    with page.expect_download() as download:
        history.get_by_role("button", name="Download as PNG").click()
    assert download.value.suggested_filename.endswith("_optimization_history.png")
    history.scroll_into_view_if_needed()
    x, y = history.locator(".js-plotly-plot").evaluate(FIRST_POINT)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page.locator("#trials-body").get_by_role("button", name="Trial 0")).to_be_focused()
    expect(page.locator("#trial-0-details")).to_be_visible()
    assert complaints == []
