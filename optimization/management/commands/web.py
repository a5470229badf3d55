"""The web process."""

from typing import Any

from channels.routing import get_default_application
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.core.management.base import BaseCommand, CommandError, CommandParser

from optimization import lifeline


class Command(BaseCommand):
    help = "Serve pages, API and WebSockets. `start` runs this beside the workers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fd", type=int, help="An open, listening socket to use instead of host and port.")

    def handle(self, *args: Any, host: str, port: int, fd: int | None, **options: Any) -> None:
        lifeline.follow_supervisor()
        address = {"host": host, "port": port} if fd is None else {"file_descriptor": fd}
        server = Server(application=get_default_application(), endpoints=build_endpoint_description_strings(**address))
        server.run()
        if server.abort_start:
            raise CommandError(f"cannot listen on {host} port {port}")
