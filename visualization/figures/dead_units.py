"""Units that carry no signal, by layer: before and after training, and epoch by epoch."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .ridges import how_many
from .series import spread_choice

TITLE = BY_NAME["dead_units"].title
MOST = 20
ROW_IN = 0.34


class DeadUnits(NamedTuple):
    """epochs (moments,), 0 the initial weights; dead, dormant (moments, layers) shares in [0, 1]; units (layers,)."""

    subject: str
    layers: list[str]
    units: Array | None
    epochs: Array
    dead: Array
    dormant: Array


def prepare(arrays: TrialArrays) -> DeadUnits:
    dead = arrays.require("dead_share", "the units of this model were not watched")
    shown = spread_choice(dead.shape[1], MOST)
    names = [str(layer["name"]) for layer in arrays.about["unit_layers"]]
    owner = arrays.get("unit_layer")
    return DeadUnits(
        subject=f"{arrays.subject}, validation data, units of {how_many(len(shown), dead.shape[1])}",
        layers=[names[i] for i in shown],
        units=None if owner is None else np.bincount(owner, minlength=dead.shape[1])[shown],
        epochs=arrays.require("probe_epochs"),
        dead=dead[:, shown],
        dormant=arrays.require("dormant_share")[:, shown],
    )


def draw(data: DeadUnits) -> Figure:
    rows = max(1.3, ROW_IN * len(data.layers))
    figure = look.new_figure(
        TITLE,
        data.subject,
        height=rows + look.TOP_WITH_LEGEND + 0.12 + 0.6,
        left=1.5,
        right=0.85,
        top=look.TOP_WITH_LEGEND + 0.12,
    )
    bars, more, by_epoch = figure.subplots(1, 3, gridspec_kw={"wspace": 0.14, "width_ratios": (1, 1, 1.1)})
    _bars(bars, data.dead, "dead units")
    _bars(more, data.dormant, "dormant units")
    _heat_map(figure, by_epoch, data)
    look.label_classes(bars, "y", _names(data), length_in=rows, most=24)
    more.tick_params(axis="y", left=False, labelleft=False)
    look.legend_row(figure, bars)
    return figure


def _names(data: DeadUnits) -> list[str]:
    if data.units is None:
        return data.layers
    return [f"{look.shorten(name, 16)} ({units})" for name, units in zip(data.layers, data.units, strict=True)]


def _bars(axes: Axes, shares: Array, title: str) -> None:
    """Initial above final, the final share written at its end."""
    places = np.arange(shares.shape[1])
    first, last = shares[0], shares[-1]
    axes.barh(places - 0.2, np.nan_to_num(first), 0.34, color=look.INITIAL, label="initial weights")
    axes.barh(places + 0.2, np.nan_to_num(last), 0.34, color=look.FINAL, label="after training")
    top = max(0.05, float(np.nanmax(np.concatenate([first, last, [0.0]]))))
    for place, share in zip(places, last, strict=True):
        words = f"{share:.{0 if share in (0, 1) else 1}%}" if np.isfinite(share) else "?"
        axes.text(np.nan_to_num(share) + 0.02 * top, place + 0.2, words, size=look.SMALL, va="center")
    axes.set(xlim=(0, 1.36 * top), ylim=(shares.shape[1] - 0.5, -0.5))
    axes.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None if top < 0.05 else 0))
    axes.set_title(title)
    look.light_grid(axes, "x")


def _heat_map(figure: Figure, axes: Axes, data: DeadUnits) -> None:
    top = max(0.05, float(np.nanmax(np.append(data.dead, 0.0))))
    image = axes.imshow(data.dead.T, vmin=0, vmax=top, aspect="auto")
    axes.set_title("dead, by epoch")
    axes.tick_params(axis="y", left=False, labelleft=False)
    shown = spread_choice(len(data.epochs), 6)
    axes.set_xticks(shown, [str(int(data.epochs[i])) for i in shown])
    axes.set_xlabel("epoch (0: initial)")
    bar = look.colour_bar(figure, image, axes, "")
    bar.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
