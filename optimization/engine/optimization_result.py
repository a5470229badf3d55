"""What an optimization returns."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import OptimizationError
from .recorder import Confirmation, JobOutcome, PruningReport, TrialRecord
from .results import effective_params, trial_name
from .trial import TrialState

if TYPE_CHECKING:
    import pandas

BY_NAME = ("repairs", "fallbacks", "violations")
BY_COLUMN = ("params", "health", "extras", "objective_values")
"""Mappings within a trial's row: how the DataFrame shows them."""
OVERALL = ("health", "overall_health")
"""Has a column of its own already. An objective of the same name keeps its column: it may be another figure."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizationResult:
    """What an optimization found.

    test_accuracy, health, best_params: of the trial chosen on validation data. best_model_path: of the copied final
    model. run_path: the folder of the whole run. improvement: best minus baseline (trial 0) total score, by their
    means on other seeds where they were confirmed. trial_rows: one mapping for each trial, by number; `trials` is the
    same as a DataFrame, records what the search itself knows of them.
    """

    run_name: str
    run_path: str
    state: str
    reason: str
    best_total_score: float | None
    best_trial_number: int | None
    best_params: Mapping[str, Any]
    test_accuracy: float | None
    baseline_total_score: float | None
    improvement: float | None
    best_model_path: str | None
    total_trials: int
    completed: int
    pruned: int
    failed: int
    duration_s: float
    health: Mapping[str, Any]
    trial_rows: Sequence[Mapping[str, Any]] = dataclasses.field(repr=False)
    records: Sequence[TrialRecord] = dataclasses.field(default=(), repr=False)
    dataset_size: str = ""
    pareto_front: Sequence[int] = ()
    repaired: int = 0
    fallen_back: int = 0
    rejected: int = 0
    pruning: PruningReport | None = None
    confirmation: Sequence[Confirmation] = ()

    @functools.cached_property
    def trials(self) -> pandas.DataFrame:
        """A row for each trial, by number; what a trial lacks is NaN.

        Hyperparameters are in columns `params_…`, health in `health_…`, what is not scored in `extras_…`, objectives
        in `objective_values_…`. Repairs, fallbacks and violations are given by the names that they concern.
        """
        import pandas

        numbers = pandas.Index([row["number"] for row in self.trial_rows], name="number")
        return pandas.DataFrame([_flat(row) for row in self.trial_rows], index=numbers)

    def trial_path(self, number: int) -> Path:
        """The folder of a trial's files: model, history, layers, manifest and log, as far as it got."""
        return Path(self.run_path).parent / trial_name(self.run_name, number)

    def best_model(self) -> Any:
        """The final model, a keras.Model that gives a probability for each class. Loads TensorFlow.

        Raises OptimizationError where no trial completed.
        """
        if self.best_model_path is None:
            raise OptimizationError(f"{self.run_name} has no model: {self.reason or 'no trial completed'}")
        from .saved_model import load_model

        return load_model(Path(self.best_model_path))

    def to_dict(self) -> dict[str, Any]:
        """Plain values; `trials` are the rows."""
        fields = dataclasses.asdict(dataclasses.replace(self, records=()))
        del fields["records"]
        return fields | {"trials": fields.pop("trial_rows")}

    def study_figures(self) -> dict[str, Any]:
        """Figures of the whole search by name, each a plotly.graph_objects.Figure: what the portal's job page shows.

        Those for which there are too few trials or objectives are left out. Loads Plotly.
        """
        from .study_figures.drawing import study_figures
        from .study_figures.notebook import as_plotly

        drawn = study_figures(self.records, best=self.best_trial_number)
        return {figure.name: as_plotly(figure) for figure in drawn if not figure.absent}


def optimization_result(
    records: Sequence[TrialRecord], outcome: JobOutcome, *, results_path: Path, run_name: str, **known: Any
) -> OptimizationResult:
    """The records and their outcome as one value; known: the fields that neither of them holds."""
    best = next((record for record in records if record.number == outcome.best_trial_number), None)
    states = [record.state for record in records if record.confirms is None]
    path = outcome.best_model_path
    return OptimizationResult(
        run_name=run_name,
        run_path=str(results_path / run_name),
        best_total_score=outcome.best_total_score,
        best_trial_number=outcome.best_trial_number,
        best_params=effective_params(best) if best else {},
        test_accuracy=outcome.test_accuracy,
        baseline_total_score=outcome.baseline_total_score,
        improvement=outcome.improvement,
        best_model_path=str(results_path / path) if path else None,
        total_trials=sum(state.counts for state in states),
        completed=states.count(TrialState.COMPLETED),
        pruned=states.count(TrialState.PRUNED),
        failed=states.count(TrialState.FAILED),
        health=health_values(best) if best else {},
        trial_rows=[trial_summary(record) for record in records],
        records=tuple(records),
        pareto_front=outcome.pareto_front,
        repaired=outcome.repaired,
        fallen_back=outcome.fallen_back,
        rejected=outcome.rejected,
        pruning=outcome.pruning,
        confirmation=outcome.confirmation,
        **known,
    )


def trial_summary(record: TrialRecord) -> dict[str, Any]:
    """One trial as a plain mapping; params are those the model was built with, after any repair."""
    result = record.result
    return {
        "number": record.number,
        "state": record.state.value,
        "attempt": record.spec.attempt,
        "params": effective_params(record),
        "repairs": dict(record.repairs),
        "fallbacks": dict(record.fallbacks),
        "epochs": len(record.intermediate),
        "objective": record.objective,
        "overall_health": record.overall_health,
        "total_score": record.total_score,
        "objective_values": dict(record.objective_values),
        "violations": dict(record.violations),
        "confirms": record.confirms,
        "would_be_pruned_at": record.would_be_pruned_at,
        "val_accuracy": result.val_accuracy if result else None,
        "test_accuracy": result.test_accuracy if result else None,
        "parameters": result.parameters if result else None,
        "duration_s": result.duration_s if result else None,
        "reason": record.reason,
        "health": health_values(record),
        "overfitting": result.overfitting.verdict if result and result.overfitting else None,
        "extras": dict(result.extras) if result else {},
    }


def health_values(record: TrialRecord) -> dict[str, float | None]:
    if record.result is None:
        return {}
    values = {name: measurement.value for name, measurement in record.result.health.items()}
    return {**values, "overall_health": record.overall_health}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the DataFrame."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if name in BY_COLUMN:
            cells |= {f"{name}_{key}": item for key, item in value.items() if (name, key) != OVERALL}
        elif name in BY_NAME:
            cells[name] = ", ".join(value)
        elif name != "number":
            cells[name] = value
    return cells
