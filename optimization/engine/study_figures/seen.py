"""A job as its figures see it: the trials that have ended, by what was measured of them."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from ..hyperparameters import SPACE
from ..ranges import Choices, Range
from ..recorder import TrialRecord
from ..request import HealthMetric
from ..results import effective_params, pareto_front
from ..trial import TrialState
from .figure import Missing
from .of_optuna import range_of

TITLES = {parameter.name: parameter.title for parameter in SPACE}
METRICS = tuple(metric.value for metric in HealthMetric)

Times = Mapping[int, tuple[float, float]]
"""When a trial started and ended, by its number; in seconds since 1970."""


def title_of(name: str) -> str:
    """neuron_utilization -> Neuron utilization; a hyperparameter by the title that it has everywhere."""
    if name == "val_accuracy":
        return "Validation accuracy"
    return TITLES.get(name) or name.replace("_", " ").capitalize()


def label_of(choice: Any) -> str:
    """A choice as the page shows it."""
    if choice is None:
        return "none"
    if isinstance(choice, bool):
        return "yes" if choice else "no"
    return f"{choice:g}" if isinstance(choice, float) else str(choice)


class Seen:
    """The trials of a job that have ended, and what they share. Runs on other seeds stand apart.

    best: number of the best trial so far. times: where they are known.
    """

    def __init__(self, records: Sequence[TrialRecord], *, best: int | None = None, times: Times | None = None) -> None:
        self.records = {record.number: record for record in records if record.state.is_finished}
        self.searched = {number: record for number, record in self.records.items() if record.confirms is None}
        self.best = best if best in self.searched else None
        self.times = times or {}

    @functools.cached_property
    def scores(self) -> dict[int, float]:
        """Total scores of the completed trials."""
        return {n: r.total_score for n, r in self._completed.items() if r.total_score is not None}

    @functools.cached_property
    def objectives(self) -> list[str]:
        """Their names, where the search had several."""
        return next((list(record.objective_values) for record in self.searched.values() if record.objective_values), [])

    @functools.cached_property
    def objective_values(self) -> dict[int, list[float]]:
        """By trial, in the order of the objectives; what was not measured counts nothing, as in the search."""
        return {
            number: [record.objective_values.get(name) or 0.0 for name in self.objectives]
            for number, record in self._completed.items()
            if record.objective_values
        }

    @functools.cached_property
    def front(self) -> list[int]:
        """The Pareto front of a search for several objectives."""
        return [record.number for record in pareto_front(list(self.searched.values()))]

    @functools.cached_property
    def ranges(self) -> dict[str, Range]:
        """What was searched, by title: hyperparameters with more than one value, in the table's order."""
        return {title_of(name): _labelled(values) for name, values in self._ranges.items()}

    @functools.cached_property
    def params(self) -> dict[int, dict[str, Any]]:
        """By trial and title: the searched hyperparameters with the values that its model was really built with."""
        return {number: self._built_with(record) for number, record in self.searched.items()}

    def measured(self, name: str) -> dict[int, float]:
        """What is known of a figure, by trial: a metric of health, overall_health or val_accuracy."""
        found = {number: _measured(record, name) for number, record in self.searched.items()}
        return {number: value for number, value in found.items() if value is not None}

    def need(self, numbers: Mapping[int, Any] | Sequence[int], least: int, what: str) -> None:
        """Raises Missing where there are too few trials for a figure."""
        if len(numbers) < least:
            so_far = f"there {'is' if len(numbers) == 1 else 'are'} {len(numbers) or 'none'} so far"
            raise Missing(f"This needs {least} {what}; {so_far}.")

    def kept(self) -> list[int]:
        """Trials that no thinned figure leaves out: the default, the best, the front."""
        return sorted({0, *self.front} | ({self.best} if self.best is not None else set()))

    @functools.cached_property
    def _ranges(self) -> dict[str, Range]:
        texts: dict[str, str] = {}
        for record in self.searched.values():
            texts = {**record.distributions, **texts}
        order = {name: place for place, name in enumerate(TITLES)}
        found = {name: range_of(texts[name]) for name in sorted(texts, key=lambda name: order.get(name, len(order)))}
        return {name: values for name, values in found.items() if not _is_single(values)}

    @functools.cached_property
    def _completed(self) -> dict[int, TrialRecord]:
        return {number: r for number, r in self.searched.items() if r.state is TrialState.COMPLETED}

    def _built_with(self, record: TrialRecord) -> dict[str, Any]:
        built = effective_params(record)
        shown = {}
        for name, drawn in record.params.items():
            if values := self._ranges.get(name):
                value = built[name] if _is_within(values, built[name]) else drawn
                shown[title_of(name)] = label_of(value) if isinstance(values, Choices) else value
        return shown


def _measured(record: TrialRecord, name: str) -> float | None:
    if name == "overall_health":
        return record.overall_health
    if name == "total_score":
        return record.total_score
    if record.result is None:
        return None
    if name == "val_accuracy":
        return record.result.val_accuracy
    measurement = record.result.health.get(name)
    return measurement.value if measurement else None


def _labelled(values: Range) -> Range:
    return Choices(tuple(map(label_of, values.values))) if isinstance(values, Choices) else values


def _is_single(values: Range) -> bool:
    return len(values.values) < 2 if isinstance(values, Choices) else values.low == values.high


def _is_within(values: Range, value: Any) -> bool:
    """A plugin's network may be repaired to what the search did not have."""
    try:
        return bool(values.check(value) == value)
    except ValueError:
        return False
