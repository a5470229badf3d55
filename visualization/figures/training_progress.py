"""The loss of every batch, as it was and smoothed, with spikes and the validation loss within epochs."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .series import batch_epochs, running_mean, thinned

TITLE = BY_NAME["training_progress"].title
LINES_MOST = 40
LOG_FROM = 20
"""Highest over lowest loss from which a linear axis would hide the end of training."""


class TrainingProgress(NamedTuple):
    """x in epochs from 0. loss: of single batches, thinned to their extremes; smooth: their running mean."""

    subject: str
    epochs: int
    x: Array
    loss: Array
    smooth_x: Array
    smooth: Array
    spike_x: Array
    spike_loss: Array
    validation_x: Array
    validation_loss: Array
    finite_until: float | None
    """Epochs after which the loss was not finite; None where it always was."""


def prepare(arrays: TrialArrays) -> TrainingProgress:
    loss = arrays.require("batch_loss", "the trial ended before its first batch did").astype(float)
    starts = arrays.require("epoch_starts")
    x = batch_epochs(len(loss), starts)
    smooth = running_mean(loss, max(3, len(loss) // (4 * len(starts))))
    spikes = arrays.get("spike_batches")
    spikes = np.array([], int) if spikes is None else spikes[np.isfinite(loss[spikes])]
    bad = np.flatnonzero(~np.isfinite(loss))
    every = slice(None, None, max(1, len(loss) // 600))
    validation = arrays.get("subset_loss")
    return TrainingProgress(
        subject=f"{arrays.subject}, {len(loss):,} batches of training data, validation data within epochs",
        epochs=len(starts),
        x=(thin := thinned(x, loss))[0],
        loss=thin[1],
        smooth_x=x[every],
        smooth=smooth[every],
        spike_x=x[spikes],
        spike_loss=loss[spikes],
        validation_x=arrays.require("subset_epochs") if validation is not None else np.array([]),
        validation_loss=validation if validation is not None else np.array([]),
        finite_until=float(x[bad[0]]) if bad.size else None,
    )


def draw(data: TrainingProgress) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=3.8, top=look.TOP_WITH_LEGEND)
    axes = figure.subplots()
    for epoch in range(1, data.epochs) if data.epochs <= LINES_MOST else ():
        axes.axvline(epoch, color=look.GRID, linewidth=0.6, zorder=0)
    few = "." if len(data.x) < 30 else ""
    axes.plot(data.x, data.loss, color=look.SKY, linewidth=0.6, marker=few, markersize=3, label="one batch")
    axes.plot(data.smooth_x, data.smooth, color=look.TRAINING, label="batches, smoothed")
    if len(data.validation_x):
        style = {"marker": "s", "markersize": 2.0, "linewidth": 1.2}
        axes.plot(data.validation_x, data.validation_loss, color=look.VALIDATION, label="validation", **style)  # type: ignore[arg-type]
    if len(data.spike_x):
        axes.plot(
            data.spike_x, data.spike_loss, "v", color=look.BLACK, markersize=5, label=f"spike ({len(data.spike_x)})"
        )
    if data.finite_until is not None:
        axes.axvspan(data.finite_until, data.epochs, color=look.NOT_MEASURED, label="loss is not finite", zorder=0)
    _scale(axes, data)
    axes.set(ylabel="loss (cross-entropy, nats)")
    look.progress_axis(axes, data.epochs)
    look.light_grid(axes)
    look.legend_row(figure, axes)
    return figure


def _scale(axes: Axes, data: TrainingProgress) -> None:
    values = np.concatenate([data.loss, data.validation_loss])
    values = values[np.isfinite(values)]
    if values.size and values.min() > 0 and values.max() > LOG_FROM * values.min():
        look.log_scale(axes, "y", values)
    elif values.size:
        axes.set_ylim(bottom=min(0, values.min()))
