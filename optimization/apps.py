"""The app of jobs and trials."""

from django.apps import AppConfig


class OptimizationApp(AppConfig):
    name = "optimization"
    verbose_name = "Optimization"

    def ready(self) -> None:
        from optimization import checks  # noqa: F401  (registers itself)
