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
LONGEST_TRY_S = 1.0
"""A Redis that hangs must not hold a writer up for longer."""


class _Silence:
    """After a failure, told of once, Redis is left alone for a while: commits must not wait for it one by one."""

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
        async_to_sync(_ring)()
    except (RedisError, OSError) as error:
        if not _Silence.until:
            logger.warning("Redis does not answer (%s); pages are a little slower", str(error) or type(error).__name__)
        _Silence.until = time.monotonic() + TRY_AGAIN_S
    else:
        _Silence.until = 0.0


async def _ring() -> None:
    async with asyncio.timeout(LONGEST_TRY_S):
        await get_channel_layer(LAYER).group_send(GROUP, {"type": "events"})


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

    is_told = False
    while True:
        try:
            layer = get_channel_layer(LAYER)
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            is_told = False
            while True:
                await layer.receive(channel)
                rung.ring()
        except (RedisError, OSError) as error:
            if not is_told:
                logger.warning("Redis does not answer (%s); pages are a little slower", error)
            is_told = True
            await asyncio.sleep(TRY_AGAIN_S)
