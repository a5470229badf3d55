"""Whether every unit of a network does something: dead, constant and saturated ones carry no signal."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..request import HealthMetric
from ..trial import HealthMeasurement
from .constants import CONSTANTS
from .measurement import absent, measured, short


class UnitReadings(NamedTuple):
    """What the units of one layer do on the probe batch, each array (units,); channels count as units.

    fires: share of examples on which the unit is above zero anywhere. spread: standard deviation of its output
    between examples, over the root mean square of the layer. strength: its mean absolute output over the layer's.
    saturated: share of its outputs near the ends of the activation's range; None where that has no two ends.
    """

    layer: str
    type: str
    activation: str
    fires: np.ndarray
    spread: np.ndarray
    strength: np.ndarray
    saturated: np.ndarray | None

    def weights(self) -> np.ndarray:
        """How far each unit is alive, in [0, 1]: 0 where it never fires or answers every example alike.

        A unit that fires on 1 % of the examples counts in full: sparse is not dead. The 1 % is the rule of
        SageMaker Debugger's DeadRelu.
        """
        weights: np.ndarray = _share_of(self.fires, CONSTANTS.fires_often_enough)
        weights = weights * _share_of(self.spread, CONSTANTS.spreads_enough)
        if self.saturated is not None:
            weights = weights * _share_of(1 - self.saturated, CONSTANTS.unsaturated_enough)
        return weights

    def dead_share(self) -> float:
        return float((self.weights() < CONSTANTS.dead_weight).mean())

    def dormant_share(self) -> float:
        """Units far weaker than the layer's mean. Source: Sokar et al., arXiv 2302.12902, with their .025."""
        return float((self.strength <= CONSTANTS.dormant_strength).mean())


def neuron_utilization(layers: Sequence[UnitReadings], initial: Sequence[UnitReadings]) -> HealthMeasurement:
    """Half the mean weight over all units, half the worst layer's. initial: the same before the first step."""
    metric = HealthMetric.NEURON_UTILIZATION
    if not layers:
        if initial:
            return absent(metric, "no epoch's units were measured yet")
        return absent(metric, "the model has no layer whose units could be watched")
    weights = [layer.weights() for layer in layers]
    if not all(np.isfinite(layer.spread).all() for layer in layers):
        return absent(metric, "an activation was no finite number")
    means = [float(each.mean()) for each in weights]
    worst = int(np.argmin(means))
    share = CONSTANTS.worst_layer_share
    value = (1 - share) * float(np.concatenate(weights).mean()) + share * means[worst]
    before = {layer.layer: layer for layer in initial}
    evidence = {
        "worst_layer": layers[worst].layer,
        "layers": [
            {
                "layer": layer.layer,
                "units": len(each),
                "alive": short(mean),
                "dead_share": short(layer.dead_share()),
                "dead_share_at_first": short(before[layer.layer].dead_share()) if layer.layer in before else None,
                "dormant_share": short(layer.dormant_share()),
            }
            for layer, each, mean in zip(layers, weights, means, strict=True)
        ],
    }
    return measured(metric, value, _advice(value, layers[worst]), evidence)


def nearly_all_dead(layers: Sequence[UnitReadings]) -> str:
    """Why a training cannot go on, or "": a layer through which hardly anything passes stops all before it."""
    for layer in layers:
        dead = layer.dead_share()
        if dead >= CONSTANTS.nearly_all_dead:
            return f"{dead:.0%} of the units of {layer.layer} are dead"
    return ""


def _share_of(values: np.ndarray, enough: float) -> np.ndarray:
    return np.clip(values / enough, 0.0, 1.0)


def _advice(value: float, worst: UnitReadings) -> str:
    if value >= CONSTANTS.good:
        return "Nearly all units take part."
    dead = f"{worst.dead_share():.0%} of the units of {worst.layer} do nothing"
    if worst.saturated is not None:
        return f"{dead}: use relu or swish, fewer layers, or batch normalization; saturated units learn no more."
    if worst.dead_share() < 1 - CONSTANTS.good:
        return f"Units of {worst.layer} answer nearly alike whatever they see: use fewer of them, or train longer."
    return f"{dead}: lower the learning rate, try leaky_relu, batch normalization or fewer units."
