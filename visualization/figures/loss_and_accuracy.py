"""Loss and accuracy after each epoch, training against validation."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays

TITLE = BY_NAME["loss_and_accuracy"].title


class LossAndAccuracy(NamedTuple):
    """By epoch, (epochs,) each, NaN where not finite or not measured. best_epoch: of the highest accuracy, from 1."""

    subject: str
    loss: Array
    accuracy: Array
    val_loss: Array
    val_accuracy: Array
    best_epoch: int | None
    chance: float


def prepare(arrays: TrialArrays) -> LossAndAccuracy:
    val_accuracy = arrays.require("epoch_val_accuracy", "the trial ended before its first epoch did")
    return LossAndAccuracy(
        subject=f"{arrays.subject}, training and validation data",
        loss=arrays.require("epoch_loss"),
        accuracy=arrays.require("epoch_accuracy"),
        val_loss=arrays.require("epoch_val_loss"),
        val_accuracy=val_accuracy,
        best_epoch=None if np.isnan(val_accuracy).all() else int(np.nanargmax(val_accuracy)) + 1,
        chance=1 / len(arrays.class_names),
    )


def draw(data: LossAndAccuracy) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=3.5, top=look.TOP_WITH_LEGEND, wspace=0.28)
    left, right = figure.subplots(1, 2)
    _pair(left, data.loss, data.val_loss, data.best_epoch)
    left.set(ylabel="loss (cross-entropy, nats)")
    _pair(right, data.accuracy, data.val_accuracy, data.best_epoch)
    right.axhline(data.chance, color=look.GREY, linewidth=0.8, linestyle=":", label="chance")
    right.set(ylabel="accuracy", ylim=(-0.02, 1.02))
    look.legend_row(figure, left, right)
    return figure


def _pair(axes: Axes, training: Array, validation: Array, best: int | None) -> None:
    epochs = np.arange(1, len(training) + 1)
    axes.plot(epochs, training, color=look.TRAINING, marker="o", markersize=2.5, label="training")
    axes.plot(epochs, validation, color=look.VALIDATION, marker="s", markersize=2.5, label="validation")
    if best is not None:
        axes.axvline(best, color=look.FAINT, linewidth=0.8, linestyle="--", label=f"best epoch ({best})", zorder=0)
    look.epoch_axis(axes, len(epochs))
    look.light_grid(axes)
    if not np.isfinite([training, validation]).any():
        look.say(axes, "not finite")
