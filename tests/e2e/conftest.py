"""One real portal and one real browser for all browser tests."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from optimization.demo.client import PortalClient
from optimization.demo.portal import port_to_use, running_portal

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
QUIET_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAKE_PEOPLE = """
import json
from accounts.models import User
from knox.models import AuthToken
people = [User.objects.create_user(name, password={password!r}) for name in ("alice", "bob")]
print(json.dumps({{user.username: AuthToken.objects.create(user)[1] for user in people}}))
"""


@dataclass(frozen=True)
class RunningPortal:
    """Where it is, and an API token of each person in it: alice, who owns the jobs, and bob, a stranger."""

    url: str
    tokens: dict[str, str]


@contextlib.contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set for this process and the children it starts; `DATABASE_URL` of the machine plays no part."""
    before = dict(os.environ)
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def manage(*arguments: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """`manage.py start` on a free port, with an empty database."""
    folder = tmp_path_factory.mktemp("portal")
    names = {f"TUNEWELL_{name}_DIR": str(folder / name.lower()) for name in ("VAR", "LOG", "RESULTS", "UPLOAD")}
    with environment(names):
        manage("migrate", "--verbosity", "0")
        tokens = json.loads(manage("shell", "--verbosity", "0", "-c", MAKE_PEOPLE.format(password=PASSWORD)))
        with running_portal(ROOT / "manage.py", port_to_use(0), folder / "log" / "portal.log") as running:
            running.wait_until_ready(PortalClient(running.url, tokens["alice"]))
            yield RunningPortal(running.url, tokens)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one that CHROMIUM names, or Playwright's own."""
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        started = playwright.chromium.launch(executable_path=path, args=QUIET_CHROMIUM)
        yield started
        started.close()


@pytest.fixture(scope="session")
def new_context(browser: Browser, portal: RunningPortal) -> Iterator[Callable[[], BrowserContext]]:
    """Makes browser contexts: each a browser of its own as far as cookies go."""
    opened: list[BrowserContext] = []

    def make() -> BrowserContext:
        opened.append(browser.new_context(base_url=portal.url, viewport={"width": 1280, "height": 900}))
        return opened[-1]

    yield make
    for context in opened:
        context.close()


@pytest.fixture(scope="session")
def logged_in(new_context: Callable[[], BrowserContext]) -> Callable[[str], Page]:
    """A page of somebody who has logged in by the form."""

    def log_in(name: str) -> Page:
        page = new_context().new_page()
        page.goto("/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("heading", name="Jobs").wait_for()
        return page

    return log_in
