"""`manage.py demo` from outside, with the trainer that sleeps."""

import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from optimization.demo.portal import HOST
from tests.integration.portal import wait_until
from tests.integration.processes import all_processes, processes_below, still_there

LEFT_ALONE_S = 10
ROOT = Path(__file__).parents[2]


class Demo:
    """A demo whose output goes to a file, as through a pipe."""

    def __init__(self, folder: Path, *arguments: str, epoch_s: float = 0.05) -> None:
        names = {f"TUNEWELL_{name}_DIR": str(folder / name.lower()) for name in ("VAR", "LOG", "RESULTS")}
        names["TUNEWELL_RUNNER_ARGS"] = f"--trainer sleep --sleep-epoch-s {epoch_s}"
        command = [sys.executable, str(ROOT / "manage.py"), "demo", *arguments]
        self._output = folder / f"output_{uuid.uuid4().hex}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=os.environ | names, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def text(self) -> str:
        return self._output.read_text()

    def says(self, words: str) -> None:
        wait_until(lambda: words in self.text() or self.process.poll() is not None, of=words)
        assert words in self.text()

    def address(self) -> str:
        found = re.search(r"http://\S+/jobs/(\S+)/", self.text())
        assert found, self.text()
        return found[1]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    """Starts demos one after the other in the same folder; none outlives the test."""
    started: list[Demo] = []

    def start(*arguments: str, epoch_s: float = 0.05) -> Demo:
        started.append(Demo(tmp_path, *arguments, epoch_s=epoch_s))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()


def test_the_demo_shows_eight_trials_and_stays_until_ctrl_c(demo: Callable[..., Demo]) -> None:
    stays = demo("--port", "0")
    stays.says("stays up until Ctrl-C")
    ends = re.findall(r"^trial (\d): epoch \d/6  (?:completed|pruned)", stays.text(), flags=re.MULTILINE)
    assert sorted(ends) == list("01234567")
    assert "default model (trial 0)" in stays.text()
    assert not {character for character in stays.text() if not character.isprintable()} - {"\n"}

    address = re.search(rf"{re.escape(HOST)}:(\d+)", stays.text())
    assert address
    stays.process.send_signal(signal.SIGINT)
    assert stays.process.wait(40) == 0
    with socket.socket() as probe:
        assert probe.connect_ex((HOST, int(address[1]))) != 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGHUP], ids=lambda how: how.name)
def test_the_next_demo_goes_on_with_the_job_of_one_that_was_killed(
    demo: Callable[..., Demo], how: signal.Signals
) -> None:
    killed = demo("--once", epoch_s=0.2)
    killed.says("trial 1: ")
    children = processes_below(killed.process.pid)
    killed.process.send_signal(how)
    killed.process.wait(30)
    wait_until(lambda: not still_there(children), limit_s=LEFT_ALONE_S, of="the end of every child")
    job = killed.address()
    following = demo("--once")
    assert following.process.wait(90) == 0, following.text()
    assert "Going on with the job that an earlier demo left unfinished" in following.text()
    assert following.address() == job


def test_a_second_demo_beside_the_first_is_refused_and_does_no_harm(demo: Callable[..., Demo]) -> None:
    first = demo("--once", "--port", "0")
    first.says("trial 0: ")
    second = demo("--once", "--port", "0")
    assert second.process.wait(40) == 1
    assert "Tunewell already runs from this folder" in second.text()
    assert first.process.wait(90) == 0, first.text()


def test_a_taken_port_is_said_and_a_portal_that_dies_is_reported(demo: Callable[..., Demo]) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        bereft = demo("--once", "--port", str(taken), epoch_s=0.5)
        bereft.says("trial 0: ")
    assert f"Port {taken} is taken" in bereft.text()
    assert f"{HOST}:{taken}/" not in bereft.text()

    (portal,) = [pid for pid, row in all_processes().items() if row.parent == bereft.process.pid]
    os.kill(portal, signal.SIGKILL)
    assert bereft.process.wait(40) == 1
    assert "The portal ended with exit code -9" in bereft.text()
    assert "demo.log" in bereft.text()
