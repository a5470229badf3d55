"""What a job found beside its best trial, in sentences."""

from collections.abc import Iterator

from .auditing import pruning_in_words
from .optimization_result import OptimizationResult
from .recorder import Confirmation


def findings_in_words(result: OptimizationResult) -> Iterator[str]:
    """One sentence or two for each thing that there is to say."""
    if result.pareto_front:
        yield f"No other trial beats these in every objective: {', '.join(map(str, result.pareto_front))}."
    if result.confirmation:
        ranks = "; ".join(map(_in_words, result.confirmation))
        yield f"Trained again on other seeds, by their mean and its 95 % interval: {ranks}."
    if result.pruning is not None and result.pruning.pruned + result.pruning.audited:
        yield pruning_in_words(result.pruning)
    changed = {
        "made smaller to keep the limits": result.repaired,
        "given a default where a suggestion failed": result.fallen_back,
        "rejected before training": result.rejected,
    }
    if any(changed.values()):
        yield "Draws " + ", ".join(f"{what}: {count}" for what, count in changed.items() if count) + "."


def _in_words(row: Confirmation) -> str:
    if row.mean is None:
        return f"trial {row.number}, of which no run completed"
    interval = "" if row.low is None or row.high is None else f" ({row.low:.3f} to {row.high:.3f})"
    return f"trial {row.number} {row.mean:.3f}{interval}"
