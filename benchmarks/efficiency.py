"""How good the best of a number of trials is, on functions whose best value is known."""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from optimization.engine.model_config import ModelConfig

from .loop import configuration, in_folder, optuna_search, search
from .table import Row

TRIALS, SEEDS = 60, 10
LOWEST_RATE, HIGHEST_RATE = 1e-4, 1e-2
MOST_DROPOUT = 0.5

SPACE = {
    "learning_rate": {"low": LOWEST_RATE, "high": HIGHEST_RATE},
    "first_hidden_layer_dropout": {"low": 0.0, "high": MOST_DROPOUT},
}
"""The two hyperparameters that matter. All others are searched too and do nothing, as often in real searches."""


def unit_square(model: ModelConfig) -> tuple[float, float]:
    rate = math.log(model.learning_rate / LOWEST_RATE) / math.log(HIGHEST_RATE / LOWEST_RATE)
    return min(1.0, max(0.0, rate)), model.first_hidden_layer_dropout / MOST_DROPOUT


def branin(x: float, y: float) -> float:
    """Dixon and Szegő 1978: three equal minima of 0.398."""
    x, y = 15 * x - 5, 15 * y
    bend = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return bend**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887


def six_hump_camel(x: float, y: float) -> float:
    """Dixon and Szegő 1978: two equal minima among six."""
    x, y = 4 * x - 2, 2 * y - 1
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2 + 1.031628


FUNCTIONS: Mapping[str, Callable[[float, float], float]] = {"Branin": branin, "six-hump camel": six_hump_camel}


def rows() -> Iterator[Row]:
    for name, function in FUNCTIONS.items():

        def score(model: ModelConfig, function: Any = function) -> float:
            return 1 / (1 + float(function(*unit_square(model))))

        def ours(seed: int, score: Any = score) -> float:
            return in_folder(lambda folder: max(r.total_score or 0.0 for r in search(_config(folder, seed), score)))

        def peer(seed: int, score: Any = score) -> float:
            return in_folder(lambda folder: float(optuna_search(_config(folder, seed), score=score).best_value))

        yield Row(
            what=f"score of the best of {TRIALS} trials, {name}, mean of {SEEDS} seeds",
            against="Optuna's TPE",
            ours=statistics.fmean(map(ours, range(SEEDS))),
            peer=statistics.fmean(map(peer, range(SEEDS))),
            unit="",
            better="more",
        )


def _config(folder: Path, seed: int) -> Any:
    return configuration(folder, trials=TRIALS, seed=seed, search_space=SPACE)
