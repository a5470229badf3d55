"""The health of a model and its training: six metrics in [0, 1], larger is healthier, measured or absent.

docs/HEALTH.md has the definitions. This room is plain numpy; monitor.py feeds it while a model trains.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ..loss_record import LossRecord
from ..request import HealthMetric
from ..trial import HealthMeasurement
from .consistency import Recalls, accuracy_consistency
from .efficiency import parameter_efficiency
from .gradients import GradientReadings, exploded, gradient_health
from .losses import convergence_quality, label_entropy, training_stability
from .measurement import Standing
from .units import UnitReadings, nearly_all_dead, neuron_utilization

__all__ = [
    "GradientReadings",
    "Observed",
    "Recalls",
    "Standing",
    "UnitReadings",
    "alarm",
    "convergence_quality",
    "label_entropy",
    "measure",
    "parameter_efficiency",
    "training_stability",
]


class Observed(NamedTuple):
    """What the probes saw so far. units: in the last probed epoch; first_units: before the first step."""

    units: Sequence[UnitReadings] = ()
    first_units: Sequence[UnitReadings] = ()
    gradients: Sequence[GradientReadings] = ()
    recalls: Recalls | None = None


def measure(
    record: LossRecord, standing: Standing, observed: Observed, class_names: Sequence[str]
) -> dict[str, HealthMeasurement]:
    """All six metrics by name, from what is known so far."""
    measured = {
        HealthMetric.NEURON_UTILIZATION: neuron_utilization(observed.units, observed.first_units),
        HealthMetric.PARAMETER_EFFICIENCY: parameter_efficiency(record, standing),
        HealthMetric.TRAINING_STABILITY: training_stability(record, standing.label_entropy),
        HealthMetric.GRADIENT_HEALTH: gradient_health(observed.gradients),
        HealthMetric.CONVERGENCE_QUALITY: convergence_quality(record, standing.label_entropy),
        HealthMetric.ACCURACY_CONSISTENCY: accuracy_consistency(observed.recalls, class_names),
    }
    return {metric.value: measured[metric] for metric in HealthMetric}


def alarm(observed: Observed) -> str:
    """Why nothing good can come of this training any more, or "": exploded gradients, a layer nearly all dead."""
    return (exploded(observed.gradients[-1]) if observed.gradients else "") or nearly_all_dead(observed.units)
