"""A process of each kind is killed under one job, which comes through unhurt. The long version is in tests/long.

TUNEWELL_CHAOS_SEED repeats a run by the seed it printed.
"""

import os
import random
from pathlib import Path

from tests.chaos.kills import Kind, rampage
from tests.chaos.oracle import complaints


def test_a_job_comes_through_a_kill_of_every_kind(tmp_path: Path) -> None:
    seed = int(os.environ.get("TUNEWELL_CHAOS_SEED", random.SystemRandom().randrange(10_000)))
    print(f"seed {seed}")
    outcome = rampage(tmp_path, seed=seed, each=1, trials=10)
    assert {kill.plan.kind for kill in outcome.kills} == set(Kind)
    for kill in outcome.kills:
        assert kill.new_pid != kill.pid
        assert kill.new_attempt - kill.attempt == 1 or not kill.plan.kind.costs_an_attempt
    assert complaints(outcome.evidence) == []
