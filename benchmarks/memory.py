"""What the process of the loop grows by while trials add up."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from optimization.engine.model_config import ModelConfig

from .loop import by_learning_rate, configuration, in_folder, optuna_search, search
from .table import Row

FROM, TO = 20, 200


def rows() -> Iterator[Row]:
    yield Row(
        what=f"growth of the loop's process, trial {FROM} to {TO}",
        against="Optuna in memory",
        ours=_in_a_process("ours"),
        peer=_in_a_process("peer"),
        unit="MB",
    )


def resident_mb() -> float:
    """Of this process, by Linux."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1000


def growth(who: str) -> float:
    """MB, of a search with as many trials in this process."""
    sizes: list[float] = []

    def score(model: ModelConfig) -> float:
        sizes.append(resident_mb())
        return by_learning_rate(model)

    def work(folder: Path) -> float:
        config = configuration(folder, trials=TO + 1)
        if who == "ours":
            search(config, score)
        else:
            optuna_search(config, score=score)
        return sizes[TO] - sizes[FROM]

    return in_folder(work)


def _in_a_process(who: str) -> float:
    done = subprocess.run([sys.executable, "-m", "benchmarks.memory", who], capture_output=True, text=True, check=True)
    return float(done.stdout)


if __name__ == "__main__":
    sys.stdout.write(str(growth(sys.argv[1])))
