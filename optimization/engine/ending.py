"""What is left to do in a job, and how it ends: read from its trials alone."""

from collections.abc import Sequence

from .config import OptimizationConfig
from .confirming import is_confirmed, still_to_confirm
from .recorder import TrialRecord
from .results import leaders


def counted(records: Sequence[TrialRecord]) -> int:
    """How many trials count towards those asked for."""
    return sum(record.counts for record in records)


def searches(config: OptimizationConfig, records: Sequence[TrialRecord]) -> bool:
    """Whether trials of the search itself are still to be asked for."""
    running = sum(record.confirms is None and not record.state.is_finished for record in records)
    return running + counted(records) < config.trials


def next_to_confirm(config: OptimizationConfig, records: Sequence[TrialRecord]) -> TrialRecord | None:
    """The leading trial that is to be trained once more; None before the search has ended, and after the last."""
    return still_to_confirm(config, _leaders(config, records), records)


def has_run_all(config: OptimizationConfig, records: Sequence[TrialRecord]) -> bool:
    """Whether the search has its trials, and the best of them their confirmation where it was asked for."""
    if counted(records) < config.trials:
        return False
    leading = _leaders(config, records)
    return not leading or is_confirmed(config, leading, records)


def why_no_best(records: Sequence[TrialRecord]) -> str:
    """Why a job without a best trial has none. records: at least one."""
    broken = [record for record in records if record.violations]
    if broken:
        return f"no trial kept the job's limits; the last one: {broken[-1].reason}"
    return f"no trial completed; the last one: {records[-1].reason}"


def _leaders(config: OptimizationConfig, records: Sequence[TrialRecord]) -> list[TrialRecord]:
    searched = [record for record in records if record.confirms is None]
    is_over = counted(records) >= config.trials and all(record.state.is_finished for record in searched)
    return leaders(config, records) if is_over else []
