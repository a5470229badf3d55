"""Training as a film: the loss curves grow while what the layers answer to one example changes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from . import look
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays
from .series import spread_choice

TITLE = BY_NAME["animation"].title
FRAMES_MOST = 40
LAYERS_MOST = 4


class Animation(NamedTuple):
    """moments (frames,) in epochs; layers: names; maps: of each layer (frames, height, width), of an LSTM (frames,
    1, words). loss, val_loss (epochs,)."""

    subject: str
    loss: Array
    val_loss: Array
    moments: Array
    layers: list[str]
    maps: list[Array]
    of_words: bool


def prepare(arrays: TrialArrays) -> Animation:
    epochs = arrays.require("probe_epochs", "no moment of the training was probed")
    loss = arrays.require("epoch_loss")
    kind, of_words = ("progression", False) if arrays.modality == "image" else ("hidden_progress", True)
    layers = arrays.about.get("lstm_layers" if of_words else "map_layers", [])
    found = {layer["name"]: arrays.get(f"{kind}_{index}") for index, layer in enumerate(layers)}
    maps = {name: array for name, array in found.items() if array is not None and len(array) == len(epochs)}
    if not maps or len(epochs) < 2:
        raise NotRecorded("no layer's answers were recorded at more than one moment of the training")
    frames = spread_choice(len(epochs), FRAMES_MOST)
    names = [list(maps)[i] for i in spread_choice(len(maps), LAYERS_MOST)]
    chosen = [np.asarray(maps[name], np.float32)[frames] for name in names]
    return Animation(
        subject=f"{arrays.subject}, one validation example; brighter: a stronger answer",
        loss=loss,
        val_loss=arrays.require("epoch_val_loss"),
        moments=epochs[frames],
        layers=names,
        maps=[array[:, None, :] for array in chosen] if of_words else chosen,
        of_words=of_words,
    )


def frames(data: Animation) -> Iterator[Figure]:
    """One figure per moment: the same one, changed."""
    figure = look.new_figure(TITLE, data.subject, height=3.9, left=0.7, right=0.3, top=look.TOP_WITH_LEGEND + 0.25)
    grid = figure.add_gridspec(1, 2, width_ratios=(1, 1.15), wspace=0.22)
    curves = figure.add_subplot(grid[0])
    training, validation = _curves(curves, data)
    look.legend_row(figure, curves)
    shape = (len(data.maps), 1) if data.of_words else (-(-len(data.maps) // 2), min(2, len(data.maps)))
    panels = grid[1].subgridspec(*shape, hspace=0.5 if data.of_words else 0.28, wspace=0.1)
    places = [figure.add_subplot(panels[i // shape[1], i % shape[1]]) for i in range(len(data.maps))]
    images = [
        _map(axes, name, array, data.of_words) for axes, name, array in zip(places, data.layers, data.maps, strict=True)
    ]
    counter = figure.text(0.98, 1 - 0.1 / 3.9, "", ha="right", va="top", size=look.TITLE)
    epochs = np.arange(1, len(data.loss) + 1)
    for frame, moment in enumerate(data.moments):
        done = int(moment)
        training.set_data(epochs[:done], data.loss[:done])
        validation.set_data(epochs[:done], data.val_loss[:done])
        for image, array in zip(images, data.maps, strict=True):
            image.set_data(array[frame])
        counter.set_text("initial weights" if done == 0 else f"epoch {done} of {len(epochs)}")
        yield figure


def _curves(axes: Axes, data: Animation) -> tuple[Line2D, Line2D]:
    (training,) = axes.plot([], [], color=look.TRAINING, marker="o", markersize=2.5, label="training loss")
    (validation,) = axes.plot([], [], color=look.VALIDATION, marker="s", markersize=2.5, label="validation loss")
    values = np.concatenate([data.loss, data.val_loss])
    values = values[np.isfinite(values)]
    axes.set(ylabel="loss (cross-entropy, nats)")
    look.epoch_axis(axes, len(data.loss))
    axes.set_ylim(min(0, *values) if values.size else 0, 1.05 * values.max() if values.size else 1)
    if not values.size:
        look.say(axes, "not finite")
    look.light_grid(axes)
    return training, validation


def _map(axes: Axes, name: str, array: Array, of_words: bool) -> AxesImage:
    """One scale for all moments, so that brighter means more."""
    top = float(np.nanmax(array)) if np.isfinite(array).any() else 1.0
    image = axes.imshow(array[0], vmin=0, vmax=top or 1.0, aspect="auto" if of_words else "equal")
    look.bare(axes)
    axes.set_title(look.shorten(name, 22))
    if of_words:
        axes.set_xlabel("words of the text")
    return image
