"""Make an API token."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import get_token_model

from accounts.models import User


class Command(BaseCommand):
    help = "Make an API token for a user and print it, alone, on standard output. It cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's name")

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        try:
            owner = User.objects.get(username=user)
        except User.DoesNotExist:
            message = f"There is no user {user!r}. Make one with `manage.py createsuperuser` or in the admin site."
            raise CommandError(message, returncode=2) from None
        _, token = get_token_model().objects.create(user=owner)
        self.stdout.write(token)
