"""Whether gradients reach every layer in a useful size."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..request import HealthMetric
from ..scoring import ramp
from ..trial import HealthMeasurement
from .constants import CONSTANTS
from .measurement import absent, measured, short

SMALLEST = 1e-30
"""Stands for a norm of zero in a logarithm."""


class GradientReadings(NamedTuple):
    """The gradient of the loss for each kernel, a mean over the probe batches; arrays (kernels,).

    epoch: epochs done, 0 before the first step. norm: ‖g‖. ratio: ‖g‖/‖W‖. zero_share: of entries that are
    exactly zero. mean_abs: of an entry. Of an embedding only the rows count whose words occur.
    """

    epoch: int
    kernels: tuple[str, ...]
    norm: np.ndarray
    ratio: np.ndarray
    zero_share: np.ndarray
    mean_abs: np.ndarray


class _Factors(NamedTuple):
    """1 is sound. even: no layer learns far slower than another. bounded: no norm is huge. reached: no layer has
    mostly zero gradients. alive: there is a gradient at all."""

    even: float
    bounded: float
    reached: float
    alive: float

    @property
    def product(self) -> float:
        return self.even * self.bounded * self.reached * self.alive


def gradient_health(epochs: Sequence[GradientReadings]) -> HealthMeasurement:
    """Median over the epochs of four factors' product; readings before the first step do not count.

    Anchors: AutoTrainer (ICSE 2021) for vanishing and exploding, SageMaker Debugger's rules for a mean below 1e-7.
    """
    metric = HealthMetric.GRADIENT_HEALTH
    trained = [readings for readings in epochs if readings.epoch > 0]
    if not trained:
        return absent(metric, "no epoch's gradients were measured yet")
    if not trained[-1].kernels:
        return absent(metric, "the model has no kernel to train")
    factors = [_factors(readings) for readings in trained]
    products = [each.product for each in factors]
    typical = trained[int(np.argsort(products)[(len(products) - 1) // 2])]
    last = trained[-1]
    evidence = {
        **_in_words(typical),
        "by_epoch": {readings.epoch: short(p) for readings, p in zip(trained, products, strict=True)},
        "layers": [
            {
                "layer": name,
                "norm": _digits(last.norm[index]),
                "ratio_to_weights": _digits(last.ratio[index]),
                "zero_share": short(last.zero_share[index]),
            }
            for index, name in enumerate(last.kernels)
        ],
    }
    value = float(np.median(products))
    return measured(metric, value, _advice(value, _factors(typical), typical), evidence)


def exploded(readings: GradientReadings) -> str:
    """Why a training cannot go on, or ""."""
    norms = readings.norm
    if not len(norms):
        return ""
    if lost := _not_finite(readings):
        return f"the gradient of {lost} is no finite number"
    worst = int(np.argmax(norms))
    if norms[worst] < 10**CONSTANTS.exploded_norm_decades:
        return ""
    return f"the gradient of {readings.kernels[worst]} exploded to a norm of {norms[worst]:.2g}"


def _not_finite(readings: GradientReadings) -> str:
    """The first kernel whose gradient left the numbers, "" where none did."""
    finite = np.isfinite(readings.norm)
    return "" if finite.all() else readings.kernels[int(np.argmin(finite))]


def _factors(readings: GradientReadings) -> _Factors:
    if _not_finite(readings):
        return _Factors(even=1.0, bounded=0.0, reached=1.0, alive=1.0)
    c = CONSTANTS
    largest = max(float(readings.ratio.max()), SMALLEST)
    spread = np.log10(max(float(readings.ratio.min()), SMALLEST) / largest)
    size = np.log10(max(float(readings.norm.max()), SMALLEST))
    strongest = np.log10(max(float(readings.mean_abs.max()), SMALLEST))
    return _Factors(
        even=ramp(spread, c.vanished_decades, c.even_decades),
        bounded=1 - ramp(size, c.large_norm_decades, c.exploded_norm_decades),
        reached=1 - ramp(float(readings.zero_share.max()), c.usual_zero_share, 1),
        alive=ramp(strongest, c.gone_decades, c.alive_decades),
    )


def _in_words(readings: GradientReadings) -> dict[str, object]:
    """The layers that the four factors of a typical epoch rest on."""
    if lost := _not_finite(readings):
        return {"typical_epoch": readings.epoch, "not_finite": lost}
    slowest, fastest = int(np.argmin(readings.ratio)), int(np.argmax(readings.ratio))
    return {
        "typical_epoch": readings.epoch,
        **{name: short(value) for name, value in _factors(readings)._asdict().items()},
        "slowest_layer": readings.kernels[slowest],
        "fastest_layer": readings.kernels[fastest],
        "largest_norm": _digits(readings.norm.max()),
        "largest_zero_share": short(readings.zero_share.max()),
        "most_zeros_in": readings.kernels[int(np.argmax(readings.zero_share))],
    }


def _advice(value: float, factors: _Factors, readings: GradientReadings) -> str:
    if value >= CONSTANTS.good:
        return "Every layer gets a gradient of a useful size."
    weakest = min(factors._fields, key=lambda name: getattr(factors, name))
    slowest = readings.kernels[int(np.argmin(readings.ratio))] if np.isfinite(readings.ratio).all() else ""
    return {
        "even": f"Gradients vanish on their way to {slowest}: use fewer layers, relu instead of sigmoid or tanh, "
        "he_normal first weights, or batch normalization.",
        "bounded": "Gradients explode: set clip_norm, lower the learning rate, or use batch normalization.",
        "reached": "Most of a layer's weights get no gradient at all, as behind dead units: lower the learning rate, "
        "or try leaky_relu.",
        "alive": "There is next to no gradient left: the network is dead, or has nothing more to learn.",
    }[weakest]


def _digits(value: float) -> float | None:
    """Three significant digits; gradients span many decades."""
    return float(f"{value:.3g}") if np.isfinite(value) else None
