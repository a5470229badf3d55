"""Narrowing the search space in a browser."""

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect


def test_a_hyperparameter_is_narrowed_by_keyboard_and_the_clone_knows(logged_in: Callable[[str], Page]) -> None:
    page = logged_in("alice")
    page.goto("/jobs/new/")
    page.get_by_text("Search space", exact=False).first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Learning rate", exact=True)).to_be_visible()

    page.get_by_role("radio", name=re.compile("^Toy reviews")).check()
    expect(page.get_by_role("group", name="LSTM units")).to_be_visible()
    expect(page.get_by_role("group", name="Kernel size")).to_be_hidden()
    page.get_by_role("radio", name=re.compile("^Digits")).check()
    expect(page.get_by_role("group", name="LSTM units")).to_be_hidden()

    row = page.get_by_role("group", name="Learning rate", exact=True)
    expect(row.get_by_label("Learning rate, from")).to_be_hidden()
    row.get_by_label("What to do with Learning rate").focus()
    page.keyboard.type("Narrow")
    row.get_by_label("Learning rate, from").fill("0.001")
    row.get_by_label("Learning rate, up to").fill("0.002")
    expect(page.locator("#space-summary")).to_have_text("1 changed")

    page.get_by_label("Trials", exact=True).fill("1")
    page.get_by_label("Max epochs per trial").fill("1")
    page.get_by_role("button", name="Start optimization").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/$"))
    page.get_by_text("Settings of this optimization").click()
    expect(page.get_by_text("Learning rate from 0.001 up to 0.002")).to_be_visible()

    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Clone").click()
    expect(page.locator("#space-summary")).to_have_text("1 changed")


def test_a_hyperparameter_is_narrowed_without_javascript(logged_in: Callable[[str], Page], browser: Browser) -> None:
    known = logged_in("alice")
    plain = browser.new_context(
        base_url=known.url, storage_state=known.context.storage_state(), java_script_enabled=False
    )
    with plain:
        page = plain.new_page()
        page.goto("/jobs/new/")
        page.get_by_role("radio", name=re.compile("^Digits")).check()
        page.get_by_text("Search space", exact=False).first.click()
        expect(page.get_by_role("group", name="LSTM units")).to_be_hidden()

        row = page.get_by_role("group", name="Activation", exact=True)
        row.get_by_label("What to do with Activation").select_option("narrow")
        row.get_by_role("checkbox").first.wait_for()
        for box in row.get_by_role("checkbox").all():
            box.uncheck()
        page.get_by_role("button", name="Start optimization").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was started")
        expect(page.get_by_role("group", name="Activation", exact=True)).to_contain_text("name at least one")

        page.get_by_role("link", name="Activation", exact=True).first.click()
        page.get_by_role("checkbox", name="swish").check()
        page.get_by_role("checkbox", name="elu", exact=True).check()
        page.get_by_label("Trials", exact=True).fill("1")
        page.get_by_label("Max epochs per trial").fill("1")
        page.get_by_role("button", name="Start optimization").click()
        page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}/"))  # the link's fragment goes along
        page.get_by_text("Settings of this optimization").click()
        expect(page.get_by_text("Activation swish or elu")).to_be_visible()
