"""How often pruning is wrong, and what it saves: some trials that the pruner gives up are let run to their end."""

from collections.abc import Sequence

from .config import OptimizationConfig
from .recorder import BEST_THEN, PruningReport, TrialRecord
from .seeds import share_of
from .trial import TrialState

FEWEST_AUDITED = 2
"""With fewer audited trials the report says "too few to say"."""


def is_audited(config: OptimizationConfig, number: int) -> bool:
    """Whether this trial is let run on if the pruner gives it up: by the job's seed and the number alone."""
    return share_of(config.random_seed, number, "audit") < config.audited_share


def pruning_report(records: Sequence[TrialRecord]) -> PruningReport:
    """What pruning did in a job.

    An audited trial was given up wrongly when its total score, once it had run to its end, was above the
    highest total score that the job had at the moment when the pruner gave it up: pruned, the job would
    have lost what was then its best model. Trials that diverged, failed or were stopped are not audited.
    Epochs saved are those that a pruned trial had left; seconds are reckoned by its own mean epoch.
    """
    pruned = [record for record in records if record.state is TrialState.PRUNED and record.pruned_at is not None]
    audited = [r for r in records if r.state is TrialState.COMPLETED and r.would_be_pruned_at is not None]
    saved = {record.number: _epochs_left(record) for record in pruned}
    return PruningReport(
        pruned=len(pruned),
        audited=len(audited),
        wrong=sum(_was_wrong(record) for record in audited),
        wrong_share=None if len(audited) < FEWEST_AUDITED else sum(map(_was_wrong, audited)) / len(audited),
        epochs_saved=sum(saved.values()),
        seconds_saved=sum(_epoch_s(record) * saved[record.number] for record in pruned),
    )


def pruning_in_words(report: PruningReport) -> str:
    """The report as a sentence or two."""
    if not report.pruned + report.audited:
        return "No trial was pruned."
    saved = f"{report.pruned} trials were pruned, which saved about {report.epochs_saved} epochs"
    saved += f" ({report.seconds_saved:.0f} s)."
    audited = f"{report.audited} that the pruner gave up ran to their end"
    if report.wrong_share is None:
        return f"{saved} {audited}: too few to say how often pruning is wrong."
    return f"{saved} {audited}; {report.wrong} of them would have been the best at the time."


def _was_wrong(record: TrialRecord) -> bool:
    best = record.user_attrs.get(BEST_THEN)
    return record.may_be_best and (best is None or (record.total_score or 0.0) > best)


def _epochs_left(record: TrialRecord) -> int:
    return record.spec.max_epochs - len(record.intermediate)


def _epoch_s(record: TrialRecord) -> float:
    trained = record.result
    return trained.training_s / trained.epochs if trained and trained.training_s and trained.epochs else 0.0
