"""All plots of a trial, in the order they are shown: the one place that names them.

This module loads neither matplotlib nor NumPy, so a page may read it; a plot's own module is loaded when it is drawn.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from .record import TrialArrays

GROUPS = {
    "training": "Training",
    "predictions": "Predictions",
    "gradients": "Gradients and weights",
    "units": "Units and activations",
    "explanations": "Explanations",
    "cost": "Cost",
}


class Picture(Protocol):
    """A plot's module: `visualization.figures.{name}`."""

    def prepare(self, arrays: "TrialArrays") -> Any:
        """A NamedTuple of what is drawn, small and JSON-able. Raises NotRecorded when it was not measured."""

    def draw(self, data: Any) -> "Figure": ...


class Movie(Protocol):
    """The module of a plot that moves."""

    def prepare(self, arrays: "TrialArrays") -> Any: ...

    def frames(self, data: Any) -> "Iterator[Figure]":
        """The same figure again and again, changed; the last one stands for all where nothing moves."""


class Plot(NamedTuple):
    """One entry. title: also the picture's. caption: what is shown, how to read it, what is healthy."""

    name: str
    group: str
    title: str
    caption: str
    moves: bool = False

    def module(self) -> Any:
        """The plot's own module, a `Picture`, or a `Movie` when it moves."""
        return importlib.import_module(f"{__package__}.{self.name}")


PLOTS = (
    Plot(
        "loss_and_accuracy",
        "training",
        "Loss and accuracy by epoch",
        "Loss (lower is better) and accuracy after each epoch, on training and on validation data. "
        "Healthy: both curves fall or rise together and flatten; a widening gap is overfitting.",
    ),
    Plot(
        "confusion_matrix",
        "predictions",
        "Confusion matrix",
        "How many validation examples of each true class (row) were given which answer (column), as shares of the true "
        "class and as counts. Healthy: all weight on the diagonal. A pair off it is two classes the model cannot tell "
        "apart; a full column is an answer it gives too readily.",
    ),
)

BY_NAME = {plot.name: plot for plot in PLOTS}
