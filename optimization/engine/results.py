"""Names of a run's files, the final model, and what an optimization returns."""

import dataclasses
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .artifacts import ArtifactStore
from .errors import OptimizationError
from .recorder import JobOutcome, TrialRecord
from .trial import TrialState


def make_run_name(dataset_name: str, job_id: uuid.UUID, *, at: float | None = None) -> str:
    """`{dataset}_{UTC time}_{first 8 hex of the job id}`; `at` in seconds since 1970, now if left out."""
    return f"{dataset_name}_{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(at))}_{job_id.hex[:8]}"


def trial_name(run_name: str, number: int) -> str:
    """The name under which a trial's finished files are kept."""
    return f"{run_name}/plots/trial_{number}"


def publish_final_model(store: ArtifactStore, run_name: str, dataset_name: str, best: TrialRecord) -> str:
    """Copy the best trial's own model and files to optimized_model/; never retrained.

    Returns the model's name in the store. Safe to repeat: the folder is replaced as a whole.
    """
    if best.result is None or best.result.model_file is None or best.result.test_accuracy is None:
        raise OptimizationError(f"trial {best.number} of {run_name} has no model to publish")
    final = f"{run_name}/optimized_model"
    file = f"optimized_{dataset_name}_acc_{best.result.test_accuracy:.4f}.keras"
    store.copy(trial_name(run_name, best.number), final, renamed={best.result.model_file: file})
    return f"{final}/{file}"


def best_of(records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The completed trial with the highest total score; the earlier one of equals."""
    completed = [record for record in records if record.state is TrialState.COMPLETED]
    return max(completed, key=lambda record: (record.total_score or 0.0, -record.number), default=None)


def outcome_of(records: Sequence[TrialRecord], best_model_path: str | None = None) -> JobOutcome:
    """The best trial so far and how it stands against trial 0, the default model."""
    best = best_of(records)
    baseline = next((r.total_score for r in records if r.number == 0 and r.state is TrialState.COMPLETED), None)
    if best is None or best.result is None or best.total_score is None:
        return JobOutcome()
    return JobOutcome(
        best_trial_number=best.number,
        best_total_score=best.total_score,
        test_accuracy=best.result.test_accuracy,
        baseline_total_score=baseline,
        improvement=None if baseline is None else best.total_score - baseline,
        best_model_path=best_model_path,
    )


def improvement_in_words(best_trial_number: int | None, improvement: float | None) -> str:
    """Whether the search beat the default model, as a sentence."""
    if best_trial_number is None:
        return "No trial completed."
    if improvement is None:
        return f"Trial {best_trial_number} is the best; the default model (trial 0) has no score to compare with."
    if best_trial_number == 0:
        return "The search did not beat the default model (trial 0)."
    return f"Trial {best_trial_number} beats the default model (trial 0) by {improvement:.4f} in total score."


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizationResult:
    """What an optimization found.

    test_accuracy, health, best_params: of the trial chosen on validation data. best_model_path: of the
    copied final model. improvement: best minus baseline (trial 0) total score. trials: one mapping each.
    """

    run_name: str
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
    trials: Sequence[Mapping[str, Any]]
    dataset_size: str = ""

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def optimization_result(
    records: Sequence[TrialRecord], outcome: JobOutcome, *, results_path: Path, **known: Any
) -> OptimizationResult:
    """The records and their outcome as one value; known: the fields that neither of them holds."""
    best = best_of(records)
    states = [record.state for record in records]
    path = outcome.best_model_path
    return OptimizationResult(
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
        trials=[trial_summary(record) for record in records],
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
        "val_accuracy": result.val_accuracy if result else None,
        "test_accuracy": result.test_accuracy if result else None,
        "parameters": result.parameters if result else None,
        "duration_s": result.duration_s if result else None,
        "reason": record.reason,
        "health": health_values(record),
    }


def effective_params(record: TrialRecord) -> dict[str, Any]:
    """The searched hyperparameters with the values that the model was really built with."""
    built = record.spec.model.to_dict()
    return {name: drawn if name == "kernel_size" else built[name] for name, drawn in record.params.items()}


def health_values(record: TrialRecord) -> dict[str, float | None]:
    if record.result is None:
        return {}
    values = {name: measurement.value for name, measurement in record.result.health.items()}
    return {**values, "overall_health": record.overall_health}
