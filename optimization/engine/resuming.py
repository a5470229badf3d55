"""Going on with a run of Python use from its folder."""

import dataclasses

from .config import OptimizationConfig
from .errors import ConfigError
from .journal import stored_config

MAY_CHANGE = frozenset(
    {
        "concurrent",
        "concurrent_workers",
        "data_dir",
        "max_attempts",
        "max_trial_mb",
        "min_free_mb",
        "minutes_per_trial",
        "results_dir",
        "show_progress",
        "stop_grace_s",
        "timeout_hours",
        "trials",
    }
)
"""Limits and places. Anything else would make one search of two."""


def check_resumable(config: OptimizationConfig, run_name: str) -> None:
    """Raises ConfigError when the folder holds no such run, or one that searched for something else."""
    stored = stored_config(config.results_path / run_name)
    problems = {}
    for field in dataclasses.fields(config):
        before, now = getattr(stored, field.name), getattr(config, field.name)
        if field.name not in MAY_CHANGE and before != now:
            problems[field.name] = f"is {now!r}, but {run_name} was started with {before!r}; resume it with that"
    if problems:
        raise ConfigError(problems)
