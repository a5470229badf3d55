"""What the units of each layer answer, epoch by epoch: their distribution, its mean and its spread."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .ridges import how_many
from .series import spread_choice

TITLE = BY_NAME["activation_summary"].title
MOST = 9
COLUMNS = 3
ROW_IN = 1.5
BRIGHTEST = 97
"""The percentile of the shares that is drawn brightest: the many zeros of a ReLU would leave all others dark."""


class Layer(NamedTuple):
    """shares (moments, bins) of the answers, edges (bins + 1,); mean, std, zero_share (moments,)."""

    name: str
    shares: Array
    edges: Array
    mean: Array
    std: Array
    zero_share: Array


class ActivationSummary(NamedTuple):
    """epochs (moments,), 0 the initial weights."""

    subject: str
    epochs: Array
    layers: list[Layer]


def prepare(arrays: TrialArrays) -> ActivationSummary:
    counts = arrays.require("activation_histogram", "the answers of this model's units were not watched")
    edges = arrays.require("activation_bins")
    mean, std, zero = (_finite(arrays.require(f"activation_{name}")) for name in ("mean", "std", "zero_share"))
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    names = [str(layer["name"]) for layer in arrays.about["unit_layers"]]
    shown = spread_choice(len(names), MOST)
    return ActivationSummary(
        subject=f"{arrays.subject}, validation data, units of {how_many(len(shown), len(names))}",
        epochs=arrays.require("probe_epochs"),
        layers=[Layer(names[i], shares[:, i], edges[i], mean[:, i], std[:, i], zero[:, i]) for i in shown],
    )


def _finite(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def draw(data: ActivationSummary) -> Figure:
    columns = min(COLUMNS, max(2, len(data.layers)))
    rows = -(-len(data.layers) // columns)
    top = look.TOP_WITH_LEGEND + 0.25
    height = rows * ROW_IN + (rows - 1) * 0.55 + top + 0.6
    figure = look.new_figure(TITLE, data.subject, height=height, top=top, left=0.7, right=1.0)
    grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"hspace": 0.55 / ROW_IN, "wspace": 0.3})
    shares = np.concatenate([layer.shares.ravel() for layer in data.layers])
    top = float(np.percentile(shares, BRIGHTEST)) or 1.0
    norm = PowerNorm(0.5, 0, top, clip=True)
    for place, axes in enumerate(grid.flat):
        if place < len(data.layers):
            image = _draw_one(axes, data.layers[place], data.epochs, norm)
            if place + columns >= len(data.layers):
                axes.set_xlabel("epoch (0: initial)")
        else:
            axes.set_visible(False)
    middle = (grid[0, 0].get_position().y1 + grid[-1, 0].get_position().y0) / 2
    figure.supylabel("activation", x=0.1 / look.WIDTH, y=middle, size=look.TEXT)
    look.legend_row(figure, grid[0, 0])
    bar = look.colour_bar(figure, image, grid[0, -1], "share of answers")
    bar.set_yticks([0, top / 4, top], ["0%", f"{top / 4:.1%}", f"≥ {top:.1%}"])
    return figure


def _draw_one(axes: Axes, layer: Layer, epochs: Array, norm: PowerNorm) -> AxesImage:
    """One column for each moment, whatever the epochs between them."""
    moments = np.arange(len(epochs))
    extent = (-0.5, len(epochs) - 0.5, float(layer.edges[0]), float(layer.edges[-1]))
    image = axes.imshow(layer.shares.T, norm=norm, origin="lower", aspect="auto", extent=extent)
    axes.plot(moments, layer.mean, color=look.VERMILION, linewidth=1.6, label="mean")
    for sign, label in ((1, "mean ± standard deviation"), (-1, None)):
        axes.plot(moments, layer.mean + sign * layer.std, color=look.VERMILION, lw=1.1, ls="--", label=label)
    axes.set(xlim=extent[:2], ylim=extent[2:])
    shown = spread_choice(len(epochs), 6)
    axes.set_xticks(shown, [str(int(epochs[i])) for i in shown])
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    zeros = f"zero: {layer.zero_share[0]:.0%} → {layer.zero_share[-1]:.0%}"
    axes.set_title(f"{look.shorten(layer.name, 26)}\n{zeros}", size=look.SMALL)
    return image
