"""Which of the slow tests this machine can run."""

import pytest

from tools.results import data_dir

NEEDS_REAL_FILES = ["test_default_models.py", "test_fashion_mnist.py"]
collect_ignore = [] if data_dir() else NEEDS_REAL_FILES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in collect_ignore:
        terminalreporter.write_line(
            f"NOT RUN: {name} needs the real data-set files; set TUNEWELL_DATA_DIR to the folder that holds them.",
            yellow=True,
        )
