"""What each layer costs: parameters, operations and time."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import look
from .catalog import BY_NAME
from .record import Array, TrialArrays

TITLE = BY_NAME["latency_and_size"].title
MOST = 24
ROW_IN = 0.2


class LatencyAndSize(NamedTuple):
    """layers: those shown, in order. Per layer: parameters, flops for one example, latency_s of a batch of 64; NaN
    where not known. totals: sentences about the whole model."""

    subject: str
    layers: list[str]
    parameters: Array
    flops: Array
    latency_s: Array
    totals: str


def prepare(arrays: TrialArrays) -> LatencyAndSize:
    layers = arrays.about["layers"]
    parameters = np.array([layer["parameters"] for layer in layers], float)
    flops = np.array([np.nan if layer.get("flops") is None else layer["flops"] for layer in layers], float)
    recorded = arrays.get("layer_latency_s")
    latency = np.full(len(layers), np.nan) if recorded is None else recorded.astype(float)
    costly = np.argsort(
        -np.nan_to_num(parameters / max(1.0, parameters.sum()) + latency / max(1e-12, np.nansum(latency)))
    )
    shown = np.sort(costly[:MOST])
    count = (
        f"{len(layers)} layers" if len(shown) == len(layers) else f"the {len(shown)} costliest of {len(layers)} layers"
    )
    return LatencyAndSize(
        subject=f"{arrays.subject}, {count}",
        layers=[str(layers[i]["name"]) for i in shown],
        parameters=parameters[shown],
        flops=flops[shown],
        latency_s=latency[shown],
        totals=_totals(arrays),
    )


def _totals(arrays: TrialArrays) -> str:
    about = arrays.about
    parts = [f"{look.with_prefix(about['parameters'])} parameters" if about.get("parameters") is not None else ""]
    parts += [f"{look.with_prefix(about['flops'])} FLOPs for one example" if about.get("flops") is not None else ""]
    parts += [f"{look.with_prefix(about['model_bytes'], 'B')} on disk" if about.get("model_bytes") is not None else ""]
    for batch, name in (("1", "one example"), ("64", "a batch of 64")):
        if measured := about.get("latency", {}).get(batch):
            p50, p95 = (look.with_prefix(measured[key], "s") for key in ("p50_s", "p95_s"))
            parts.append(f"{name} takes {p50} (95th percentile {p95})")
    return "Whole model: " + ", ".join(filter(None, parts)) + "."


def draw(data: LatencyAndSize) -> Figure:
    rows = max(len(data.layers) * ROW_IN, 0.8)
    figure = look.new_figure(
        TITLE,
        data.subject,
        height=rows + look.TOP + 1.05,
        left=1.55,
        right=0.6,
        top=look.TOP + 0.25,
        bottom=0.8,
        wspace=0.5,
    )
    first, second, third = figure.subplots(1, 3)
    _bars(first, data.parameters, look.BLUE, "parameters", "")
    look.label_classes(first, "y", data.layers, length_in=rows, most=20)
    _bars(second, data.flops, look.GREEN, "FLOPs, one example", "")
    _bars(third, data.latency_s, look.ORANGE, "time, batch of 64", "s")
    for axes in (second, third):
        axes.set_yticks([])
    look.note(figure, data.totals)
    return figure


def _bars(axes: Axes, values: Array, colour: str, title: str, unit: str) -> None:
    axes.set_title(title)
    known = np.where(np.isfinite(values), values, 0)
    axes.barh(np.arange(len(values)), known, color=colour, height=0.65)
    top = known.max() or 1.0
    axes.set(xlim=(0, top * 1.05), ylim=(len(values) - 0.5, -0.5), xticks=[])
    axes.spines["bottom"].set_visible(False)
    for row, value in enumerate(values):
        words = look.with_prefix(value, unit) if np.isfinite(value) else "not measured"
        axes.text(
            known[row] + top * 0.03,
            row,
            words,
            size=look.SMALL,
            va="center",
            color=look.BLACK if np.isfinite(value) else look.GREY,
        )
