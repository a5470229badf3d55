"""How every picture looks: colours, sizes, margins, labels. matplotlib's pyplot is never used.

Colours are safe for colour-blind readers: Okabe and Ito's for categories, cividis for amounts, and blue to red
through white for signed values. A colour means the same thing in every plot.
"""

import math
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import rcsetup
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, YELLOW, BLACK = "#56B4E9", "#CC79A7", "#F0E442", "#1a1a1a"
GREY, FAINT, GRID = "#6b6b6b", "#a6a6a6", "#e4e4e4"
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)

TRAINING, VALIDATION = BLUE, VERMILION
INITIAL, FINAL, FINAL_FILL = FAINT, BLUE, "#a8cde4"
GOOD, DOUBTFUL, POOR = GREEN, ORANGE, VERMILION

SEQUENTIAL = "cividis"
DIVERGING = "RdBu_r"
NOT_MEASURED = "#f0f0f0"
"""The colour of a heat map's cell without a value; axes say what it means."""

WIDTH = 7.0
"""Inches: a page of a paper, or 1,050 pixels at DPI."""
DPI = 150
TEXT, SMALL, TITLE = 9.0, 8.0, 11.0
"""Points. SMALL is for ticks only."""
TOP, TOP_WITH_LEGEND = 0.72, 0.95
"""Inches above the axes, with room for the title, the line below it, and a legend's row where there is one."""

NOTE_LINES = 3
PREFIXES = {-3: "n", -2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T"}

_STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.monospace": ["DejaVu Sans Mono"],
    **{f"font.{kind}": [] for kind in ("serif", "cursive", "fantasy")},  # searched for every text
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.titlepad": 5.0,
    "axes.titley": 1.0,  # where it is told to be: looking for room costs more than drawing it
    "axes.labelsize": TEXT,
    "axes.labelpad": 3.0,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.prop_cycle": rcsetup.cycler(color=list(CYCLE)),
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": BLACK,
    "ytick.labelcolor": BLACK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.borderaxespad": 0.3,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.0,
    "image.cmap": SEQUENTIAL,
    "image.interpolation": "nearest",
    "image.composite_image": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.parse_math": False,  # a class may be called "$5 to $10"
    "text.hinting": "none",  # shapes as the font has them, and drawn sooner
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "tunewell",  # equal arrays give equal files
    "path.simplify_threshold": 0.3,
}


@contextmanager
def in_our_look() -> Iterator[None]:
    """Figures made and saved inside look like ours; matplotlib's own settings come back after it."""
    with mpl.rc_context(_STYLE):
        yield


def new_figure(
    title: str,
    subject: str,
    *,
    height: float = 3.6,
    width: float = WIDTH,
    left: float = 0.75,
    right: float = 0.2,
    bottom: float = 0.6,
    top: float = TOP,
    wspace: float | None = None,
    hspace: float | None = None,
) -> Figure:
    """An empty figure with its title, and below it what data it is of; sizes and margins in inches.

    subject: one line, "digits, trial 12, 360 validation examples". wspace, hspace: between axes, as
    shares of an axis' size, as matplotlib has it.
    """
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=bottom / height,
        top=1 - top / height,
        wspace=wspace,
        hspace=hspace,
    )
    figure.text(0.12 / width, 1 - 0.1 / height, title, size=TITLE, weight="bold", va="top")
    line = shorten(subject, int(width * 14))
    figure.text(0.12 / width, 1 - 0.33 / height, line, size=TEXT, color=GREY, va="top")
    return figure


def shorten(text: str, most: int) -> str:
    """Text of at most `most` characters, its end replaced by … where it is longer."""
    return text if len(text) <= most else text[: max(1, most - 1)].rstrip() + "…"


def label_classes(
    axes: Axes, which: Literal["x", "y"], names: Sequence[str], *, length_in: float, most: int = 16
) -> None:
    """Name the classes along an axis that is `length_in` inches long, at 0, 1, …, each of at most `most` characters.

    On x, names stand upright where they would meet. Where even one line each does not fit, letters shrink to
    6 points, and then only every second, third … class is named.
    """
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    labels = [shorten(name, most) for name in names]
    pitch = length_in / max(1, len(labels)) * 72  # points
    size = min(SMALL, max(6.0, pitch / 1.15))
    step = max(1, round(size * 1.1 / pitch + 0.49)) if pitch < size * 1.1 else 1
    kept = range(0, len(labels), step)
    upright = which == "x" and max(map(len, labels), default=0) * size * 0.68 > pitch
    axis.set_ticks(list(kept), [labels[i] for i in kept])
    axis.set_tick_params(labelsize=size, labelrotation=90 if upright else 0, length=2)


