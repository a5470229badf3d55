"""What a trial costs beside its training, and what a loop costs that takes a job up again."""

from collections.abc import Iterator
from pathlib import Path

import optuna

from optimization.engine.study import Study

from .loop import configuration, in_folder, journal_file, optuna_search, search, sqlite_file
from .table import Row, seconds

TRIALS = 200
KEPT = 1000


def rows() -> Iterator[Row]:
    ours = in_folder(lambda folder: seconds(lambda: search(configuration(folder, trials=TRIALS)))) / TRIALS * 1000
    peers = {
        "Optuna in memory": lambda folder: None,
        "Optuna, journal file": lambda folder: journal_file(str(folder)),
        "Optuna, SQLite": lambda folder: sqlite_file(str(folder)),
    }
    for name, storage in peers.items():

        def peer(folder: Path, storage=storage) -> float:  # type: ignore[no-untyped-def]
            config = configuration(folder, trials=TRIALS)
            return seconds(lambda: optuna_search(config, storage(folder)))

        yield Row(
            what=f"overhead of a trial, TPE, {TRIALS} trials, recorded to disk",
            against=name,
            ours=ours,
            peer=in_folder(peer) / TRIALS * 1000,
            unit="ms",
        )
    yield Row(
        what=f"a study taken up again, {KEPT:,} trials",
        against="Optuna, journal file",
        ours=in_folder(_ours_taken_up),
        peer=in_folder(_peer_taken_up),
        unit="s",
    )


def _ours_taken_up(folder: Path) -> float:
    config = configuration(folder, trials=KEPT, sampler="random")
    records = search(config)
    return seconds(lambda: Study(config, records))


def _peer_taken_up(folder: Path) -> float:
    optuna_search(configuration(folder, trials=KEPT, sampler="random"), journal_file(str(folder)))
    return seconds(lambda: optuna.load_study(study_name="peer", storage=journal_file(str(folder))).trials)
