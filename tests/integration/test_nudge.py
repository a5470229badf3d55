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

from accounts.models import User
from hpoproject.channel_layers import redis_layers
from optimization import events, nudge, services
from optimization.models import Job
from tests.integration.portal import wait_until
from tests.integration.test_consumers import ORIGIN, session_of
from tests.integration.test_consumers import socket as job_socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis_server(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers, of="Redis")
    settings.REDIS_URL = f"redis://127.0.0.1:{port}"
    settings.CHANNEL_LAYERS = redis_layers(settings.REDIS_URL)
    channel_layers.backends = {}
    monkeypatch.setattr(nudge._Silence, "until", 0.0)
    yield server
    server.kill()
    server.wait()
    channel_layers.backends = {}


async def test_a_commit_rings_the_page_without_waiting_for_the_poll(
    redis_server: subprocess.Popen[bytes], alice: User, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "POLL_S", 3600.0)
    client = job_socket(job, ORIGIN, await sync_to_async(session_of)(alice))
    assert (await client.connect())[0]
    assert await client.receive_nothing(timeout=0.5)  # it listens by now, and looked once
    await sync_to_async(services.job_pause)(job=job)
    event = json.loads(await client.receive_from(timeout=10))
    assert event["data"]["stop_request"] == "pause"
    await client.disconnect()


def test_writers_go_on_when_redis_is_gone(
    redis_server: subprocess.Popen[bytes], job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.kill()
    redis_server.wait()
    services.job_pause(job=job)
    job.refresh_from_db()
    assert job.stop_request == "pause"
    assert "Redis does not answer" in caplog.text


def test_writers_are_not_held_up_by_a_redis_that_hangs(
    redis_server: subprocess.Popen[bytes], job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    redis_server.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    services.job_pause(job=job)
    services.job_resume(job=job)
    assert time.monotonic() - begun < 3 * nudge.LONGEST_TRY_S
    assert caplog.text.count("Redis does not answer") == 1


async def test_pages_get_their_events_when_redis_is_gone(
    redis_server: subprocess.Popen[bytes], alice: User, job: Job
) -> None:
    redis_server.kill()
    redis_server.wait()
    client = job_socket(job, ORIGIN, await sync_to_async(session_of)(alice))
    assert (await client.connect())[0]
    await sync_to_async(services.job_pause)(job=job)
    assert json.loads(await client.receive_from(timeout=10))["data"]["stop_request"] == "pause"
    await client.disconnect()