def legend_row(figure: Figure, *sources: Axes) -> None:
    """One row between the subject and the axes, of all that is labelled in them: a legend that covers no data.

    Make the figure with top=TOP_WITH_LEGEND, a little more where axes have titles.
    """
    named = {label: handle for axes in sources for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    width, height = figure.get_size_inches()
    figure.legend(
        list(named.values()),
        list(named),
        loc="upper left",
        bbox_to_anchor=(0.1 / width, 1 - 0.54 / height),
        ncols=len(named),
        columnspacing=1.4,
        borderaxespad=0.0,
        borderpad=0.2,
    )


def note(figure: Figure, text: str) -> None:
    """A sentence or two at the bottom, of three lines at most. Make the figure with 0.55 in of bottom more."""
    width, height = figure.get_size_inches()
    lines = textwrap.wrap(text, int(width * 14.3))
    if len(lines) > NOTE_LINES:
        lines = [*lines[: NOTE_LINES - 1], shorten(" ".join(lines[NOTE_LINES - 1 :]), int(width * 14.3))]
    figure.text(0.12 / width, 0.08 / height, "\n".join(lines), va="bottom", linespacing=1.25)


def with_prefix(value: float, unit: str = "") -> str:
    """Three digits, a prefix and the unit, which no line break parts: "12.3 k", "4.56 ms", "0 s"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".strip()
    power = min(4, max(-3, math.floor(math.log10(abs(float(f"{value:.2e}"))) / 3)))
    shown = float(f"{value / 1000.0**power:.3g}")
    return f"{shown:g}\u00a0{PREFIXES[power]}{unit}".strip()


def plain_number(value: float) -> str:
    """Three digits, with a prefix where the number is large."""
    return with_prefix(value) if abs(value) >= 1000 else f"{value:.3g}"


def epoch_axis(axes: Axes, epochs: int) -> None:
    """The x axis of what was measured after each of 1 … epochs."""
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.set(xlabel="epoch", xlim=(0.5, epochs + 0.5))


def progress_axis(axes: Axes, epochs: int) -> None:
    """The x axis of what was measured within epochs, from 0."""
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=epochs > 2))
    axes.set(xlabel="epochs done", xlim=(0, epochs))


def light_grid(axes: Axes, which: Literal["x", "y", "both"] = "y") -> None:
    """Thin lines behind the data, to read values by."""
    axes.grid(True, axis=which)


def log_scale(axes: Axes, which: Literal["x", "y"], values: Any, *, least: float = 1e-12) -> None:
    """A logarithmic axis around the positive finite values, ticks at whole powers, written 10⁻³."""
    array = np.asarray(values, dtype=float).ravel()
    array = array[np.isfinite(array) & (array >= least)]
    low, high = (array.min(), array.max()) if array.size else (0.1, 1.0)
    limits = (low / 1.6, high * 1.6)
    first, last = math.ceil(math.log10(limits[0]) - 1e-9), math.floor(math.log10(limits[1]) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / 8))
    powers = list(range(first, last + 1, step))
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    axes.set(**{f"{which}scale": "log"})
    axes.set(**{f"{which}lim": limits})
    axis.set_minor_locator(NullLocator())
    if len(powers) >= 2:
        axis.set_ticks([10.0**power for power in powers], [power_of_ten(power) for power in powers])
    else:  # less than two decades: plain numbers say more
        between = [limits[0] * (limits[1] / limits[0]) ** share for share in (0.15, 0.5, 0.85)]
        axis.set_ticks(between, [f"{value:.2g}" for value in between])


def power_of_ten(exponent: int) -> str:
    """-3 as 10⁻³."""
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def label_powers(bar: Axes, low: float, high: float) -> None:
    """Label a colour bar of log10 values between low and high with the values themselves."""
    powers = list(range(math.ceil(low), math.floor(high) + 1))
    if len(powers) >= 2:
        shown = powers[:: math.ceil(len(powers) / 8)]
        bar.set_yticks(shown, [power_of_ten(power) for power in shown])
    else:
        between = [low + (high - low) * share for share in (0.05, 0.5, 0.95)]
        bar.set_yticks(between, [f"{10**value:.2g}" for value in between])


def say(axes: Axes, text: str) -> None:
    """Words in the middle of axes that have nothing else to show; their values lose their meaning."""
    axes.set_yticks([])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=GREY)


def bare(axes: Axes) -> None:
    """No ticks and no frame: for photographs and maps."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def colour_bar(
    figure: Figure, image: Any, axes: Axes, label: str, *, width_in: float = 0.12, gap_in: float = 0.1
) -> Axes:
    """A bar right of `axes` saying what its colours mean. Leave 0.75 in for it: it moves nothing."""
    box = axes.get_position()
    full = figure.get_size_inches()[0]
    bar = figure.add_axes((box.x1 + gap_in / full, box.y0, width_in / full, box.height))
    colours = figure.colorbar(image, cax=bar, label=label)
    if colours.solids is not None:
        colours.solids.set_edgecolor("face")  # no white seams in SVG
    bar.tick_params(labelsize=SMALL, length=2)
    for spine in bar.spines.values():
        spine.set_visible(False)
    return bar
