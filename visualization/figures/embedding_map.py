"""How the last hidden layer places validation examples: a map along its main directions, and one of neighbours."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import look
from .answers import both_ends, read_answers
from .catalog import BY_NAME
from .record import Array, NotRecorded, TrialArrays

TITLE = BY_NAME["embedding_map"].title

MOST_EXAMPLES = 300
FEWEST_EXAMPLES = 30
MOST_COLOURED = 10
SHOWN_OF_MANY = 6
PERPLEXITY = 25
STEPS, ANGLE = 300, 0.8
"""Of t-SNE, and no more examples, so that it takes a third of a second of one core."""
DIRECTIONS = 30
"""Main directions handed to t-SNE, as its authors do."""
CROWDED = 0.2
"""Share of mistakes above which their rings are drawn thin."""
_MARKERS = ("o", "^")


class EmbeddingMap(NamedTuple):
    """principal, neighbours: (n, 2) places. labels: (n,) into names; wrong: (n,) bool.

    explained: share of the variance along the two main directions. coloured: classes that have a colour.
    """

    subject: str
    names: list[str]
    coloured: list[int]
    labels: Array
    wrong: Array
    principal: Array
    explained: Array
    neighbours: Array
    units: int


def prepare(arrays: TrialArrays) -> EmbeddingMap:
    answers = read_answers(arrays)
    features = arrays.require("features", "what the last hidden layer gives was not recorded").astype(np.float64)
    rows = arrays.require("feature_rows")
    if not np.isfinite(features).all():
        raise NotRecorded("what the last hidden layer gives is not finite")
    if len(rows) < FEWEST_EXAMPLES:
        raise NotRecorded(f"{len(rows)} validation examples are too few for a map")
    kept = np.linspace(0, len(rows) - 1, min(MOST_EXAMPLES, len(rows))).astype(int)
    features, rows = features[kept], rows[kept]
    if features.shape[1] < 2 or not features.std(0).max() > 0:
        raise NotRecorded("the last hidden layer gives the same for all examples")
    principal, explained, neighbours = places(features)
    labels, wrong = answers.labels[rows], ~answers.correct[rows]
    return EmbeddingMap(
        subject=f"{arrays.subject}, {len(rows)} validation examples",
        names=answers.names,
        coloured=_coloured(labels, wrong, len(answers.names)),
        labels=labels,
        wrong=wrong,
        principal=principal,
        explained=explained,
        neighbours=neighbours,
        units=features.shape[1],
    )


def places(features: Array) -> tuple[Array, Array, Array]:
    """(n, 2) by PCA, the share of the variance along its two directions, and (n, 2) by t-SNE; features: (n, units)."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # more threads add in another order, and wait for each other
        directions = min(DIRECTIONS, *features.shape)
        fitted = PCA(directions, svd_solver="full").fit(features)
        principal = fitted.transform(features)
        perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
        manifold = TSNE(2, perplexity=perplexity, max_iter=STEPS, angle=ANGLE, init="pca", random_state=0)
        neighbours = manifold.fit_transform(principal.astype(np.float32))
    return principal[:, :2], fitted.explained_variance_ratio_[:2], neighbours


def _coloured(labels: Array, wrong: Array, classes: int) -> list[int]:
    """All classes where they are few, else those with most mistakes here, then those with most examples."""
    if classes <= MOST_COLOURED:
        return list(range(classes))
    mistakes = np.bincount(labels[wrong], minlength=classes)
    examples = np.bincount(labels, minlength=classes)
    order = np.lexsort((np.arange(classes), -examples, -mistakes))
    return sorted(int(label) for label in order[:SHOWN_OF_MANY])


def draw(data: EmbeddingMap) -> Figure:
    side, gap = 2.45, 0.3
    left = 0.35
    figure = look.new_figure(
        TITLE, f"{data.subject}, {data.units} units in the last hidden layer", height=look.TOP + 0.2 + side + 0.45,
        left=left, right=look.WIDTH - left - 2 * side - gap, top=look.TOP + 0.2, bottom=0.45, wspace=gap / side,
    )  # fmt: skip
    first, second = figure.subplots(1, 2)
    _scatter(first, data, data.principal)
    _scatter(second, data, data.neighbours)
    one, two = (f"{100 * share:.0f} %" for share in data.explained)
    first.set(title="main directions (PCA)", xlabel=f"first, {one} of the variance", ylabel=f"second, {two}")
    second.set(title="neighbours (t-SNE)", xlabel="only nearness means anything")
    edge = second.get_position().x1 + 0.08 / look.WIDTH
    figure.legend(handles=_handles(data), loc="upper left", labelspacing=0.35,
                  bbox_to_anchor=(edge, second.get_position().y1))  # fmt: skip
    return figure


def _scatter(axes: Axes, data: EmbeddingMap, at: Array) -> None:
    others = ~np.isin(data.labels, data.coloured)
    axes.scatter(at[others, 0], at[others, 1], s=8, color=look.FAINT, linewidths=0, alpha=0.6)
    for index, label in enumerate(data.coloured):
        own = data.labels == label
        colour, marker = _look_of(index)
        axes.scatter(at[own, 0], at[own, 1], s=13, color=colour, marker=marker, linewidths=0, alpha=0.85)
    ringed, thickness = at[data.wrong], 0.7 if data.wrong.mean() < CROWDED else 0.35
    axes.scatter(ringed[:, 0], ringed[:, 1], s=34, facecolors="none", edgecolors=look.BLACK, linewidths=thickness)
    axes.set(xticks=[], yticks=[])
    axes.margins(0.06)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _look_of(index: int) -> tuple[str, str]:
    return look.CYCLE[index % len(look.CYCLE)], _MARKERS[index // len(look.CYCLE) % len(_MARKERS)]


def _handles(data: EmbeddingMap) -> list[Line2D]:
    """One for each class with a colour, one for the rest, one for mistakes."""
    handles = []
    for index, label in enumerate(data.coloured):
        colour, marker = _look_of(index)
        handles.append(_handle(both_ends(data.names[label], 15), colour, marker, colour))
    if len(data.coloured) < len(data.names):
        rest = len(data.names) - len(data.coloured)
        handles.append(_handle(f"{rest} others", look.FAINT, "o", look.FAINT))
    if data.wrong.any():
        handles.append(_handle(f"wrong ({int(data.wrong.sum())})", "none", "o", look.BLACK))
    return handles


def _handle(label: str, face: str, marker: str, edge: str) -> Line2D:
    return Line2D([], [], linestyle="", marker=marker, markersize=5, markerfacecolor=face, markeredgecolor=edge,
                  markeredgewidth=0.7, label=label)  # fmt: skip
