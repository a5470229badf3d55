"""Redis makes pages faster where it is, and nothing depends on it."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from django.conf import LazySettings

from accounts.models import User
from hpoproject.channel_layers import redis_layers
from optimization import events, nudge, services
from optimization.models import Job
from tests.integration.portal import wait_until
from tests.integration.test_consumers import ORIGIN, session_of
from tests.integration.test_consumers import socket as job_socket

pytestmark = pytest.mark.django_db(transaction=True)


class Redis:
    """A server of its own on a free port, which can come back there."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._folder = folder
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir"]
        self._process = subprocess.Popen([*command, str(self._folder)], stdout=subprocess.DEVNULL)
        wait_until(self._answers, of="Redis")

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def redis(tmp_path: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    server = Redis(tmp_path)
    settings.REDIS_URL = f"redis://127.0.0.1:{server.port}"
    settings.CHANNEL_LAYERS = redis_layers(settings.REDIS_URL)
    channel_layers.backends = {}
    monkeypatch.setattr(nudge._Silence, "until", 0.0)
    yield server
    server.kill()
    channel_layers.backends = {}


async def test_a_commit_rings_the_page_without_waiting_for_the_poll(
    redis: Redis, alice: User, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "POLL_S", 3600.0)
    client = job_socket(job, ORIGIN, await sync_to_async(session_of)(alice))
    assert (await client.connect())[0]
    assert await client.receive_nothing(timeout=0.5)  # it listens by now, and looked once
    await sync_to_async(services.job_pause)(job=job)
    event = json.loads(await client.receive_from(timeout=10))
    assert event["data"]["stop_request"] == "pause"
    await client.disconnect()


async def test_pages_are_rung_again_when_redis_is_back(
    redis: Redis, alice: User, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "POLL_S", 3600.0)
    client = job_socket(job, ORIGIN, await sync_to_async(session_of)(alice))
    assert (await client.connect())[0]
    assert await client.receive_nothing(timeout=0.5)
    await sync_to_async(redis.kill)()
    await sync_to_async(redis.start)()
    for verb in (services.job_pause, services.job_resume) * 20:
        await sync_to_async(verb)(job=job)
        if not await client.receive_nothing(timeout=0.3):
            break
    assert json.loads(await client.receive_from(timeout=1))["seq"] == 1
    await client.disconnect()


def test_writers_go_on_when_redis_is_gone(redis: Redis, job: Job, caplog: pytest.LogCaptureFixture) -> None:
    redis.kill()
    services.job_pause(job=job)
    job.refresh_from_db()
    assert job.stop_request == "pause"
    assert "Redis does not answer" in caplog.text


def test_writers_are_not_held_up_by_a_redis_that_hangs(
    redis: Redis, job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    redis.hang()
    begun = time.monotonic()
    services.job_pause(job=job)
    services.job_resume(job=job)
    assert time.monotonic() - begun < 3 * nudge.LONGEST_TRY_S
    assert caplog.text.count("Redis does not answer") == 1


async def test_pages_get_their_events_when_redis_is_gone(redis: Redis, alice: User, job: Job) -> None:
    redis.kill()
    client = job_socket(job, ORIGIN, await sync_to_async(session_of)(alice))
    assert (await client.connect())[0]
    await sync_to_async(services.job_pause)(job=job)
    assert json.loads(await client.receive_from(timeout=10))["data"]["stop_request"] == "pause"
    await client.disconnect()
