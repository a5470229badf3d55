"""How old an epoch is when its numbers are in an open page. `make faults` writes it to docs/FAULTS.md."""

import statistics
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from optimization.demo.client import PortalClient
from tests.chaos.report import publish, today
from tests.e2e.conftest import RunningPortal, browser, logged_in, new_context, portal  # noqa: F401

pytestmark = pytest.mark.alone

REQUEST = {"dataset_name": "digits", "trials": 6, "max_epochs_per_trial": 6, "pruner": "none"}
EPOCHS = 36
ENOUGH_S = 0.5
JOB_LIMIT_MS = 240_000
# Notes for every trial and epoch when the page first shows that many epochs, by the browser's clock.
WATCH = """() => {
    window.seen = {};
    const look = () => {
        for (const row of document.querySelectorAll("tr.trial")) {
            const number = row.querySelector("th[scope=row]").textContent.match(/\\d+/)[0];
            const epochs = Number.parseInt(row.querySelector("[data-key=epochs]").textContent, 10);
            for (let epoch = 1; epoch <= epochs; epoch++) window.seen[`${number}/${epoch}`] ??= Date.now();
        }
    };
    look();
    const changes = {subtree: true, childList: true, characterData: true};
    new MutationObserver(look).observe(document.getElementById("trials-body"), changes);
}"""


def test_an_epochs_numbers_are_in_the_page_within_half_a_second(
    portal: RunningPortal,  # noqa: F811
    logged_in: Callable[[str], Page],  # noqa: F811
) -> None:
    client = PortalClient(portal.url, portal.tokens["alice"])
    page = logged_in("alice")
    job = client.submit(REQUEST)
    page.goto(job["url"])
    page.evaluate(WATCH)
    expect(page.locator("#job-state")).to_have_text("completed", timeout=JOB_LIMIT_MS)
    ages = ages_s(page.evaluate("window.seen"), client.trials(job["id"]))
    assert len(ages) == EPOCHS
    median, oldest = statistics.median(ages), max(ages)
    print(f"median {median:.3f} s, oldest {oldest:.3f} s")
    assert median <= ENOUGH_S
    publish("page", [f"{EPOCHS} epochs: **{median:.2f} s** in the median, {oldest:.2f} s at most (run on {today()})."])


def ages_s(seen: dict[str, float], trials: list[dict[str, Any]]) -> list[float]:
    """Seconds from the end of each epoch until it was seen."""
    ended = {f"{trial['number']}/{epoch['epoch']}": epoch["ended_at"] for trial in trials for epoch in trial["epochs"]}
    return [seen[key] / 1000 - moment for key, moment in ended.items()]
