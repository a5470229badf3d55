"""The web process."""

import logging
from collections.abc import Mapping
from typing import Any

from channels.routing import get_default_application
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.core.management.base import BaseCommand, CommandError, CommandParser

from optimization import lifeline

access_log = logging.getLogger("tunewell.access")


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets. `start` runs this beside the workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fd", type=int, help="An open, listening socket to use instead of host and port.")

    def handle(self, *args: Any, host: str, port: int, fd: int | None, **options: Any) -> None:
        lifeline.follow_supervisor()
        address = {"host": host, "port": port} if fd is None else {"file_descriptor": fd}
        server = Server(
            application=get_default_application(),
            endpoints=build_endpoint_description_strings(**address),
            action_logger=log_access,
        )
        server.run()
        if server.abort_start:
            raise CommandError(f"cannot listen on {host} port {port}")


def log_access(protocol: str, action: str, details: Mapping[str, Any]) -> None:
    """One line for each answered request and each opened or closed WebSocket."""
    if protocol == "http":
        access_log.info("%(client)s %(method)s %(path)s %(status)s in %(time_taken).3f s", details)
    else:
        access_log.info("%s WebSocket %s %s", details["client"], details["path"], action)
