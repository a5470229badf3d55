"""Who opens a WebSocket."""

from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.auth.models import AnonymousUser
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import User


class SignedIn:
    """Puts the user into scope["user"]: by API token, else by session cookie.

    A browser sends cookies to whoever asks, so with a session the page's origin must be ours. No page can
    set an Authorization header on a WebSocket, so with a token the origin does not matter; cookies are
    then not looked at.
    """

    def __init__(self, application: Any) -> None:
        self._application = application
        self._with_session = AllowedHostsOriginValidator(AuthMiddlewareStack(application))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        header = dict(scope["headers"]).get(b"authorization")
        if header is None:
            return await self._with_session(scope, receive, send)
        return await self._application({**scope, "user": await _user_of(header)}, receive, send)


@database_sync_to_async
def _user_of(header: bytes) -> User | AnonymousUser:
    prefix, _, token = header.partition(b" ")
    if prefix.lower() != b"token":
        return AnonymousUser()
    try:
        return TokenAuthentication().authenticate_credentials(token.strip())[0]
    except (AuthenticationFailed, UnicodeDecodeError):
        return AnonymousUser()
