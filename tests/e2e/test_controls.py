"""The buttons of the job page, in a browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.test_first_run import start_job


def test_a_job_is_paused_cloned_and_deleted_and_its_other_page_is_told(logged_in: Callable[[str], Page]) -> None:
    page = logged_in("alice")
    start_job(page)
    other = page.context.new_page()
    other.goto(page.url)

    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#job-state")).to_have_text(re.compile("pausing|paused"))
    expect(other.get_by_role("button", name="Resume")).to_be_visible()

    page.get_by_text("More", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Clone")).to_be_hidden()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Clone").click()
    expect(page.get_by_label("Trials", exact=True)).to_have_value("2")
    page.go_back()

    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("status")).to_contain_text("is deleted")
    expect(other.locator("#live-badge")).to_have_text("Not available any more")
