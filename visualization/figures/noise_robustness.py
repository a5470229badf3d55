"""How accuracy falls when validation examples are disturbed."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from . import look
from .answers import wilson
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["noise_robustness"].title

_UNITS = {
    "image": "standard deviation of the added noise (pixels lie in [0, 1])",
    "text": "share of words replaced by “unknown word”",
}


class NoiseRobustness(NamedTuple):
    """levels, accuracy, and the ends of its 95 % interval: (R,). chance: accuracy of a guess."""

    subject: str
    unit: str
    levels: Array
    accuracy: Array
    low: Array
    high: Array
    chance: float


def prepare(arrays: TrialArrays) -> NoiseRobustness:
    accuracy = arrays.require("noise_accuracy", "the model was not tried on disturbed examples")
    levels = arrays.require("noise_levels")
    examples = int(arrays.require("noise_examples"))
    measured = np.isfinite(accuracy) & np.isfinite(levels)
    if not measured.any():
        raise NotRecorded("no accuracy on disturbed examples was measured")
    accuracy, levels = accuracy[measured], levels[measured]
    low, high = wilson(accuracy * examples, examples)
    return NoiseRobustness(
        subject=f"{arrays.subject}, {examples:,} validation examples",
        unit=_UNITS[arrays.modality],
        levels=levels,
        accuracy=accuracy,
        low=low,
        high=high,
        chance=1 / len(arrays.class_names),
    )


def draw(data: NoiseRobustness) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=3.5, top=look.TOP_WITH_LEGEND)
    axes = figure.subplots()
    axes.fill_between(data.levels, data.low, data.high, color=look.VALIDATION, alpha=0.18, linewidth=0,
                      label="95 % interval")  # fmt: skip
    axes.plot(data.levels, data.accuracy, color=look.VALIDATION, marker="o", label="accuracy")
    clean = data.accuracy[np.argmin(data.levels)]
    axes.axhline(clean, color=look.GREY, linewidth=0.8, linestyle="--", label="undisturbed")
    axes.axhline(data.chance, color=look.GREY, linewidth=0.8, linestyle=":", label="chance")
    for level, accuracy, high in zip(data.levels, data.accuracy, data.high, strict=True):
        axes.annotate(
            f"{accuracy:.2f}", (level, high), (0, 4), textcoords="offset points", ha="center", size=look.SMALL,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    span = np.ptp(data.levels) or 1.0
    axes.set(xlabel=data.unit, ylabel="validation accuracy", ylim=(0, 1.1))
    axes.set_xlim(data.levels.min() - 0.04 * span, data.levels.max() + 0.04 * span)
    axes.set_yticks(np.linspace(0, 1, 6))
    look.legend_row(figure, axes)
    look.light_grid(axes)
    return figure
