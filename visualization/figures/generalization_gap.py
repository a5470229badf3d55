"""How much better the model does on what it was trained on, both sides measured in the same way."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays

TITLE = BY_NAME["generalization_gap"].title
WHY_ABSENT = "no subset of the training data was evaluated in inference mode"


class GeneralizationGap(NamedTuple):
    """By epoch, (epochs,) each. train_*: of a fixed subset in inference mode. gap, low, high: accuracy, at the end."""

    subject: str
    train_loss: Array
    val_loss: Array
    train_accuracy: Array
    val_accuracy: Array
    gap: float | None
    low: float | None
    high: float | None
    verdict: str
    advice: str


def prepare(arrays: TrialArrays) -> GeneralizationGap:
    found = arrays.about.get("overfitting") or {}
    low, high = (found.get("evidence") or {}).get("gap_interval") or (None, None)
    return GeneralizationGap(
        subject=f"{arrays.subject}, a training subset and validation data, both in inference mode",
        train_loss=arrays.require("epoch_train_loss", WHY_ABSENT),
        val_loss=arrays.require("epoch_val_loss"),
        train_accuracy=arrays.require("epoch_train_accuracy", WHY_ABSENT),
        val_accuracy=arrays.require("epoch_val_accuracy"),
        gap=found.get("value"),
        low=low,
        high=high,
        verdict=str(found.get("verdict") or ""),
        advice=str(found.get("advice") or ""),
    )


def draw(data: GeneralizationGap) -> Figure:
    figure = look.new_figure(TITLE, data.subject, height=3.8, top=look.TOP_WITH_LEGEND, bottom=1.05, wspace=0.28)
    left, right = figure.subplots(1, 2)
    _pair(left, data.train_accuracy, data.val_accuracy)
    left.set(ylabel="accuracy")
    _pair(right, data.train_loss, data.val_loss)
    right.set(ylabel="loss (cross-entropy, nats)")
    look.legend_row(figure, left, right)
    look.note(figure, _sentence(data))
    return figure


def _pair(axes: Axes, training: Array, validation: Array) -> None:
    epochs = np.arange(1, len(training) + 1)
    axes.fill_between(epochs, training, validation, color=look.GRID, linewidth=0, label="gap")
    axes.plot(epochs, training, color=look.TRAINING, marker="o", markersize=2.5, label="training subset")
    axes.plot(epochs, validation, color=look.VALIDATION, marker="s", markersize=2.5, label="validation")
    look.epoch_axis(axes, len(epochs))
    look.light_grid(axes)
    if not np.isfinite([training, validation]).any():
        look.say(axes, "not finite")


def _sentence(data: GeneralizationGap) -> str:
    if data.gap is None:
        return "The gap at the end was not measured."
    interval = f" (95 % interval {data.low:.3f} to {data.high:.3f})" if None not in (data.low, data.high) else ""
    verdict = f" Overfitting: {data.verdict}." if data.verdict else ""
    return f"Training less validation accuracy at the end: {data.gap:.3f}{interval}.{verdict} {data.advice}".strip()
