"""The guard against the winner's curse: the best trials are trained again on other seeds before one is called best.

The best of many noisy scores is high partly by luck. So the trials that lead when the search has ended are
ranked by the mean of new runs that had no part in choosing them. The final model is the winner's own.
"""

import dataclasses
import math
import statistics
from collections.abc import Sequence

from .config import OptimizationConfig
from .recorder import Confirmation, TrialRecord
from .seeds import derive_seed
from .trial import TrialState

STUDENTS_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093),
)
"""Student's t at 97.5 %, for 1, 2, … degrees of freedom: half a 95 % interval, in standard errors."""


def still_to_confirm(
    config: OptimizationConfig, leaders: Sequence[TrialRecord], records: Sequence[TrialRecord]
) -> TrialRecord | None:
    """The leader that needs its next run, turn by turn; None when all have as many as asked for.

    leaders: the best trials of the search, best first. A run that failed is not repeated, one that was
    stopped is.
    """
    for turn in range(config.confirm_seeds):
        for leader in leaders:
            runs = [r for r in records if r.confirms == leader.number and r.state is not TrialState.STOPPED]
            if len(runs) <= turn:
                return leader
    return None


def confirming_trial(config: OptimizationConfig, leader: TrialRecord, number: int) -> TrialRecord:
    """The leader's model once more, as a trial of its own with another seed; it does not feed the sampler."""
    seed = derive_seed(config.random_seed, number)
    spec = dataclasses.replace(
        leader.spec, number=number, attempt=1, seed=seed, draw_plots=False, **config.limits_and_places
    )
    return TrialRecord(spec=spec, params=leader.params, distributions=leader.distributions, confirms=leader.number)


def is_confirmed(config: OptimizationConfig, leaders: Sequence[TrialRecord], records: Sequence[TrialRecord]) -> bool:
    """Whether every run that was asked for has ended."""
    runs_end = all(record.state.is_finished for record in records if record.confirms is not None)
    return bool(leaders) and runs_end and still_to_confirm(config, leaders, records) is None


def confirmations(leaders: Sequence[TrialRecord], records: Sequence[TrialRecord]) -> tuple[Confirmation, ...]:
    """The leaders by their mean on other seeds, best first; those without a completed run come last."""
    table = [_confirmation(leader, records) for leader in leaders]
    return tuple(sorted(table, key=lambda row: -math.inf if row.mean is None else row.mean, reverse=True))


def _confirmation(leader: TrialRecord, records: Sequence[TrialRecord]) -> Confirmation:
    scores = tuple(
        r.total_score or 0.0 for r in records if r.confirms == leader.number and r.state is TrialState.COMPLETED
    )
    mean = statistics.fmean(scores) if scores else None
    half = _half_interval(scores)
    return Confirmation(
        number=leader.number,
        score=leader.total_score or 0.0,
        scores=scores,
        mean=mean,
        low=None if mean is None or half is None else max(0.0, mean - half),
        high=None if mean is None or half is None else min(1.0, mean + half),
    )


def _half_interval(scores: Sequence[float]) -> float | None:
    """Half the width of the mean's interval; few seeds give a wide one, as they should."""
    if len(scores) < 2:
        return None
    quantile = STUDENTS_T[min(len(scores) - 1, len(STUDENTS_T)) - 1]
    return quantile * statistics.stdev(scores) / math.sqrt(len(scores))
