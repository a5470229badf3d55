"""A data set of one's own: small pictures of a circle, a square or a cross, made with random numbers."""

import numpy as np

from optimization.engine import datasets

CLASSES = ("circle", "square", "cross")
SIDE = 16
EXAMPLES = 600


class Shapes:
    """Says how many examples there are, and reads them. A data set in files would look for them in `folders`."""

    def sizes(self, info, folders):
        return datasets.Sizes(train=EXAMPLES, test=0)  # no test split of its own: Tunewell takes one off

    def wanted(self, info):
        return "nothing: the pictures are made when they are read"

    def read(self, info, folders):
        rng = np.random.default_rng(0)
        labels = np.arange(EXAMPLES) % len(CLASSES)
        pictures = np.stack([draw(CLASSES[label], rng) for label in labels])
        return datasets.RawArrays(x_train=pictures, y_train=labels, brightest=255)


def draw(shape, rng):
    """One picture (SIDE, SIDE) of grey values 0 to 255, the shape somewhere near the middle."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2 - rng.uniform(-2, 2, size=(2, 1, 1))
    radius = rng.uniform(3, 6)
    inside = {
        "circle": np.hypot(x, y) < radius,
        "square": np.maximum(abs(x), abs(y)) < radius,
        "cross": (np.minimum(abs(x), abs(y)) < 1) & (np.maximum(abs(x), abs(y)) < radius),
    }[shape]
    return np.clip(inside * 180 + rng.normal(40, 30, inside.shape), 0, 255).astype("uint8")


datasets.register(
    datasets.DatasetInfo(
        name="shapes",
        title="Circles, squares and crosses",
        modality=datasets.Modality.IMAGE,
        classes=CLASSES,
        shape=(SIDE, SIDE, 1),
        train_size=EXAMPLES,
        test_size=0,
        source="made by examples/own_data.py",
        licence="MIT",
        needs_download=False,
    ),
    Shapes(),
)
