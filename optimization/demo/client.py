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
            self._ask("GET", "health")
        except PortalError:
            return False
        return True

    def submit(self, request: Mapping[str, Any]) -> Json:
        return self._ask("POST", "optimize", json=request)

    def jobs(self) -> list[Json]:
        """The user's jobs, newest first."""
        return self._ask("GET", "jobs")["results"]

    def job(self, job_id: str) -> Json:
        return self._ask("GET", f"jobs/{job_id}")

    def trials(self, job_id: str) -> list[Json]:
        return self._ask("GET", f"jobs/{job_id}/trials")["results"]

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        try:
            answer = self._session.request(method, f"{self._api}/{path}", timeout=TIMEOUT_S, **options)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise PortalSilent(f"{self._api}/{path} does not answer: {error}") from error
        if not answer.ok:
            raise PortalError(
                f"{method} {self._api}/{path} was answered with {answer.status_code}: {answer.text[:500]}"
            )
        return answer.json()
