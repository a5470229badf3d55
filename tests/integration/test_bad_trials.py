"""What goes wrong in a trial stays with that trial: real runner children whose plugin misbehaves."""

import time
from pathlib import Path

import pytest

from optimization.engine.artifacts import FolderStore
from optimization.engine.executors.base import Report
from optimization.engine.executors.local import LocalExecutor
from optimization.engine.results import trial_name
from optimization.engine.trial import EpochReport, TrialLost, TrialResult, TrialSpec, TrialState
from tests.factories import trial_spec

LIMIT_S = 60


class NotRecorded:
    """An AttemptRecorder for tests that look at the reports alone."""

    def started(self, spec: TrialSpec, *, worker: str) -> None: ...

    def epoch(self, report: EpochReport) -> None: ...


class Host:
    """One slot whose trials import a plugin of the given source first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        args = ["--trainer", "sleep", "--sleep-epoch-s", "0.01"]
        self.executor = LocalExecutor(FolderStore(folder), NotRecorded(), runner_args=args)
        self.child = self.executor._children[0]

    def run(self, number: int, plugin: str = "", **changes: object) -> Report:
        """How a trial ended."""
        plugins = ()
        if plugin:
            name = f"plugin_{self.folder.name}_{number}".replace("-", "_")
            (self.folder / f"{name}.py").write_text(plugin)
            plugins = (name,)
        self.spec = trial_spec(number, plugins=plugins, **changes)
        self.executor.submit(self.spec)
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            for report in self.executor.poll(0.2):
                if not isinstance(report, EpochReport):
                    return report
        raise AssertionError(f"trial {number} did not end within {LIMIT_S} s")

    def log(self) -> str:
        return (self.folder / trial_name(self.spec.run_name, self.spec.number) / "trial.log").read_text()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.syspath_prepend(str(tmp_path))
    host = Host(tmp_path)
    yield host
    host.executor.close()


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        ("1 / 0", "ConfigError: plugins: cannot import plugin_"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_what_own_code_raises_fails_the_trial_with_reason_traceback_and_log(host: Host, plugin: str, said: str) -> None:
    result = host.run(0, plugin)
    assert isinstance(result, TrialResult)
    assert result.state is TrialState.FAILED
    assert said in result.reason
    assert plugin.removesuffix("(3)") in result.traceback
    assert plugin in host.log()


def test_memory_that_is_refused_fails_the_trial_and_says_what_to_do(host: Host) -> None:
    greedy = "import numpy\nfrom optimization.engine import sleeping\n"
    result = host.run(0, greedy + "sleeping.write_manifest = lambda *args, **named: numpy.zeros(2**50)\n")
    assert result.state is TrialState.FAILED
    assert "MemoryError: Unable to allocate" in result.reason
    assert "use a smaller batch_size or max_parameters" in result.reason


def test_after_a_failed_trial_the_next_one_gets_a_process_of_its_own(host: Host) -> None:
    assert host.run(0).state is TrialState.COMPLETED
    first = host.child.pid
    assert host.run(1, "1 / 0").state is TrialState.FAILED
    assert host.run(2).state is TrialState.COMPLETED
    assert host.child.pid != first


def test_a_hang_that_ignores_signals_ends_at_its_time_limit(host: Host) -> None:
    host.child._grace_s = 0.2
    result = host.run(
        0, "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass\n", time_limit_s=0.5
    )
    assert isinstance(result, TrialResult)
    assert (result.state, result.reason) == (TrialState.FAILED, "time-out: not finished within 0.5 s")
    assert host.run(1).state is TrialState.COMPLETED


def test_the_log_of_a_trial_that_was_timed_out_shows_where_it_hung(host: Host) -> None:
    host.child._grace_s = 0.2
    host.run(0, "def never_ends():\n    while True: pass\nnever_ends()\n", time_limit_s=0.5)
    assert "in never_ends" in host.log()


def test_a_process_killed_by_the_system_is_a_lost_attempt_whose_log_is_kept(host: Host) -> None:
    killed = "import os, signal\nprint('memory runs out')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    report = host.run(0, killed)
    assert isinstance(report, TrialLost)
    assert "signal SIGKILL (the system does this when memory runs out)" in report.reason
    assert "memory runs out" in host.log()
