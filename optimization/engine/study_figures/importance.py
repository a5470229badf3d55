"""Which hyperparameters tell the best trials, or the least healthy ones, apart, and which only seem to."""

import dataclasses
import functools
import random
from collections.abc import Mapping

from .figure import Missing, thinned
from .of_optuna import importances, study_of
from .seen import METRICS, Seen

LEAST = 12
"""Trials below which a quarter of them is too few to compare with anything."""

QUARTER = 0.25
"""Which share of the trials is set apart from all: enough of them to say something in a job of some dozens."""

MOST = 800
"""Trials that are looked at; more would take longer and hardly change a share."""

SHUFFLES = 20
SHUFFLED = 120
"""How often chance is asked, and with how many trials; what it gives falls with their number."""


@dataclasses.dataclass(frozen=True)
class Importance:
    """shares: by hyperparameter, together 1, largest first. chance: what the largest share of them would be in one of
    twenty jobs where no hyperparameter had any effect. trials: how many were looked at."""

    shares: Mapping[str, float]
    chance: float
    trials: int
    of: int

    @property
    def telling(self) -> list[str]:
        """Those that stand out from chance, the most important first."""
        return [name for name, share in self.shares.items() if share > self.chance]

    @property
    def ranked(self) -> list[str]:
        return list(self.shares)


class Importances:
    """Importances in one job, for any figure of its trials."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        numbers = thinned(list(seen.searched), MOST, seen.kept())
        self._study = study_of(dict.fromkeys(numbers, (0.0,)), seen.params, seen.ranges)
        self._numbers = set(numbers)

    @functools.cached_property
    def of_score(self) -> Importance:
        """What sets the best quarter of the trials apart. Raises Missing."""
        scores = self._seen.scores
        self._seen.need(scores, LEAST, "completed trials")
        return self._importance({number: -score for number, score in scores.items()})

    @functools.cached_property
    def of_metrics(self) -> dict[str, Importance]:
        """What sets the quarter with the lowest values apart, by metric; those that cannot be compared are left out."""
        found = {}
        for name in ("overall_health", *METRICS):
            measured = self._seen.measured(name)
            if len(measured) >= LEAST and len(set(measured.values())) > 1:
                try:
                    found[name] = self._importance(measured)
                except Missing:
                    continue
        return found

    def _importance(self, losses: Mapping[int, float]) -> Importance:
        looked_at = {number: loss for number, loss in losses.items() if number in self._numbers}
        if not self._seen.ranges:
            raise Missing("No hyperparameter was searched in this job: all of them are fixed.")
        ordered = sorted(looked_at.values())
        if ordered[int(QUARTER * len(ordered))] == ordered[-1]:
            raise Missing("The trials hardly differ: most of them have the same value.")
        found = importances(self._study, looked_at, quantile=QUARTER)
        total = sum(found.values()) or 1.0
        shares = dict(sorted(((name, size / total) for name, size in found.items()), key=lambda item: -item[1]))
        chance = self._chance_of_one / len(looked_at) / total
        return Importance(shares, chance, trials=len(looked_at), of=len(losses))

    @functools.cached_property
    def _chance_of_one(self) -> float:
        """The largest importance in one of twenty shuffles where the figures are dealt out anew, times the trials."""
        some = thinned(sorted(self._numbers), SHUFFLED)
        study = study_of(dict.fromkeys(some, (0.0,)), self._seen.params, self._seen.ranges)
        dice = random.Random(0)
        largest = []
        for _ in range(SHUFFLES):
            dealt = dict(zip(some, dice.sample(range(len(some)), len(some)), strict=True))
            largest.append(max(importances(study, dealt, quantile=QUARTER).values()))
        return sorted(largest)[-2] * len(some)
