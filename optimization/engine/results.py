"""Names of a run's files, which trial is the best, and the final model."""

import dataclasses
import time
import uuid
from collections.abc import Sequence
from typing import Any

from .artifacts import ArtifactStore
from .auditing import pruning_report
from .config import OptimizationConfig
from .confirming import confirmations, is_confirmed
from .errors import ConfigError, OptimizationError
from .recorder import Confirmation, JobOutcome, TrialRecord
from .repairs import REJECTED, as_searched
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
    """The trial with the highest total score, on the Pareto front where there is one; the earlier one of equals."""
    return next(iter(_by_score(records)), None)


def leaders(config: OptimizationConfig, records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """The trials that the job's guard against luck trains again, best first; none where it is off."""
    return _by_score(records)[: config.confirm_top_k] if config.confirm_top_k else []


def pareto_front(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """The trials that none beats in one objective without losing in another, by number. Empty with one objective.

    What was not measured counts nothing.
    """
    front: list[TrialRecord] = []
    for record in sorted((r for r in records if r.may_be_best and r.objective_values), key=_values, reverse=True):
        # What dominates it comes before it in this order, or is dominated by what does.
        if not any(_dominates(_values(other), _values(record)) for other in front):
            front.append(record)
    return sorted(front, key=lambda record: record.number)


def _values(record: TrialRecord) -> list[float]:
    return [record.objective_values[name] or 0.0 for name in sorted(record.objective_values)]


def _dominates(values: Sequence[float], others: Sequence[float]) -> bool:
    return values != others and all(a >= b for a, b in zip(values, others, strict=True))


def _by_score(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    candidates = pareto_front(records) or [record for record in records if record.may_be_best]
    return sorted(candidates, key=lambda record: (-(record.total_score or 0.0), record.number))


def outcome_of(config: OptimizationConfig, records: Sequence[TrialRecord]) -> JobOutcome:
    """The best trial so far, how it stands against trial 0, the default model, and how the search went."""
    table = confirmations(leaders(config, records), records) if any(r.confirms is not None for r in records) else ()
    is_settled = is_confirmed(config, leaders(config, records), records) and table[0].mean is not None
    number = table[0].number if is_settled else None
    best = next((r for r in records if r.number == number), None) or best_of(records)
    searched = [record for record in records if record.confirms is None]
    outcome = JobOutcome(
        pareto_front=tuple(record.number for record in pareto_front(records)),
        repaired=sum(bool(record.repairs) for record in searched),
        fallen_back=sum(bool(record.fallbacks) for record in searched),
        rejected=sum(record.reason.startswith(REJECTED) for record in searched),
        pruning=pruning_report(searched),
        confirmation=table,
    )
    return outcome if best is None else with_best(outcome, best, records)


def with_best(outcome: JobOutcome, best: TrialRecord, records: Sequence[TrialRecord]) -> JobOutcome:
    """The outcome with this trial as the best, and its distance from the default model."""
    baseline = next((r.total_score for r in records if r.number == 0 and r.state is TrialState.COMPLETED), None)
    score = best.total_score or 0.0
    known = _means(outcome.confirmation)
    fair = known[best.number] - known.get(0, baseline or 0.0) if best.number in known else score - (baseline or 0.0)
    return dataclasses.replace(
        outcome,
        best_trial_number=best.number,
        best_total_score=score,
        test_accuracy=best.result.test_accuracy if best.result else None,
        baseline_total_score=baseline,
        improvement=None if baseline is None else fair,
    )


def _means(confirmation: Sequence[Confirmation]) -> dict[int, float]:
    """Of trials that were trained again on other seeds: their mean score there, by number."""
    return {row.number: row.mean for row in confirmation if row.mean is not None}


def choose_best(outcome: JobOutcome, records: Sequence[TrialRecord], number: int) -> JobOutcome:
    """The outcome with the trial that the owner chose as the best; its model is still to be published.

    Raises ConfigError for a trial that is not among the job's best: with several objectives one on the
    Pareto front, else any that completed within the limits.
    """
    allowed = pareto_front(records) or [record for record in records if record.may_be_best]
    chosen = next((record for record in allowed if record.number == number), None)
    if chosen is None:
        which = "on the Pareto front" if pareto_front(records) else "that completed within the job's limits"
        numbers = ", ".join(str(record.number) for record in allowed) or "none"
        raise ConfigError({"number": f"must be that of a trial {which}: {numbers}; got {number!r}"})
    return with_best(outcome, chosen, records)


def improvement_in_words(
    best_trial_number: int | None, improvement: float | None, confirmation: Sequence[Confirmation] = ()
) -> str:
    """Whether the search beat the default model, as a sentence or two.

    A trial that was chosen for its score is judged by its mean on other seeds where there is one.
    """
    if best_trial_number is None:
        return "No trial completed."
    if improvement is None:
        return f"Trial {best_trial_number} is the best; the default model (trial 0) has no score to compare with."
    if best_trial_number == 0:
        return "The search did not beat the default model (trial 0)."
    rows = {row.number: row for row in confirmation if row.mean is not None}
    if best_trial_number in rows:
        return _confirmed_in_words(rows[best_trial_number], rows.get(0), improvement)
    if improvement > 0:
        return f"Trial {best_trial_number} beats the default model (trial 0) by {improvement:.4f} in total score."
    return f"Trial {best_trial_number} scores {abs(improvement):.4f} less than the default model (trial 0)."


def _confirmed_in_words(best: Confirmation, baseline: Confirmation | None, improvement: float) -> str:
    more = f"{abs(improvement):.4f} {'more' if improvement > 0 else 'less'}"
    sentence = f"On other seeds trial {best.number} scores {more} in the mean than the default model (trial 0)"
    if baseline is None:
        return f"{sentence} did in the search."
    return f"{sentence}." + (" Their intervals overlap: it may be luck." if _overlap(best, baseline) else "")


def _overlap(one: Confirmation, other: Confirmation) -> bool:
    """Whether the 95 % intervals of two means have a value in common; where there is no interval, too."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return True
    return one.low <= other.high and other.low <= one.high


def effective_params(record: TrialRecord) -> dict[str, Any]:
    """The searched hyperparameters with the values that the model was really built with."""
    spec = record.spec
    return {name: spec.batch_size if name == "batch_size" else as_searched(name, spec.model) for name in record.params}
