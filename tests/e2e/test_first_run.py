"""The whole way of a first run in a browser: log in, start, watch, download; and what a stranger sees of it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Download, Page, expect

from tests.e2e.conftest import RunningPortal

JOB_LIMIT_MS = 180_000
PREDICT = """
import sys
import keras
from sklearn.datasets import load_digits
model = keras.saving.load_model(sys.argv[1], safe_mode=True)
images = load_digits().images[:50, ..., None]
print(model.predict(images, verbose=0).shape)
"""
# What a page hears of a job over the WebSocket until it is closed.
LISTEN = """url => new Promise(resolve => {
    const heard = [];
    const socket = new WebSocket(url);
    socket.onmessage = message => heard.push(message.data);
    socket.onclose = event => resolve({heard, code: event.code});
})"""


class Watched:
    """A page with everything it complained of and everything it heard over WebSockets."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.events: list[dict[str, object]] = []
        page.on("console", self._read_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framereceived", self._hear))

    def _read_console(self, message: ConsoleMessage) -> None:
        """Chromium reports violations of the Content-Security-Policy as errors too."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _hear(self, frame: str | bytes) -> None:
        self.events.append(json.loads(frame))


def start_job(page: Page) -> None:
    """Two trials of two epochs on the digits, by the form."""
    page.goto("/jobs/new/")
    page.get_by_role("radio", name=re.compile("^Digits")).check()
    page.get_by_label("Trials", exact=True).fill("2")
    page.get_by_label("Max epochs per trial").fill("2")
    page.get_by_role("button", name="Start optimization").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/$"))


def download_model(page: Page) -> Download:
    link = page.get_by_role("link", name="Download model")
    expect(link).to_have_attribute("href", re.compile("download"), timeout=JOB_LIMIT_MS)
    with page.expect_download() as download:
        link.click()
    return download.value


@pytest.fixture(scope="module")
def finished_job(logged_in: Callable[[str], Page]) -> Watched:
    """Alice's job page, opened before the first trial and never loaded again."""
    watched = Watched(logged_in("alice"))
    start_job(watched.page)
    watched.page.evaluate("window.isTheSameDocument = true")
    expect(watched.page.locator("#job-state")).to_have_text("completed", timeout=JOB_LIMIT_MS)
    return watched


def test_a_first_run_is_watched_live_and_its_model_works_elsewhere(finished_job: Watched, tmp_path: Path) -> None:
    page = finished_job.page
    epochs = page.locator("tr.trial td[data-key=epochs]")
    expect(epochs).to_have_text(["2 of 2", "2 of 2"])
    assert page.evaluate("window.isTheSameDocument")
    heard = [event for event in finished_job.events if event["kind"] == "epoch"]
    assert all(event["data"]["measurements"]["training_stability"] for event in heard)
    assert [(event["data"]["number"], event["data"]["epoch"]) for event in heard] == [(0, 1), (0, 2), (1, 1), (1, 2)]

    model = tmp_path / "model.keras"
    download = download_model(page)
    assert re.fullmatch(r"optimized_digits_acc_0\.\d+\.keras", download.suggested_filename)
    download.save_as(model)
    predict = [sys.executable, "-c", PREDICT, str(model)]
    assert subprocess.run(predict, capture_output=True, text=True, check=True).stdout.strip().endswith("(50, 10)")
    assert finished_job.complaints == []


def test_a_trial_shows_what_its_health_rests_on_and_its_plots(finished_job: Watched) -> None:
    page = finished_job.page
    page.locator("#trials-body").get_by_role("button", name="Trial 0").click()
    details = page.locator("#trial-0-details")
    units = details.locator("[data-metric=neuron_utilization]")
    units.get_by_text("All evidence").click()
    expect(units.get_by_role("table", name="By layer").get_by_role("row")).not_to_have_count(0)
    expect(details.locator("[data-metric=overfitting] .verdict")).to_have_text(re.compile("none|some|strong"))
    expect(details.locator(".extra-figures")).to_contain_text("Calibration error")

    details.get_by_role("button", name="Loss and accuracy by epoch").click()
    dialog = page.get_by_role("dialog")
    picture = dialog.get_by_role("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 400
    first = dialog.get_by_role("heading").inner_text()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("heading")).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("heading")).to_have_text(first)
    with page.expect_download() as svg:
        dialog.get_by_role("link", name="SVG").click()
    assert svg.value.suggested_filename == "loss_and_accuracy.svg"
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(details.get_by_role("button", name="Loss and accuracy by epoch")).to_be_focused()
    assert finished_job.complaints == []


def test_a_stranger_sees_nothing_of_it(
    finished_job: Watched, logged_in: Callable[[str], Page], portal: RunningPortal
) -> None:
    job = finished_job.page.url
    job_id = job.rstrip("/").rpartition("/")[2]
    api = f"{portal.url}/api/v1"
    plots = f"jobs/{job_id}/trials/0/plots"
    paths = (f"jobs/{job_id}", f"jobs/{job_id}/trials", f"download/{job_id}", plots, f"{plots}/loss_and_accuracy.png")
    ours = [job, *(f"{api}/{path}" for path in paths)]
    assert {finished_job.page.request.get(url).status for url in ours} == {200}

    page = logged_in("bob")
    assert {page.request.get(url).status for url in ours} == {404}
    assert page.goto(job).status == 404
    page.goto("/")
    assert page.evaluate(LISTEN, f"{portal.url.replace('http', 'ws', 1)}/ws/jobs/{job_id}/?after=0") == {
        "heard": [],
        "code": 4404,
    }
