"""The portal's API as the demo uses it."""

from collections.abc import Mapping
from typing import Any

import requests

TIMEOUT_S = 20.0
Json = dict[str, Any]


class PortalError(Exception):
    """The portal is gone or refuses; the message says what a person can do."""


class PortalSilent(PortalError):
    """No answer this time. Whoever started the portal knows whether it is alive."""


class PortalClient:
    """Requests with a token. Raises PortalSilent without an answer, PortalError on a refusal."""

    def __init__(self, base_url: str, token: str) -> None:
        self._api = f"{base_url}/api/v1"
        self._session = requests.Session()
        self._session.trust_env = False  # the portal is on this machine: no proxy, no .netrc
        self._session.headers["Authorization"] = f"Token {token}"

    def is_ready(self) -> bool:
        """Whether the portal answers, and has its database."""
        try:
            self._one("GET", "health")
        except PortalError:
            return False
        return True

    def submit(self, request: Mapping[str, Any]) -> Json:
        return self._one("POST", "optimize", json=request)

    def jobs(self) -> list[Json]:
        """The user's jobs, newest first."""
        return self._page("jobs")

    def job(self, job_id: str) -> Json:
        return self._one("GET", f"jobs/{job_id}")

    def trials(self, job_id: str) -> list[Json]:
        return self._page(f"jobs/{job_id}/trials")

    def _page(self, path: str) -> list[Json]:
        page: list[Json] = self._one("GET", path)["results"]
        return page

    def _one(self, method: str, path: str, **options: Any) -> Json:
        try:
            answer = self._session.request(method, f"{self._api}/{path}", timeout=TIMEOUT_S, **options)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise PortalSilent(f"{self._api}/{path} does not answer: {error}") from error
        if not answer.ok:
            raise PortalError(
                f"{method} {self._api}/{path} was answered with {answer.status_code}: {answer.text[:500]}"
            )
        found: Json = answer.json()
        return found
