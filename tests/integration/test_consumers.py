"""Live events over a WebSocket: in order, without gaps, and for the owner alone."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from knox.models import AuthToken

from accounts.models import User
from hpoproject.asgi import application
from optimization import services
from optimization.consumers import BAD_PLACE, NO_SUCH_JOB
from optimization.events import CHUNK, poller
from optimization.models import Job, JobEvent
from tests.integration.portal import ask_trial, begun_attempt, claimed, epoch_report, events_of

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = (b"origin", b"http://localhost:8000")
Header = tuple[bytes, bytes]


def session_of(user: User) -> Header:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode())


def token_of(user: User) -> Header:
    return (b"authorization", f"Token {AuthToken.objects.create(user)[1]}".encode())


def socket(job: Job, *headers: Header, query: str = "") -> WebsocketCommunicator:
    return WebsocketCommunicator(application, f"/ws/jobs/{job.pk}/{query}", headers=list(headers))


async def received(client: WebsocketCommunicator, count: int) -> list[dict[str, Any]]:
    return [json.loads(await client.receive_from(timeout=10)) for _ in range(count)]


async def close_code(client: WebsocketCommunicator) -> int:
    await client.connect()
    return (await client.receive_output(timeout=10))["code"]


@pytest.mark.parametrize("credentials", [session_of, token_of])
async def test_the_owner_gets_every_event_in_order(
    alice: User, job: Job, credentials: Callable[[User], Header]
) -> None:
    @sync_to_async
    def two_trials() -> None:
        recorder = claimed(job)
        ask_trial(recorder)
        attempt = begun_attempt()
        attempt.epoch(epoch_report(0, 1))
        attempt.epoch(epoch_report(0, 2))

    client = socket(job, ORIGIN, await sync_to_async(credentials)(alice))
    assert (await client.connect())[0]
    await two_trials()
    events = await received(client, 5)
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
    assert [event["kind"] for event in events] == ["trial", "trial", "job", "epoch", "epoch"]
    assert events[-1]["data"] == epoch_report(0, 2).to_dict()
    assert "request" not in events[2]["data"]
    assert events[2]["data"]["running"] == 1
    assert "epochs" not in events[0]["data"]
    await client.disconnect()


async def test_who_comes_back_gets_what_came_since(alice: User, job: Job) -> None:
    recorder = await sync_to_async(claimed)(job)
    for number in range(3):
        await sync_to_async(ask_trial)(recorder, number)
    client = socket(job, await sync_to_async(token_of)(alice), query="?after=2")
    await client.connect()
    assert [event["seq"] for event in await received(client, 1)] == [3]
    assert await client.receive_nothing()
    await client.disconnect()


async def test_one_far_behind_catches_up_beside_one_who_is_not(alice: User, job: Job) -> None:
    count = CHUNK * 2 + 5

    @sync_to_async
    def many_events() -> None:
        JobEvent.objects.bulk_create(JobEvent(job=job, seq=seq, kind="epoch") for seq in range(1, count + 1))
        Job.objects.update(seq=count)

    await many_events()
    token = await sync_to_async(token_of)(alice)
    behind, in_time = socket(job, token), socket(job, token, query=f"?after={count}")
    await behind.connect()
    await in_time.connect()
    assert [event["seq"] for event in await received(behind, count)] == list(range(1, count + 1))
    await sync_to_async(ask_trial)(await sync_to_async(claimed)(job))
    assert [event["seq"] for event in await received(in_time, 1)] == [count + 1]
    await behind.disconnect()
    await in_time.disconnect()


async def test_a_stranger_is_turned_away(bob: User, job: Job) -> None:
    await sync_to_async(ask_trial)(await sync_to_async(claimed)(job))
    assert len(await sync_to_async(events_of)(job)) == 1
    client = socket(job, await sync_to_async(token_of)(bob))
    assert await close_code(client) == NO_SUCH_JOB


async def test_nobody_is_turned_away_like_a_stranger(job: Job) -> None:
    assert await close_code(socket(job, ORIGIN)) == NO_SUCH_JOB
    assert await close_code(socket(job, (b"authorization", b"Token nonsense"))) == NO_SUCH_JOB
    assert await close_code(socket(job, (b"authorization", b"Token \xff"))) == NO_SUCH_JOB


@pytest.mark.parametrize("origin", [[], [(b"origin", b"http://evil.example")]])
async def test_a_session_from_another_page_is_refused(alice: User, job: Job, origin: list[Header]) -> None:
    connected, _ = await socket(job, *origin, await sync_to_async(session_of)(alice)).connect()
    assert not connected


async def test_a_session_does_not_help_a_wrong_token(alice: User, job: Job) -> None:
    cookie = await sync_to_async(session_of)(alice)
    assert await close_code(socket(job, cookie, (b"authorization", b"Token nonsense"))) == NO_SUCH_JOB


@pytest.mark.parametrize("after", ["x", "-1", "²"])
async def test_a_place_that_is_no_number_is_refused(alice: User, job: Job, after: str) -> None:
    client = socket(job, await sync_to_async(token_of)(alice), query=f"?after={quote(after)}")
    assert await close_code(client) == BAD_PLACE


async def test_nothing_is_asked_of_the_database_when_nobody_watches(alice: User, job: Job) -> None:
    client = socket(job, await sync_to_async(token_of)(alice))
    await client.connect()
    assert await client.receive_nothing()
    assert poller.is_running
    await client.disconnect()
    assert not poller.is_running


async def test_who_watches_a_job_that_is_deleted_is_told_so(alice: User, job: Job) -> None:
    client = socket(job, ORIGIN, await sync_to_async(session_of)(alice))
    assert (await client.connect())[0]
    await sync_to_async(services.job_delete)(job=job)
    assert (await client.receive_output(timeout=10))["code"] == NO_SUCH_JOB
