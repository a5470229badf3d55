"""Small pictures for the learn pages, drawn from the formulas that the models really use.

Each figure is a row of panels; a panel is one line in a 100 by 64 box, ready for an SVG path.
"""

import dataclasses
import math
import random
from collections.abc import Callable, Iterable

WIDTH, HEIGHT = 100.0, 64.0
STEPS = 60
SEED = 7

LEAKY_SLOPE = 0.2
COSINE_FLOOR = 0.01
EXPONENTIAL_END = 0.05
PLATEAU_FACTOR = 0.5
EPOCHS = 8
NOT_BETTER = (3, 4, 6)
"""In the picture of reduce_on_plateau: the epochs whose validation loss is no better than the best before."""

ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda x: max(0.0, x),
    "leaky_relu": lambda x: x if x > 0 else LEAKY_SLOPE * x,
    "swish": lambda x: x / (1 + math.exp(-x)),
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
}

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda done: 1.0,
    "cosine": lambda done: COSINE_FLOOR + (1 - COSINE_FLOOR) * (1 + math.cos(math.pi * done)) / 2,
    "exponential": lambda done: EXPONENTIAL_END**done,
    "reduce_on_plateau": lambda done: PLATEAU_FACTOR ** sum(epoch <= done * EPOCHS for epoch in NOT_BETTER),
}
"""Share of the first learning rate after this share of the run."""


@dataclasses.dataclass(frozen=True)
class Panel:
    """One choice's picture. line: an SVG path; units: the x, y and state of each unit of a layer."""

    name: str
    line: str = ""
    units: tuple[tuple[float, float, bool], ...] = ()


@dataclasses.dataclass(frozen=True)
class Figure:
    """A row of panels. axis_x, axis_y: where the axes cross the box; says: what a reader who sees nothing hears."""

    says: str
    caption: str
    panels: tuple[Panel, ...]
    axis_x: float | None = None
    axis_y: float | None = None


def _line(function: Callable[[float], float], x_range: tuple[float, float], y_range: tuple[float, float]) -> str:
    (left, right), (bottom, top) = x_range, y_range
    xs = [left + (right - left) * step / STEPS for step in range(STEPS + 1)]
    points = ((_across(x, left, right), _up(function(x), bottom, top)) for x in xs)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _across(value: float, low: float, high: float) -> float:
    return WIDTH * (value - low) / (high - low)


def _up(value: float, low: float, high: float) -> float:
    return HEIGHT * (high - value) / (high - low)


def activation_figure(names: Iterable[str]) -> Figure:
    """What comes out of a unit for what goes in, from -4 to 4."""
    x_range, y_range = (-4.0, 4.0), (-1.6, 4.2)
    return Figure(
        says="Six curves: relu, leaky relu, swish and elu rise without end to the right; tanh and sigmoid level off.",
        caption="What a unit gives (upwards) for what it gets (sideways, from -4 to 4).",
        panels=tuple(Panel(name, _line(ACTIVATIONS[name], x_range, y_range)) for name in names),
        axis_x=_up(0, *y_range),
        axis_y=_across(0, *x_range),
    )


def schedule_figure(names: Iterable[str]) -> Figure:
    """The learning rate from the first to the last step."""
    x_range, y_range = (0.0, 1.0), (0.0, 1.08)
    return Figure(
        says="Constant is level; cosine falls slowly, then quickly, then slowly; exponential falls quickly at first; "
        "reduce on plateau falls in steps, each to the half.",
        caption="The learning rate from the first step to the last, as a share of the first. "
        f"Reduce on plateau as it is when epochs {', '.join(map(str, NOT_BETTER[:-1]))} and {NOT_BETTER[-1]} "
        f"of {EPOCHS} bring no better validation loss.",
        panels=tuple(Panel(name, _line(SCHEDULES[name], x_range, y_range)) for name in names),
        axis_x=_up(0, *y_range),
        axis_y=_across(0, *x_range),
    )


def dropout_figure(share: float) -> Figure:
    """Twenty units of a layer in three steps of the training; the same picture every time."""
    chance = random.Random(SEED)
    places = [(WIDTH * (column + 0.5) / 5, HEIGHT * (row + 0.5) / 4) for row in range(4) for column in range(5)]
    steps = tuple(
        Panel(f"step {step}", units=tuple((x, y, chance.random() >= share) for x, y in places)) for step in (1, 2, 3)
    )
    return Figure(
        says="Three pictures of a layer of twenty units; in each, other units are switched off.",
        caption=f"A layer of twenty units in three steps of the training, with a dropout of {share:g}: "
        "other units are off each time.",
        panels=steps,
    )
