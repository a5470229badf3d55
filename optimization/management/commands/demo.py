"""From nothing to a trained model, watched: what `make demo` runs."""

import contextlib
import secrets
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken
from rich.console import Console

from optimization.demo.board import board_for
from optimization.demo.client import PortalClient, PortalError, PortalSilent
from optimization.demo.portal import Portal, port_to_use, running_portal
from optimization.engine.recorder import Confirmation
from optimization.engine.request import Mode
from optimization.engine.results import improvement_in_words
from optimization.engine.trial import JobState
from optimization.tables import trial_table

USERNAME = "demo"
REQUEST = {"dataset_name": "digits", "trials": 8, "mode": Mode.HEALTH.value}
LOOK_EVERY_S = 0.25
SILENCE_LIMIT_S = 60.0
INTERRUPTED = 130
Json = dict[str, Any]


class Command(BaseCommand):
    help = "Start the portal, search for a good network on the digits, and show it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="Port of the portal; any free one if taken.")
        parser.add_argument("--once", action="store_true", help="Stop the portal when the job is done.")

    def handle(self, *args: Any, port: int, once: bool, **options: Any) -> None:
        console = _console()
        _end_like_ctrl_c(signal.SIGTERM, signal.SIGHUP)
        call_command("migrate", verbosity=0, interactive=False)
        try:
            with demo_account() as (password, token), _portal(console, port) as portal:
                client = PortalClient(portal.url, token)
                portal.wait_until_ready(client)
                job = unfinished_or_new(console, client)
                where = f"In the browser: {urljoin(portal.url, job['url'])}\nLog in as {USERNAME}, password {password}"
                console.print(where, soft_wrap=True)
                job = follow(console, portal, client, job)
                show_end(console, client, job)
                if not once:
                    console.print(where, soft_wrap=True)
                    stay(console, portal)
        except PortalError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            message = "Interrupted, and the portal is stopped. The next `make demo` goes on with this job."
            raise CommandError(message, returncode=INTERRUPTED) from None
        if job["state"] != JobState.COMPLETED:
            raise CommandError(f"The job ended as {job['state']}: {job['reason']}")


def _console() -> Console:
    """A terminal where there is one; else plain text, wide enough for the table."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, force_terminal=False, width=120)


def _end_like_ctrl_c(*signals: signal.Signals) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    for number in signals:
        signal.signal(number, interrupt)


@contextlib.contextmanager
def demo_account() -> Iterator[tuple[str, str]]:
    """The demo user's password, which stays the same from run to run, and a token for this run."""
    keep = Path(settings.TUNEWELL_VAR_DIR) / "demo_password"
    user, is_new = get_user_model().objects.get_or_create(username=USERNAME)
    if is_new or not keep.exists():
        keep.touch(mode=0o600)
        keep.write_text(secrets.token_urlsafe(9))
        user.set_password(keep.read_text())
        user.save()
    token, secret = AuthToken.objects.create(user)
    try:
        yield keep.read_text(), secret
    finally:
        token.delete()


def _portal(console: Console, wanted: int) -> contextlib.AbstractContextManager[Portal]:
    port = port_to_use(wanted)
    if wanted not in (0, port):
        console.print(f"Port {wanted} is taken; using {port}.")
    return running_portal(Path(settings.BASE_DIR) / "manage.py", port, Path(settings.TUNEWELL_LOG_DIR) / "demo.log")


def unfinished_or_new(console: Console, client: PortalClient) -> Json:
    """The job that an earlier demo could not see to its end, which the workers take up again; else a new one."""
    for job in client.jobs():
        if job["state"] in (JobState.QUEUED, JobState.RUNNING):
            done = f"{job['finished']} of {job['trials']} trials done"
            console.print(f"Going on with the job that an earlier demo left unfinished ({done}).")
            return job
    return client.submit(REQUEST)


def follow(console: Console, portal: Portal, client: PortalClient, job: Json) -> Json:
    """Show the job until it is finished; returns it as it then is."""
    answered_at = time.monotonic()
    with board_for(console) as board:
        while True:
            try:
                job, trials = client.job(job["id"]), client.trials(job["id"])
                answered_at = time.monotonic()
                board.update(job, trials)
                if JobState(job["state"]).is_finished:
                    return job
            except PortalSilent:
                if time.monotonic() - answered_at > SILENCE_LIMIT_S:
                    raise
            portal.check()
            time.sleep(LOOK_EVERY_S)


def show_end(console: Console, client: PortalClient, job: Json) -> None:
    console.print(trial_table(client.trials(job["id"]), job["best_trial_number"]))
    confirmed = [Confirmation(**row) for row in job["confirmation"]]
    console.print(improvement_in_words(job["best_trial_number"], job["improvement"], confirmed))
    if job["model_available"]:
        console.print(f"Test accuracy of the best model: {job['test_accuracy']:.4f}")
        path = Path(settings.TUNEWELL_RESULTS_DIR) / job["best_model_path"]
        console.print(f"Best model: {path}", soft_wrap=True)


def stay(console: Console, portal: Portal) -> None:
    console.print("The portal stays up until Ctrl-C.")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            portal.check()
            time.sleep(LOOK_EVERY_S)
    console.print("Stopping the portal.")
