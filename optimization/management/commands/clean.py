"""Forget what nobody needs any more; the portal does so itself once a day."""

from typing import Any

from django.core.management.base import BaseCommand

from optimization.cleaning import clean


class Command(BaseCommand):
    help = "Remove old events, epochs of lost attempts, and files that belong to nothing. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        cleaned = clean()
        self.stdout.write(
            f"Removed {cleaned.events} events, {cleaned.epochs} epochs of lost attempts, {cleaned.folders} folders."
        )
