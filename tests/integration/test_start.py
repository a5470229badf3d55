"""`manage.py start`: what comes up, what comes back, and that nothing is left behind."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.portal import wait_until
from tests.integration.processes import Portal, portal_in

LEFT_ALONE_S = 10
LEASE_S = 4
"""Shorter than in use, so that what was killed is missed sooner."""
PARENTS_WATCHED = 13
"""web; two clusters of command, guard, pusher and monitor with two and one workers; the runner."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal_in(tmp_path_factory.mktemp("portal"), epoch_s=0.1, LEASE_S=LEASE_S) as portal:
        portal.start()
        yield portal


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    """One that a test starts and ends itself."""
    with portal_in(tmp_path, epoch_s=0.1, LEASE_S=LEASE_S) as portal:
        yield portal


def test_a_database_that_is_not_up_to_date_is_refused(tmp_path: Path) -> None:
    refused = Portal(tmp_path, epoch_s=0.1).manage("start")
    assert refused.returncode != 0
    assert "manage.py migrate" in refused.stderr


def test_a_second_start_is_refused(running: Portal) -> None:
    refused = running.manage("start", "--port", "0")
    assert refused.returncode != 0
    assert "already runs" in refused.stderr


def test_a_job_goes_from_the_api_to_its_end(running: Portal) -> None:
    job_id = running.optimize(trials=3, epochs=2)
    job = running.wait_for_end(job_id)
    assert (job["state"], job["finished"], job["reason"]) == ("completed", 3, "")
    trials = running.trials(job_id)
    assert [trial["number"] for trial in trials] == [0, 1, 2]
    assert [trial["state"] for trial in trials] == ["completed"] * 3
    folders = running.results / job["run_name"] / "plots"
    assert sorted(folder.name for folder in folders.iterdir()) == ["trial_0", "trial_1", "trial_2"]
    assert [len(trial["epochs"]) for trial in trials] == [2, 2, 2]
    assert {trial["attempt"] for trial in trials} == {1}


def test_a_stopped_job_ends_within_seconds(running: Portal) -> None:
    job_id = running.optimize(trials=3, epochs=200)
    running.wait_for_epoch(job_id, number=0)
    running.post(f"jobs/{job_id}/stop")
    job = running.wait_for_end(job_id)
    assert (job["state"], job["running"]) == ("stopped", 0)
    assert running.trials(job_id)[0]["state"] == "stopped"


def test_a_stop_does_not_reach_the_job_after(running: Portal) -> None:
    first, second = running.optimize(trials=1, epochs=200), running.optimize(trials=1, epochs=2)
    running.wait_for_epoch(first, number=0)
    running.post(f"jobs/{first}/stop")
    assert running.wait_for_end(second)["completed"] == 1


def test_a_killed_runners_trial_runs_again_as_attempt_2(running: Portal) -> None:
    job_id = running.optimize(trials=2, epochs=8)
    running.wait_for_epoch(job_id, number=1)
    os.kill(running.runner(), signal.SIGKILL)
    job = running.wait_for_end(job_id)
    trials = running.trials(job_id)
    assert (job["state"], [trial["attempt"] for trial in trials]) == ("completed", [1, 2])
    assert [epoch["attempt"] for epoch in trials[1]["epochs"]] == [2] * 8


def test_a_job_goes_on_when_its_loop_and_its_worker_are_killed(running: Portal) -> None:
    job_id = running.optimize(trials=2, epochs=20)
    running.wait_for_epoch(job_id, number=1)
    tree = running.tree()
    worker = tree[running.runner()].parent
    trials_cluster = tree[tree[worker].parent].parent
    clusters = {pid for pid, row in tree.items() if row.parent == running.pid and "qcluster" in row.command}
    (loops_cluster,) = clusters - {trials_cluster}
    os.kill(worker, signal.SIGKILL)
    os.kill(loops_cluster, signal.SIGKILL)
    job = running.wait_for_end(job_id)
    assert (job["state"], job["completed"]) == ("completed", 2)
    trials = running.trials(job_id)
    assert [trial["attempt"] for trial in trials] == [1, 2]
    assert [epoch["epoch"] for epoch in trials[1]["epochs"]] == list(range(1, 21))


def test_the_web_comes_back_under_the_same_address(running: Portal) -> None:
    (web,) = [pid for pid, row in running.tree().items() if " web " in f"{row.command} "]
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: web not in running.survivors(), of="the end of the web process")
    assert running.get("health")["status"] == "ok"


def test_sigterm_hands_back_the_running_trial_and_ends_everything(portal: Portal) -> None:
    portal.start()
    job_id = portal.optimize(trials=1, epochs=30)
    portal.wait_for_epoch(job_id, number=0)
    assert len(portal.tree()) == PARENTS_WATCHED
    assert portal.stop(signal.SIGTERM) == 0
    assert "has stopped" in portal.output()
    assert portal.survivors() == {}
    portal.start()
    job = portal.wait_for_end(job_id)
    assert job["state"] == "completed"
    (trial,) = portal.trials(job_id)
    assert (trial["attempt"], len(trial["epochs"])) == (1, 30)


def test_when_the_parent_is_killed_nothing_is_left_and_the_next_start_goes_on(portal: Portal) -> None:
    portal.start()
    job_id = portal.optimize(trials=2, epochs=15)
    portal.wait_for_epoch(job_id, number=0)
    portal.tree()
    portal.stop(signal.SIGKILL)
    wait_until(lambda: not portal.survivors(), limit_s=LEFT_ALONE_S, of="the end of every child")
    portal.start()
    job = portal.wait_for_end(job_id)
    assert (job["state"], job["completed"]) == ("completed", 2)
