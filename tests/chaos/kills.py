"""Who is killed, when, and how long it takes until everything goes on."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from tests.chaos.evidence import Database, Evidence, gather
from tests.integration.portal import wait_until
from tests.integration.processes import Portal, portal_in

EPOCHS = 6
LATEST_EPOCH = 3
LAST_CHANCE = 4
"""On a busy machine a look may come late; after a later epoch than this one the kill might find the trial ended."""
EPOCH_S = 0.2
LEASE_S = 4.0
RECOVERY_LIMIT_S = 60.0
LOOK_S = 0.02


class Kind(StrEnum):
    RUNNER = "runner"
    WORKER = "worker"
    LOOP = "loop"
    WEB = "web"
    PARENT = "parent"

    @property
    def words(self) -> str:
        return _WORDS[self]

    @property
    def costs_an_attempt(self) -> bool:
        return self in (Kind.RUNNER, Kind.WORKER)


_WORDS = {
    Kind.RUNNER: "trial child (the runner)",
    Kind.WORKER: "trial worker",
    Kind.LOOP: "loop of the job",
    Kind.WEB: "web process",
    Kind.PARENT: "parent (`manage.py start`)",
}


@dataclass(frozen=True)
class Plan:
    """One kill to come. epoch: after which it comes. delay_s: how far into the next one."""

    kind: Kind
    epoch: int
    delay_s: float


class State(NamedTuple):
    """Of a job and one trial at a moment. lease: whoever runs the loop."""

    seq: int
    lease: str | None
    attempt: int
    worker: str


@dataclass(frozen=True)
class Kill:
    """One kill that took place, and what followed."""

    plan: Plan
    trial: int
    pid: int
    new_pid: int
    attempt: int
    new_attempt: int
    recovery_s: float


@dataclass(frozen=True)
class Outcome:
    """What one job went through and what it left behind."""

    seed: int
    kills: tuple[Kill, ...]
    evidence: Evidence


def plans(seed: int, each: int) -> list[Plan]:
    """`each` kills of every kind in a random order."""
    dice = random.Random(seed)
    kinds = [kind for kind in Kind for _ in range(each)]
    dice.shuffle(kinds)
    return [Plan(kind, dice.randint(1, LATEST_EPOCH), dice.uniform(0, EPOCH_S)) for kind in kinds]


def rampage(folder: Path, *, seed: int, each: int, trials: int) -> Outcome:
    """Run a job in a portal of its own, and kill `each` processes of every kind under it.

    trials: more than kills, since some run to their end while something else recovers.
    """
    planned = plans(seed, each)
    with portal_in(folder, epoch_s=EPOCH_S, loops=1, LEASE_S=LEASE_S) as portal:
        portal.start()
        database = Database(portal.database)
        job_id = portal.optimize(trials=trials, epochs=EPOCHS)
        killer = Killer(portal, database, job_id)
        kills = tuple(killer.carry_out(plan) for plan in planned)
        portal.wait_for_end(job_id)
        portal.stop()
        return Outcome(seed, kills, gather(database, portal.results, job_id))


class Killer:
    """Kills under one job."""

    def __init__(self, portal: Portal, database: Database, job_id: str) -> None:
        self._portal = portal
        self._database = database
        self._job_id = job_id
        self._last_trial = 0

    def carry_out(self, plan: Plan) -> Kill:
        """Kill in the middle of a trial that was left alone so far; returns when the job goes on."""
        pid = self._wait(lambda: self._victim(plan.kind), of=f"the {plan.kind}")
        trial = self._wait(lambda: self._trial_at(plan.epoch), of=f"a trial for {plan}")
        time.sleep(plan.delay_s)  # a moment within the epoch, not a wait for anything
        before = self._state(trial)
        os.kill(pid, signal.SIGKILL)
        killed_at = time.monotonic()
        self._last_trial = trial
        if plan.kind is Kind.PARENT:
            self._portal.stop(signal.SIGKILL)
            self._portal.launch()
        self._wait(lambda: self._goes_on(plan.kind, trial, before), of=f"recovery of trial {trial} from {plan}")
        recovery_s = time.monotonic() - killed_at
        new_pid = self._wait(lambda: self._victim(plan.kind), of=f"a new {plan.kind}")
        return Kill(plan, trial, pid, new_pid, before.attempt, self._state(trial).attempt, recovery_s)

    def _goes_on(self, kind: Kind, trial: int, before: State) -> bool:
        match kind:
            case Kind.RUNNER | Kind.WORKER:
                return self._newest_epoch(trial, before.attempt + 1) > 0
            case Kind.LOOP:
                return self._state(trial).lease not in (None, before.lease)
            case Kind.WEB:
                return self._portal.get(f"jobs/{self._job_id}")["id"] == self._job_id
            case Kind.PARENT:
                trials = self._database.trials(self._job_id)
                anew = {trial["number"] for trial in trials if trial["worker"] not in ("", before.worker)}
                news = [event for event in self._database.events(self._job_id) if event.seq > before.seq]
                return any(event.kind == "epoch" and event.data["number"] in anew for event in news)

    def _victim(self, kind: Kind) -> int:
        """The process id of the one process of that kind; 0 when it is not there."""
        tree = self._portal.tree()
        runner = next((pid for pid, row in tree.items() if "engine.runner" in row.command), 0)
        match kind:
            case Kind.RUNNER:
                return runner
            case Kind.WORKER:
                return tree[runner].parent if runner else 0
            case Kind.LOOP:
                loops = self._database.rows("SELECT name FROM optimization_worker WHERE queue <> 'trials'")
                return next((pid for row in loops if (pid := int(row["name"].rpartition(":")[2])) in tree), 0)
            case Kind.WEB:
                return next((pid for pid, row in tree.items() if " web " in f"{row.command} "), 0)
            case Kind.PARENT:
                return self._portal.pid

    def _trial_at(self, epoch: int) -> int | None:
        """The number of a trial after the last one that was hit, which has ended that epoch and is far from its end."""
        for trial in self._database.trials(self._job_id):
            number = trial["number"]
            if number > self._last_trial and epoch <= self._newest_epoch(number, trial["attempt"]) <= LAST_CHANCE:
                return int(number)
        return None

    def _newest_epoch(self, number: int, attempt: int) -> int:
        epochs = self._database.epochs(self._job_id)
        return max((row.epoch for row in epochs if (row.number, row.attempt) == (number, attempt)), default=0)

    def _state(self, number: int) -> State:
        job, trials = self._database.job(self._job_id), self._database.trials(self._job_id)
        return State(job["seq"], job["lease_token"], trials[number]["attempt"], trials[number]["worker"])

    @staticmethod
    def _wait(condition: Callable[[], Any], *, of: str) -> Any:
        return wait_until(condition, limit_s=RECOVERY_LIMIT_S, of=of, every_s=LOOK_S)
