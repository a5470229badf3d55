"""The stream of a job's events: how they are numbered, and how a web process tails them."""

import asyncio
import contextlib
import logging
import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from optimization.api.serializers import epoch_json, job_json, trial_json
from optimization.engine.errors import LeaseLost
from optimization.engine.trial import EpochReport
from optimization.models import Job, JobEvent, Trial
from optimization.nudge import bell, nudge

logger = logging.getLogger(__name__)

POLL_S = 0.1
CHUNK = 500
"""Events read at once for one client that has fallen behind."""


class EventWriter:
    """Collects the events of one transaction."""

    def __init__(self, job_id: uuid.UUID) -> None:
        self._job_id = job_id
        self._events: list[tuple[str, dict[str, Any]]] = []

    def job(self) -> None:
        self._add("job", job_json(Job.objects.with_counts().get(pk=self._job_id), request=False))

    def trial(self, number: int) -> None:
        trial = Trial.objects.select_related("job", "health").get(job_id=self._job_id, number=number)
        self._add("trial", trial_json(trial, epochs=False))

    def epoch(self, report: EpochReport) -> None:
        self._add("epoch", epoch_json(report))

    def save(self, first: int) -> None:
        JobEvent.objects.bulk_create(
            JobEvent(job_id=self._job_id, seq=seq, kind=kind, data=data)
            for seq, (kind, data) in enumerate(self._events, start=first)
        )

    def _add(self, kind: str, data: dict[str, Any]) -> None:
        self._events.append((kind, data))


class NothingNew(Exception):
    """Raised inside `numbered` to take everything back, its number too."""


@contextlib.contextmanager
def numbered(
    job_id: uuid.UUID, count: int, *, fence: dict[str, Any] | None = None, **changes: Any
) -> Iterator[EventWriter]:
    """One transaction that writes exactly `count` events, in order and without gaps between them.

    It opens with an update of the job's row, so that writers of one job take turns. fence: conditions on
    that row without which nothing is written; LeaseLost says that they, or the job, are gone.
    """
    with contextlib.suppress(NothingNew), transaction.atomic():
        if not Job.objects.filter(pk=job_id, **(fence or {})).update(seq=F("seq") + count, **changes):
            raise LeaseLost(f"job {job_id} is not ours to write")
        seq = Job.objects.values_list("seq", flat=True).get(pk=job_id)
        events = EventWriter(job_id)
        yield events
        events.save(first=seq - count + 1)
        transaction.on_commit(nudge, robust=True)  # news may be late, what is written stands


class Subscription:
    """One client's place in a job's stream."""

    def __init__(self, job_id: uuid.UUID, after: int) -> None:
        self.job_id = job_id
        self.after = after
        self.events: asyncio.Queue[JobEvent | None] = asyncio.Queue()

    def is_behind(self, newest: int) -> bool:
        """Whether there is more for it; not while it has enough to chew on."""
        return self.after < newest and self.events.qsize() < CHUNK

    def end(self) -> None:
        """There is no such job any more."""
        self.events.put_nowait(None)

    def put(self, events: list[JobEvent]) -> None:
        for event in events:
            self.events.put_nowait(event)
            self.after = event.seq


class Poller:
    """Tails the events of the jobs that somebody watches; one for each web process, idle without clients."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None

    @contextlib.contextmanager
    def subscribed(self, job_id: uuid.UUID, after: int) -> Iterator[Subscription]:
        subscription = Subscription(job_id, after)
        self._subscriptions.add(subscription)
        if self._task is None:
            self._task = asyncio.create_task(self._poll())
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions:
                self._task.cancel()
                self._task = None

    async def _poll(self) -> None:
        async with bell() as rung:
            while True:
                try:
                    await self._deliver()
                except DatabaseError:
                    logger.exception("events cannot be read; trying again")
                    await sync_to_async(connection.close)()
                await rung.wait(POLL_S)

    async def _deliver(self) -> None:
        newest = await _newest({subscription.job_id for subscription in self._subscriptions})
        places: dict[tuple[uuid.UUID, int], list[Subscription]] = defaultdict(list)
        for subscription in self._subscriptions:
            if subscription.job_id not in newest:
                subscription.end()
            elif subscription.is_behind(newest.get(subscription.job_id, 0)):
                places[subscription.job_id, subscription.after].append(subscription)
        for (job_id, after), subscriptions in places.items():
            events = await _events(job_id, after)
            for subscription in subscriptions:
                subscription.put(events)


@sync_to_async
def _newest(job_ids: set[uuid.UUID]) -> dict[uuid.UUID, int]:
    return dict(Job.objects.filter(pk__in=job_ids, deleted_at=None).values_list("pk", "seq"))


@sync_to_async
def _events(job_id: uuid.UUID, after: int) -> list[JobEvent]:
    return list(JobEvent.objects.filter(job_id=job_id, seq__gt=after).order_by("seq")[:CHUNK])


poller = Poller()
