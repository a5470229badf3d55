"""Trials as a table in a terminal; columns are named as in the API and in OptimizationResult.trial_rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

HEADINGS = ("trial", "state", "validation\naccuracy", "test\naccuracy", "health", "score", "parameters", "seconds")


def figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _number(trial: Mapping[str, Any]) -> str:
    """The trial's number, and that of the trial whose model it trains again on another seed."""
    again = trial.get("confirms")
    return str(trial["number"]) if again is None else f"{trial['number']} (as {again})"


def trial_table(trials: Iterable[Mapping[str, Any]], best_trial_number: int | None, *, title: str = "") -> Table:
    """One row for each trial; the best one, chosen on validation data, is bold and has a star."""
    table = Table(title=title, caption="★ best on validation data; trial 0 is the default model")
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "state" else "right", no_wrap=True)
    for trial in trials:
        is_best = trial["number"] == best_trial_number
        table.add_row(
            f"{'★ ' if is_best else ''}{_number(trial)}",
            trial["state"],
            figure(trial["val_accuracy"], 4),
            figure(trial["test_accuracy"], 4),
            figure(trial["overall_health"], 4),
            figure(trial["total_score"], 4),
            figure(trial["parameters"], 0),
            figure(trial["duration_s"], 1),
            style="bold" if is_best else None,
        )
    return table
