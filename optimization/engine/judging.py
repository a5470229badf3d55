"""What a trial's result means in its job: its end, its score, and the limits it does not keep."""

import dataclasses

from .config import OptimizationConfig
from .constraints import constraint_attrs, violations
from .pruning import why_pruned
from .recorder import PRUNED_AT, TrialRecord
from .scoring import objective_value, overall_health, total_score
from .trial import DIVERGED, TrialResult, TrialState


def judged(
    config: OptimizationConfig, record: TrialRecord, result: TrialResult, baseline: TrialResult | None
) -> TrialRecord:
    """The record with its result. baseline: trial 0's result, for objectives relative to it."""
    record = dataclasses.replace(record, state=result.state, reason=result.reason, result=result)
    if result.state is TrialState.PRUNED and not result.reason.startswith(DIVERGED):
        record = _with_epoch_of_verdict(record)
    if record.pruned_at is not None and result.state in (TrialState.PRUNED, TrialState.COMPLETED):
        # Pruned even if its last epochs were faster than the verdict.
        record = dataclasses.replace(record, state=TrialState.PRUNED, reason=why_pruned(config, record))
    if record.state in (TrialState.PRUNED, TrialState.COMPLETED):
        attrs = {**record.system_attrs, **constraint_attrs(config, record, result)}
        record = dataclasses.replace(record, system_attrs=attrs)
    return _scored(config, record, result, baseline) if record.state is TrialState.COMPLETED else record


def _with_epoch_of_verdict(record: TrialRecord) -> TrialRecord:
    """A loop that is gone may have sent the verdict; then its last epoch is known, not why."""
    if record.pruned_at is not None or not record.intermediate:
        return record
    return dataclasses.replace(record, user_attrs={**record.user_attrs, PRUNED_AT: max(record.intermediate)})


def _scored(
    config: OptimizationConfig, record: TrialRecord, result: TrialResult, baseline: TrialResult | None
) -> TrialRecord:
    values = {name: measurement.value for name, measurement in result.health.items()}
    health = overall_health(values, config.health_component_proportions)
    objective = objective_value(config.optimize_for, result, baseline, health)
    broken = violations(config, result)
    return dataclasses.replace(
        record,
        objective=objective,
        objective_values={o.value: objective_value(o, result, baseline, health) for o in config.objectives or ()},
        overall_health=health,
        total_score=total_score(config, result, objective, health),
        violations=broken,
        reason="; ".join([*([record.reason] if record.reason else []), *_remarks(config, record), *broken.values()]),
    )


def _remarks(config: OptimizationConfig, record: TrialRecord) -> list[str]:
    if record.would_be_pruned_at is None:
        return []
    return [f"audited: would have been pruned after epoch {record.would_be_pruned_at}: {why_pruned(config, record)}"]
