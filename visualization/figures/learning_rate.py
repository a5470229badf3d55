"""The learning rate at every batch."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .series import batch_epochs, thinned

TITLE = BY_NAME["learning_rate"].title
LOG_FROM = 50
"""Highest rate over its tenth percentile from which steps would be lost on a linear axis; a cosine stays linear."""


class LearningRate(NamedTuple):
    """x in epochs from 0, thinned; rate: what the optimizer stepped with there."""

    subject: str
    epochs: int
    x: Array
    rate: Array


def prepare(arrays: TrialArrays) -> LearningRate:
    rate = arrays.require("batch_learning_rate", "the trial ended before its first batch did").astype(float)
    starts = arrays.require("epoch_starts")
    x, kept = thinned(batch_epochs(len(rate), starts), rate)
    return LearningRate(arrays.subject, len(starts), x, kept)


def draw(data: LearningRate) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=2.9, left=0.9)
    axes = figure.subplots()
    axes.step(np.append(0, data.x), np.append(data.rate[:1], data.rate), where="pre", color=look.TRAINING)
    finite = data.rate[np.isfinite(data.rate) & (data.rate > 0)]
    if finite.size and finite.max() > LOG_FROM * np.percentile(finite, 10):
        look.log_scale(axes, "y", finite, least=finite.max() * 1e-6)
    else:
        axes.set_ylim(0, finite.max() * 1.1 if finite.size else 1.0)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    axes.set(ylabel="learning rate")
    look.progress_axis(axes, data.epochs)
    look.light_grid(axes)
    return figure
