"""Redis, where there is one, rings web processes the moment events are committed. Nothing depends on it:
they look for events every tenth of a second all the same."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

logger = logging.getLogger(__name__)

LAYER = "nudge"
GROUP = "job-events"
TRY_AGAIN_S = 5.0


class _Silence:
    """After a failure Redis is left alone for a while, so that commits do not wait for it one by one."""

    until = 0.0


class Bell:
    """Waits for a ring, but not for ever."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout_s)
        self._rung.clear()


def nudge() -> None:
    """Ring every web process; called by writers after their commit. A Redis that is gone is only logged."""
    if not settings.REDIS_URL or time.monotonic() < _Silence.until:
        return
    from redis.exceptions import RedisError

    try:
        async_to_sync(get_channel_layer(LAYER).group_send)(GROUP, {"type": "events"})
    except (RedisError, OSError) as error:
        _Silence.until = time.monotonic() + TRY_AGAIN_S
        logger.warning("Redis does not answer (%s); pages are a little slower", error)


@contextlib.asynccontextmanager
async def bell() -> AsyncIterator[Bell]:
    """A bell that rings when a writer nudges, as long as the context lasts."""
    rung = Bell()
    listener = asyncio.create_task(_listen(rung)) if settings.REDIS_URL else None
    try:
        yield rung
    finally:
        if listener is not None:
            listener.cancel()


async def _listen(rung: Bell) -> None:
    from redis.exceptions import RedisError

    while True:
        try:
            layer = get_channel_layer(LAYER)
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            while True:
                await layer.receive(channel)
                rung.ring()
        except (RedisError, OSError) as error:
            logger.warning("Redis does not answer (%s); trying again", error)
            await asyncio.sleep(TRY_AGAIN_S)
