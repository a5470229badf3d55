"""docs/FAULTS.md: each section is written by the run that measured it, when asked to."""

import datetime
import os
import statistics
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import oracle
from tests.chaos.kills import LEASE_S, Kill, Kind, Outcome

FAULTS = Path(__file__).parents[2] / "docs" / "FAULTS.md"
ASKED_BY = "TUNEWELL_WRITE_FAULTS"
"""Environment variable that `make faults` sets; without it a run leaves the page as it is."""


def publish(section: str, lines: Sequence[str], page: Path = FAULTS) -> None:
    """Replace what stands between the section's marks, when that was asked for."""
    if not os.environ.get(ASKED_BY):
        return
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, _, rest = page.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{page} has no place for {section}")
    page.write_text("\n".join([f"{before}{begin}", *lines, f"{end}{after}"]), encoding="utf-8")


def today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def chaos_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """The table of faults."""
    kills = [kill for outcome in outcomes for kill in outcome.kills]
    asked = sum(outcome.evidence.asked for outcome in outcomes)
    seeds = ", ".join(str(outcome.seed) for outcome in outcomes)
    lost, doubled = trials_lost(outcomes), trials_doubled(outcomes)
    lease = f"{LEASE_S:g} s (`TUNEWELL_LEASE_S`; the default of 10 s makes what waits for a lease up to 6 s slower)"
    return [
        "| killed | kills | went on | attempts added | seconds until it went on: median | longest |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_row(kind.words, [kill for kill in kills if kill.plan.kind is kind]) for kind in Kind),
        _row("all", kills),
        "",
        f"{len(outcomes)} jobs with {asked} trials in all: **{lost} trials lost, {doubled} doubled.**",
        "",
        f"Run on {today()} with the seeds {seeds} and a lease of {lease}.",
    ]


def trials_lost(outcomes: Sequence[Outcome]) -> int:
    """Trials that were asked for and did not come to an end of their own."""
    kept = [trial for o in outcomes for trial in o.evidence.trials if trial["state"] in oracle.KEPT]
    numbers = {(trial["job_id"], trial["number"]) for trial in kept}
    return sum(outcome.evidence.asked for outcome in outcomes) - len(numbers)


def trials_doubled(outcomes: Sequence[Outcome]) -> int:
    """Trials beyond those asked for, and signs of two writers in one trial."""
    extra = sum(max(0, len(outcome.evidence.trials) - outcome.evidence.asked) for outcome in outcomes)
    return extra + sum(len(oracle.complaints(outcome.evidence, oracle.DOUBLES)) for outcome in outcomes)


def _row(name: str, kills: Sequence[Kill]) -> str:
    seconds = [kill.recovery_s for kill in kills]
    added = sum(kill.new_attempt - kill.attempt for kill in kills)
    return (
        f"| {name} | {len(kills)} | {len(seconds)} | {added} | {statistics.median(seconds):.1f} | {max(seconds):.1f} |"
    )
