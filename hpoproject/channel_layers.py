"""The channel layer that Redis serves, where there is one."""

from typing import Any

CONNECT_TIMEOUT_S = 1.0


def redis_layers(url: str) -> dict[str, Any]:
    """Redis under the alias of optimization.nudge, and no default layer, which every WebSocket would join.

    Without the client's own retries: whoever sends must not be held up by a Redis that is gone.
    """
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    host = {"address": url, "retry": Retry(NoBackoff(), 0), "socket_connect_timeout": CONNECT_TIMEOUT_S}
    return {"nudge": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [host]}}}
