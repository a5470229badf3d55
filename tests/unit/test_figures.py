"""Every plot of the catalogue, drawn for every made-up record: whole, readable, and honest about what is absent."""

import contextlib
import functools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.figure_texts import faults
from tests.recorded_trials import KINDS, Arrays, make_arrays
from visualization.figures import look, saving
from visualization.figures.catalog import GROUPS, PLOTS, Plot
from visualization.figures.record import NotRecorded, TrialArrays

each_plot = pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.name)
arrays_of: Callable[[str], Arrays] = functools.cache(make_arrays)
NEVER_SPOILED = (
    "about",
    "bins",
    "labels",
    "epochs",
    "starts",
    "rows",
    "positions",
    "batches",
    "layer",
    "images",
    "histogram",
)
"""How keys end whose values are always finite."""


def drawn(plot: Plot, arrays: Arrays) -> Figure | None:
    """The picture, of a film its last one; None where the plot says why it is absent."""
    try:
        data = plot.module().prepare(TrialArrays(arrays))
    except NotRecorded as absent:
        return must_be_a_sentence(str(absent))
    assert json.loads(json.dumps(saving.plain(data), allow_nan=False)).keys() == set(data._fields)
    with look.in_our_look():
        return list(plot.module().frames(data))[-1] if plot.moves else plot.module().draw(data)


def must_be_a_sentence(reason: str) -> None:
    assert len(reason.split()) > 2, reason


def faults_of(plot: Plot, arrays: Arrays) -> list[str]:
    figure = drawn(plot, arrays)
    with look.in_our_look():
        return faults(figure) if figure else []


@pytest.mark.parametrize("kind", KINDS)
@each_plot
def test_a_plot_is_whole_and_readable_or_says_why_it_is_absent(plot: Plot, kind: str) -> None:
    assert faults_of(plot, arrays_of(kind)) == []


@each_plot
def test_a_plot_is_told_apart_and_explained(plot: Plot) -> None:
    assert plot.group in GROUPS
    assert [other.name for other in PLOTS].count(plot.name) == 1
    assert plot.caption.endswith(".")
    assert 40 < len(plot.caption) < 400


class Watched(TrialArrays):
    """Remembers which keys were asked for."""

    asked: set[str]

    def get(self, key: str) -> Any:
        self.asked.add(key)
        return super().get(key)

    def require(self, key: str, why_absent: str = "") -> Any:
        self.asked.add(key)
        return super().require(key, why_absent)


@pytest.mark.parametrize("kind", ["image", "text"])
@each_plot
def test_a_plot_does_without_any_one_key_or_says_why_it_cannot(plot: Plot, kind: str) -> None:
    watched = Watched(arrays_of(kind))
    watched.asked = set()
    with contextlib.suppress(NotRecorded):
        plot.module().prepare(watched)
    for key in watched.asked & arrays_of(kind).keys():
        drawn(plot, {name: array for name, array in arrays_of(kind).items() if name != key})


@each_plot
def test_a_plot_of_a_trial_that_recorded_nothing_says_why(plot: Plot) -> None:
    drawn(plot, {"about": arrays_of("text")["about"]})


@each_plot
def test_numbers_that_are_not_finite_break_no_plot(plot: Plot) -> None:
    def spoiled(key: str, array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f" or key.endswith(NEVER_SPOILED):
            return array
        dice = np.random.default_rng(0).random(array.shape)
        return np.where(dice < 0.1, np.nan, np.where(dice < 0.2, np.inf, array))

    drawn(plot, {key: spoiled(key, array) for key, array in arrays_of("image").items()})


@pytest.mark.parametrize(
    "plot", [plot for plot in PLOTS if plot.group in ("gradients", "units", "cost")], ids=lambda plot: plot.name
)
def test_a_model_of_300_layers_stays_readable(plot: Plot) -> None:
    assert faults_of(plot, deep(arrays_of("image"), 300)) == []


def deep(arrays: Arrays, layers: int) -> Arrays:
    """The same record with its layers repeated until there are so many."""
    about = json.loads(str(arrays["about"]))
    times = {name: -(-layers // len(about[name])) for name in ("layers", "kernel_layers", "bias_layers", "unit_layers")}
    axes = {
        "gradient_norm": 1, "gradient_ratio": 1, "gradient_zero_share": 1, "gradient_mean_abs": 1, "weight_norm": 1,
        "gradient_histogram": 1, "update_ratio": 1, "weight_histogram": 1, "weight_bins": 0,
    }  # fmt: skip
    units = {
        "dead_share": 1, "dormant_share": 1, "activation_histogram": 1, "activation_bins": 0, "activation_mean": 1,
        "activation_std": 1, "activation_zero_share": 1,
    }  # fmt: skip
    made = dict(arrays)
    for group, its_axes in (("kernel_layers", axes), ("unit_layers", units)):
        made |= {key: np.concatenate([arrays[key]] * times[group], axis) for key, axis in its_axes.items()}
    made["layer_latency_s"] = np.tile(arrays["layer_latency_s"], times["layers"])
    made["bias_histogram"] = np.concatenate([arrays["bias_histogram"]] * times["bias_layers"], 1)
    made["bias_bins"] = np.concatenate([arrays["bias_bins"]] * times["bias_layers"])
    about |= {name: about[name] * often for name, often in times.items()}
    return made | {"about": np.array(json.dumps(about))}


def test_long_and_mathematical_names_are_shortened_and_never_interpreted() -> None:
    about = json.loads(str(arrays_of("image")["about"]))
    about["class_names"] = [f"$x^{index}$ and a name that is very much longer than others" for index in range(10)]
    about["dataset_name"] = "a data set with a name of a hundred and more letters " * 2
    renamed = arrays_of("image") | {"about": np.array(json.dumps(about))}
    for plot in PLOTS:
        assert faults_of(plot, renamed) == [], plot.name
