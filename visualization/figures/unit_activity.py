"""How busy each unit of a layer is, from the busiest to the idlest, before and after training."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays
from .ridges import how_many
from .series import spread_choice

TITLE = BY_NAME["unit_activity"].title
MOST = 9
COLUMNS = 3
ROW_IN = 1.45


class Layer(NamedTuple):
    """initial, final (units,) shares in [0, 1], falling: of samples on which a unit fires, or, of an activation whose
    range has two ends, of its outputs near them. dead: units that do nothing, initial and final."""

    name: str
    activation: str
    saturation: bool
    initial: Array
    final: Array
    dead: tuple[int, int]


class UnitActivity(NamedTuple):
    subject: str
    layers: list[Layer]


def prepare(arrays: TrialArrays) -> UnitActivity:
    fires = arrays.require("unit_fires", "the units of this model were not watched")
    owner, weight = arrays.require("unit_layer"), arrays.require("unit_weight")
    saturated = arrays.get("unit_saturated")
    described = arrays.about["unit_layers"]
    layers = []
    for index in spread_choice(len(described), MOST):
        mine = owner == index
        bounded = saturated is not None and bool(np.isfinite(saturated[:, mine]).all())
        shares = saturated[:, mine] if bounded and saturated is not None else fires[:, mine]
        initial, final = np.sort(np.clip(np.nan_to_num(shares), 0, 1), axis=1)[:, ::-1]
        first, last = ((row[mine] == 0).sum() for row in weight)
        layer = described[index]
        layers.append(Layer(layer["name"], str(layer["activation"]), bounded, initial, final, (int(first), int(last))))
    subject = f"{arrays.subject}, validation data, units of {how_many(len(layers), len(described))}"
    return UnitActivity(subject, layers)


def draw(data: UnitActivity) -> Figure:
    columns = min(COLUMNS, max(2, len(data.layers)))
    rows = -(-len(data.layers) // columns)
    top = look.TOP_WITH_LEGEND + 0.25
    figure = look.new_figure(TITLE, data.subject, height=rows * ROW_IN + (rows - 1) * 0.6 + top + 0.6, top=top)
    grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"hspace": 0.6 / ROW_IN, "wspace": 0.18})
    for place, axes in enumerate(grid.flat):
        if place < len(data.layers):
            _draw_one(axes, data.layers[place])
            if place % columns:
                axes.tick_params(labelleft=False)
            if place + columns >= len(data.layers):
                axes.set_xlabel("units by rank, %")
        else:
            axes.set_visible(False)
    middle = (grid[0, 0].get_position().y1 + grid[-1, 0].get_position().y0) / 2
    figure.supylabel("share of samples, %", x=0.1 / look.WIDTH, y=middle, size=look.TEXT)
    look.legend_row(figure, grid[0, 0])
    return figure


def _draw_one(axes: Axes, layer: Layer) -> None:
    rank = np.linspace(0, 1, len(layer.final) + 1)
    for shares, colour, style, label in (
        (layer.initial, look.GREY, (0, (3, 1)), "initial weights"),
        (layer.final, look.FINAL, "-", "after training"),
    ):
        axes.stairs(shares, rank, baseline=None, color=colour, linestyle=style, label=label, lw=1.4)
    axes.stairs(layer.final, rank, fill=True, color=look.FINAL, alpha=0.15)
    first, last = layer.dead
    doing = "saturated" if layer.saturation else "fires"
    head = look.shorten(f"{layer.name}, {layer.activation}", 24)
    axes.set_title(f"{head}\n{doing}; {first} → {last} of {len(layer.final)} dead", size=look.SMALL)
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.04))
    axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=""))
    look.light_grid(axes)
