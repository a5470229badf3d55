"""The size of each layer's gradient over the epochs, and of its update against its weights."""

from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .series import spread_choice

TITLE = BY_NAME["gradient_norms"].title
SOUND = (1e-4, 1e-2)
"""Update over weights: about a thousandth learns well; a decade to each side is usual."""
LINES_MOST = 40
ROW_IN = 0.22


class GradientNorms(NamedTuple):
    """epochs (moments,), 0: initial weights; norm (moments, layers); update (ends, layers) at update_epochs (ends,)."""

    subject: str
    layers: list[str]
    epochs: Array
    norm: Array
    update_epochs: Array | None
    update: Array | None


def prepare(arrays: TrialArrays) -> GradientNorms:
    norm = arrays.require("gradient_norm", "gradients were not probed")
    return GradientNorms(
        subject=f"{arrays.subject}, probe batches of validation data",
        layers=[str(name) for name in arrays.about["kernel_layers"]],
        epochs=arrays.require("probe_epochs"),
        norm=norm,
        update_epochs=arrays.get("update_epochs"),
        update=arrays.get("update_ratio"),
    )


def draw(data: GradientNorms) -> Figure:
    rows = min(max(len(data.layers) * ROW_IN, 2.2), 6.5)
    figure = look.new_figure(
        TITLE, data.subject, height=rows + look.TOP + 0.85, left=1.5, top=look.TOP + 0.25, wspace=0.75
    )
    left, right = figure.subplots(1, 2)
    _heat_map(figure, left, data, rows)
    _updates(right, data)
    return figure


def _heat_map(figure: Figure, axes: Axes, data: GradientNorms, rows: float) -> None:
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.log10(data.norm.T)
    size[~np.isfinite(size)] = np.nan
    colours = colormaps[look.SEQUENTIAL].with_extremes(bad=look.NOT_MEASURED)
    known = size[np.isfinite(size)]
    low, high = (known.min(), max(known.max(), known.min() + 0.1)) if known.size else (0.0, 1.0)
    image = axes.imshow(size, cmap=colours, aspect="auto", vmin=low, vmax=high)
    look.label_classes(axes, "y", data.layers, length_in=rows, most=18)
    shown = range(0, len(data.epochs), -(-len(data.epochs) // 8))
    axes.set_xticks(list(shown), [str(int(data.epochs[i])) for i in shown])
    axes.set(xlabel="epoch (0: initial weights)")
    axes.set_title("gradient norm by layer, first layer on top")
    if known.size < size.size:
        axes.set_xlabel("epoch (0: initial weights)\ngrey: zero or not finite")
    if not known.size:
        look.say(axes, "not finite")
        return
    bar = look.colour_bar(figure, image, axes, "‖gradient‖")
    look.label_powers(bar, low, high)


def _updates(axes: Axes, data: GradientNorms) -> None:
    axes.set_title("update of one step ÷ weights")
    if data.update is None or data.update_epochs is None or not np.isfinite(data.update).any():
        axes.set_xticks([])
        look.say(axes, "not recorded")
        return
    axes.axhspan(*SOUND, color=look.GRID, linewidth=0, zorder=0)
    shown = spread_choice(len(data.layers), LINES_MOST)
    colours = colormaps["viridis"](np.linspace(0, 0.9, len(shown)))
    for colour, layer in zip(colours, shown, strict=True):
        axes.plot(data.update_epochs, data.update[:, layer], color=colour, linewidth=1.1, marker="o", markersize=2)
    look.log_scale(axes, "y", np.append(data.update, SOUND))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    axes.set(
        xlabel="epoch\n(purple: first layer … green: last)",
        xlim=(0.5, data.update_epochs.max() + 0.5),
        ylabel="‖update‖ ÷ ‖weights‖ (grey: usual)",
    )
