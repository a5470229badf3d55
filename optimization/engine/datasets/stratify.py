"""Take a share of the examples: of every class alike, and near-copies together or not at all."""

import numpy as np


def take_share(
    y: np.ndarray, share: float, *, seed: tuple[int, ...], groups: np.ndarray | None = None, leave: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the examples left and of those taken, both in random order, fixed by the seed.

    y: (examples,) labels. share: in [0, 1). groups: (examples,); the examples of a group stay together, so a
    class's share is the nearest that whole groups allow. A class gives at least one example or group, and keeps at
    least `leave` of them.
    """
    rng = np.random.default_rng(seed)
    labels = np.unique(y, return_inverse=True)[1]
    units = np.arange(len(y)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(units)
    unit_labels = labels if groups is None else _commonest_labels(units, labels)
    taken = np.zeros(len(sizes), bool)
    if share > 0:
        for label, quota in enumerate(_quotas(np.bincount(labels), share)):
            own = rng.permutation(np.flatnonzero(unit_labels == label))
            reached = np.cumsum(np.concatenate([[0], sizes[own]]))
            count = max(int(np.abs(reached - quota).argmin()), 1)
            taken[own[: min(count, max(len(own) - leave, 0))]] = True
    order = rng.permutation(len(y))
    chosen = taken[units[order]]
    return order[~chosen], order[chosen]


def _commonest_labels(units: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The label that most examples of each unit have."""
    counts = np.zeros((units.max() + 1, labels.max() + 1), np.int64)
    np.add.at(counts, (units, labels), 1)
    return np.asarray(counts.argmax(axis=1))


def _quotas(counts: np.ndarray, share: float) -> np.ndarray:
    """Examples to take of each class: together the rounded share of all, each class off by less than one."""
    exact = counts * share
    quotas = np.floor(exact).astype(np.int64)
    missing = round(counts.sum() * share) - quotas.sum()
    quotas[np.argsort(quotas - exact, kind="stable")[:missing]] += 1
    return quotas
