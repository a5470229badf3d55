"""Long series of numbers made short enough to draw, without losing their extremes."""

import numpy as np

from .record import Array

MOST_POINTS = 1500


def batch_epochs(batches: int, starts: Array) -> Array:
    """Where each batch ends, in epochs: (batches,) from just above 0. starts: (epochs,) first batch of each."""
    epochs = len(starts)
    ends = np.append(starts, max(batches, int(starts[-1]) + 1))
    return np.interp(np.arange(1, batches + 1), ends, np.arange(epochs + 1))


def thinned(x: Array, y: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """At most `most` points in order: of each stretch the lowest and the highest, and so every spike. NaN stays NaN."""
    if len(y) <= most:
        return x, y
    stretches = most // 2
    edges = np.linspace(0, len(y), stretches + 1).astype(int)
    width = int(np.diff(edges).max())
    rows = np.minimum(edges[:-1, None] + np.arange(width), edges[1:, None] - 1)  # short stretches repeat their last
    values = y[rows]
    finite = np.isfinite(values)
    lowest = np.where(finite, values, np.inf).argmin(1)
    highest = np.where(finite, values, -np.inf).argmax(1)
    kept = np.unique(rows[np.arange(stretches)[:, None], np.stack([lowest, highest], 1)])
    return x[kept], y[kept]


def running_mean(y: Array, window: int) -> Array:
    """Mean of the finite values within `window` around each, NaN where there is none."""
    finite = np.isfinite(y)
    sums = np.concatenate([[0.0], np.cumsum(np.where(finite, y, 0.0))])
    counts = np.concatenate([[0], np.cumsum(finite)])
    middle = np.arange(len(y))
    low = np.maximum(0, middle - window // 2)
    high = np.minimum(len(y), middle + window // 2 + 1)
    seen = counts[high] - counts[low]
    return np.where(seen > 0, (sums[high] - sums[low]) / np.maximum(seen, 1), np.nan)


def spread_choice(count: int, most: int) -> Array:
    """Which of 0 … count - 1 to show where only `most` fit: the first, the last and some evenly between."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
