"""What an LSTM remembers and what its gates do, word by word through one text."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from . import look
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays
from .series import spread_choice
from .texts import FEW, word_room_in, word_span, word_ticks

TITLE = BY_NAME["lstm_states"].title
MOST_LAYERS = 2
MOST_UNITS = 32
"""Of each direction."""
GATES = ("input gate", "forget gate", "output gate", "candidate")
HEIGHTS_IN = (1.25, 0.8, 0.8, 0.8, 0.8)
GAP_IN = 0.3


class Layer(NamedTuple):
    """states (units, words) in [-1, 1]; gates (4, units, words): input, forget, output in [0, 1], candidate in [-1, 1],
    None where they were not recorded. forwards: how many of the units read forwards. Rounded to two digits."""

    name: str
    states: Array
    gates: Array | None
    units: int
    forwards: int


class LstmStates(NamedTuple):
    subject: str
    words: list[str]
    layers: list[Layer]


def prepare(arrays: TrialArrays) -> LstmStates:
    described = arrays.about.get("lstm_layers", [])
    recorded = [i for i in range(len(described)) if arrays.get(f"hidden_{i}") is not None]
    if not recorded:
        raise NotRecorded("the model has no LSTM whose states could be followed")
    words = [str(word) for word in arrays.about["samples"][0]["words"]]
    span = word_span(words)
    layers = [
        _layer(described[i], arrays.require(f"hidden_{i}")[span], arrays.get(f"gates_{i}"), span)
        for i in (recorded[place] for place in spread_choice(len(recorded), MOST_LAYERS))
    ]
    return LstmStates(f"{arrays.subject}, one validation example", words[span], layers)


def _layer(described: dict[str, object], states: Array, gates: Array | None, span: slice) -> Layer:
    """Units in the order of their mean state, those that read backwards after the others; of many, some."""
    width = states.shape[1]
    forwards = width // 2 if described["directions"] == 2 else width
    order = states.astype(np.float32).mean(axis=0).argsort()
    ways = [order[order < forwards], order[order >= forwards]]
    shown = [way[spread_choice(len(way), MOST_UNITS)] for way in ways if len(way)]
    kept = np.concatenate(shown)
    return Layer(
        name=str(described["name"]),
        states=states.T[kept].astype(np.float32).round(2),
        gates=None if gates is None else gates[:, span][:, :, kept].transpose(0, 2, 1).astype(np.float32).round(2),
        units=width,
        forwards=len(shown[0]),
    )


def draw(data: LstmStates) -> Figure:
    """A column for each layer; the states above, the gates below, all over the same words."""
    heights = HEIGHTS_IN if any(layer.gates is not None for layer in data.layers) else HEIGHTS_IN[:1]
    head, foot = look.TOP + 0.3, word_room_in(data.words) + 0.4
    height = head + sum(heights) + GAP_IN * (len(heights) - 1) + foot
    figure = look.new_figure(
        TITLE, data.subject, height=height, left=0.4, right=0.8, bottom=foot, top=head,
        hspace=GAP_IN / float(np.mean(heights)), wspace=0.12,
    )  # fmt: skip
    grid = figure.subplots(len(heights), len(data.layers), squeeze=False, gridspec_kw={"height_ratios": heights})
    scales = _scales(data.layers)
    for column, layer in enumerate(data.layers):
        images = _draw_layer(grid[:, column], layer, scales)
        grid[0, column].set_title(_heading(layer))
        word_ticks(grid[-1, column], data.words, most=FEW // len(data.layers))
    for row, image in enumerate(images):
        bar = look.colour_bar(figure, image, grid[row, -1], "")
        bar.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    look.note(figure, _note(data))
    return figure


def _note(data: LstmStates) -> str:
    order = "A row is a unit, in the order of mean states."
    both_ways = any(layer.forwards < len(layer.states) for layer in data.layers)
    return f"{order} → reads forwards, ← from the last word back." if both_ways else order


def _heading(layer: Layer) -> str:
    shown = len(layer.states)
    count = f"{shown} of {layer.units} units" if shown < layer.units else f"{shown} units"
    return f"{look.shorten(layer.name, 18)}, {count}\nhidden state"


def _scales(layers: list[Layer]) -> list[tuple[float, float]]:
    """Lowest and highest of each row of panels, states first; of what has a sign, as far to both sides of 0."""
    rows = [[layer.states for layer in layers]]
    rows += [[layer.gates[gate] for layer in layers if layer.gates is not None] for gate in range(len(GATES))]
    ends = [(float(min(map(np.nanmin, row))), float(max(map(np.nanmax, row)))) for row in rows if row]
    signed = (0, 1 + GATES.index("candidate"))
    return [
        (-max(-low, high, 0.01), max(-low, high, 0.01)) if row in signed else (low, max(high, low + 0.01))
        for row, (low, high) in enumerate(ends)
    ]


def _draw_layer(column: Array, layer: Layer, scales: list[tuple[float, float]]) -> list[AxesImage]:
    images = [_heat_map(column[0], layer.states, layer.forwards, scales[0], look.DIVERGING)]
    gates = layer.gates if layer.gates is not None else ()
    for axes, name, gate, scale in zip(column[1:], GATES, gates, scales[1:], strict=False):
        colours = look.DIVERGING if name == "candidate" else look.SEQUENTIAL
        images.append(_heat_map(axes, gate, layer.forwards, scale, colours))
        axes.set_title(name)
    return images


def _heat_map(axes: Axes, values: Array, forwards: int, scale: tuple[float, float], colours: str) -> AxesImage:
    image = axes.imshow(values, cmap=colours, vmin=scale[0], vmax=scale[1], aspect="auto")
    axes.set_xticks([])
    backwards = len(values) - forwards
    if backwards:
        axes.axhline(forwards - 0.5, color=look.BLACK, linewidth=0.8)
        axes.set_yticks([(forwards - 1) / 2, forwards + (backwards - 1) / 2], ["→", "←"])
        axes.tick_params(axis="y", length=0)
    else:
        axes.set(yticks=[])
    return image
