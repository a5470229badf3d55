"""A hundred kills. `make faults` writes what they did to docs/FAULTS.md."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.kills import Kind, Outcome, rampage
from tests.chaos.oracle import complaints
from tests.chaos.report import chaos_lines, publish, trials_doubled, trials_lost

pytestmark = pytest.mark.alone

SEEDS = (1, 2, 3, 4, 5)
KILLS_OF_EACH_KIND = 4
TRIALS = 48
AT_ONCE = 2
"""Portals beside each other; each sleeps more than it works."""


def test_nothing_is_lost_and_nothing_is_doubled_by_a_hundred_kills(tmp_path: Path) -> None:
    def suffer(seed: int) -> Outcome:
        folder = tmp_path / str(seed)
        folder.mkdir()
        return rampage(folder, seed=seed, each=KILLS_OF_EACH_KIND, trials=TRIALS)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(suffer, SEEDS))
    kills = [kill for outcome in outcomes for kill in outcome.kills]
    assert len(kills) >= 100
    for kind in Kind:
        assert {o.seed for o in outcomes for kill in o.kills if kill.plan.kind is kind} == set(SEEDS)
    for kill in kills:
        assert kill.new_pid != kill.pid
        assert kill.new_attempt - kill.attempt == 1 or not kill.plan.kind.costs_an_attempt
    for outcome in outcomes:
        assert complaints(outcome.evidence) == [], f"seed {outcome.seed}"
    assert (trials_lost(outcomes), trials_doubled(outcomes)) == (0, 0)
    publish("chaos", chaos_lines(outcomes))
