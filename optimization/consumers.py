"""Live progress over a WebSocket."""

import asyncio
import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from optimization.engine.trial import to_json
from optimization.events import poller
from optimization.models import Job, JobEvent

NO_SUCH_JOB = 4404
BAD_PLACE = 4400
FORGOTTEN = 4410


class JobConsumer(AsyncWebsocketConsumer):
    """Sends every event of a job after `?after=seq` (0 if left out), in order, and nothing else.

    Closes with 4410 when some of these events are forgotten (the client reads the job anew), 4404 when there
    is no such job for this user, or it is deleted, 4400 when `after` is not a number.
    """

    _sender: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()  # a close code reaches the browser only after that
        job_id: uuid.UUID = self.scope["url_route"]["kwargs"]["job_id"]
        after = parse_qs(self.scope["query_string"].decode("latin-1")).get("after", ["0"])[0]
        if not await _may_see(self.scope["user"], job_id):
            await self.close(code=NO_SUCH_JOB)
        elif not (after.isascii() and after.isdigit()):
            await self.close(code=BAD_PLACE)
        elif await _is_forgotten(job_id, int(after)):
            await self.close(code=FORGOTTEN)
        else:
            self._sender = asyncio.create_task(self._send_events(job_id, int(after)))

    async def disconnect(self, code: int) -> None:
        if self._sender is not None:
            self._sender.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Clients have nothing to say."""

    async def _send_events(self, job_id: uuid.UUID, after: int) -> None:
        with poller.subscribed(job_id, after) as subscription:
            while True:
                event = await subscription.events.get()
                if event is None:
                    await self.close(code=NO_SUCH_JOB)
                    return
                await self.send(text_data=to_json({"seq": event.seq, "kind": event.kind, "data": event.data}))


@database_sync_to_async
def _may_see(user: Any, job_id: uuid.UUID) -> bool:
    return Job.objects.visible_to(user).filter(pk=job_id).exists()


@database_sync_to_async
def _is_forgotten(job_id: uuid.UUID, after: int) -> bool:
    """Whether events after that place were removed by age (cleaning.py)."""
    newest = Job.objects.filter(pk=job_id).values_list("seq", flat=True).first() or 0
    return after < newest and not JobEvent.objects.filter(job_id=job_id, seq=after + 1).exists()
