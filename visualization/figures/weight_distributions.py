"""The weights of each layer, before and after training."""

from typing import NamedTuple

from matplotlib.figure import Figure

from .catalog import BY_NAME
from .record import TrialArrays
from .ridges import Ridge, chosen, draw_values, how_many, value_ridges

TITLE = BY_NAME["weight_distributions"].title


class WeightDistributions(NamedTuple):
    """ridges: of the kernels; note: their standard deviation, initial → final."""

    subject: str
    ridges: list[Ridge]


def prepare(arrays: TrialArrays) -> WeightDistributions:
    counts = arrays.require("weight_histogram", "the weights were not looked at")
    ridges = value_ridges(arrays.about["kernel_layers"], counts, arrays.require("weight_bins"))
    shown = chosen(ridges)
    return WeightDistributions(f"{arrays.subject}, kernels of {how_many(len(shown), len(ridges))}", shown)


def draw(data: WeightDistributions) -> Figure:
    return draw_values(TITLE, data.subject, data.ridges, xlabel="weight")
