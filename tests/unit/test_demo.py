"""What the demo shows and how it minds its portal."""

import io
import socket
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from optimization.demo.board import board_for
from optimization.demo.client import PortalClient, PortalError, PortalSilent
from optimization.demo.portal import HOST, port_to_use, running_portal
from optimization.tables import trial_table

JOB = {"trials": 2, "finished": 1}
EPOCHS = [{"epochs": 2, "val_accuracy": 0.5}, {"epochs": 2, "val_accuracy": 0.9375}]


def trial(number: int, **changes: Any) -> dict[str, Any]:
    running = {
        "number": number,
        "state": "running",
        "reason": "",
        "epochs": [],
        "val_accuracy": None,
        "test_accuracy": None,
        "overall_health": None,
        "total_score": None,
        "parameters": None,
        "duration_s": None,
    }
    return running | changes


COMPLETED = trial(
    0,
    state="completed",
    epochs=EPOCHS,
    val_accuracy=0.9375,
    test_accuracy=0.92,
    overall_health=0.8,
    total_score=0.91,
    parameters=34_826,
    duration_s=4.25,
)


def shown(*updates: list[dict[str, Any]], terminal: bool) -> str:
    output = io.StringIO()
    with board_for(Console(file=output, force_terminal=terminal, color_system=None, width=100)) as board:
        for trials in updates:
            board.update(JOB, trials)
    return output.getvalue()


def test_a_pipe_gets_one_plain_line_for_each_thing_that_happened() -> None:
    running = trial(0, epochs=EPOCHS[:1])
    text = shown([trial(0)], [running], [running], [COMPLETED], terminal=False)
    assert text.splitlines() == [
        "trial 0: running",
        "trial 0: epoch 1/2  running  validation accuracy 0.500",
        "trial 0: epoch 2/2  completed  score 0.910",
    ]


def test_a_pipe_gets_no_control_characters() -> None:
    assert not {character for character in shown([COMPLETED], terminal=False) if not character.isprintable()} - {"\n"}


def test_a_terminal_gets_a_bar_for_the_job_and_for_each_trial() -> None:
    text = shown([COMPLETED, trial(1, epochs=EPOCHS[:1])], terminal=True)
    assert "1/2 trials" in text
    assert "trial 0" in text
    assert "trial 1" in text


def test_a_pruned_trial_says_why() -> None:
    pruned = trial(3, state="pruned", reason="below the median after epoch 2")
    assert shown([pruned], terminal=False) == "trial 3: pruned  below the median after epoch 2\n"


def test_the_table_marks_the_best_trial_and_leaves_what_is_not_known_open() -> None:
    output = io.StringIO()
    Console(file=output, width=120).print(trial_table([COMPLETED, trial(1, state="failed")], best_trial_number=0))
    rows = [line for line in output.getvalue().splitlines() if "completed" in line or "failed" in line]
    assert "★ 0" in rows[0]
    assert "34,826" in rows[0]
    assert "–" in rows[1]
    assert "★" not in rows[1]


def test_a_free_port_is_used_as_wished() -> None:
    free = port_to_use(0)
    assert port_to_use(free) == free


def test_another_port_is_used_where_the_wished_one_is_taken() -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        assert port_to_use(taken) not in (taken, 0)


def test_a_portal_that_cannot_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    broken = tmp_path / "manage.py"
    broken.write_text("raise SystemExit('no such database')")
    log = tmp_path / "logs" / "demo.log"
    with (
        running_portal(broken, port_to_use(0), log) as portal,
        pytest.raises(PortalError, match="no such database") as error,
    ):
        portal.wait_until_ready(PortalClient(portal.url, "token"))
    assert str(log) in str(error.value)


def test_no_answer_is_told_from_a_refusal() -> None:
    with pytest.raises(PortalSilent, match="does not answer"):
        PortalClient(f"http://{HOST}:{port_to_use(0)}", "token").jobs()
