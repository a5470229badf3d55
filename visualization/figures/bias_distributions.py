"""The biases of each layer, before and after training."""

from typing import NamedTuple

from matplotlib.figure import Figure

from .catalog import BY_NAME
from .record import TrialArrays
from .ridges import Ridge, chosen, draw_values, how_many, value_ridges

TITLE = BY_NAME["bias_distributions"].title


class BiasDistributions(NamedTuple):
    """ridges: of the biases; note: their standard deviation, initial → final."""

    subject: str
    ridges: list[Ridge]


def prepare(arrays: TrialArrays) -> BiasDistributions:
    counts = arrays.require("bias_histogram", "no layer of this model has biases, or they were not looked at")
    ridges = value_ridges(arrays.about["bias_layers"], counts, arrays.require("bias_bins"))
    shown = chosen(ridges)
    return BiasDistributions(f"{arrays.subject}, biases of {how_many(len(shown), len(ridges))}", shown)


def draw(data: BiasDistributions) -> Figure:
    return draw_values(TITLE, data.subject, data.ridges, xlabel="bias")
