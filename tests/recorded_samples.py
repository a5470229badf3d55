"""Single examples of trials that `recorded_trials.py` makes up: pictures, texts, and what a network saw in them."""

import numpy as np
from PIL import Image
from scipy import ndimage
from sklearn.datasets import load_digits, load_sample_images

from optimization.engine.datasets.toy_reviews import _reviews
from optimization.engine.datasets.words import MARKS
from tests.recorded_kinds import WORDS, Kind, Layer, recurrent, with_maps

Arrays = dict[str, np.ndarray]

SAMPLES, WORST, ISSUES = 6, 12, 8


def picture_samples(of: Kind, rng: np.random.Generator, so_far: Arrays) -> Arrays:
    labels, probabilities = so_far["val_labels"], so_far["val_probabilities"]
    rows = sample_rows(labels)
    images = np.stack([_picture(of, labels[row], rng) for row in rows])
    worst = worst_rows(labels, probabilities)
    grey = images.mean(-1) / 255
    heat = np.stack([ndimage.gaussian_filter(image, of.side / 8) for image in grey])
    edges = np.stack([np.abs(ndimage.laplace(ndimage.gaussian_filter(image, 0.7))) for image in grey])
    issues = issue_rows(labels, probabilities)
    made: Arrays = {
        "issue_images": np.stack([_picture(of, labels[row], rng) for row in issues]),
        "sample_images": images, "sample_labels": labels[rows], "sample_probabilities": probabilities[rows],
        "grad_cam": (heat / heat.max((1, 2), keepdims=True)).astype(np.float16),
        "saliency": edges / edges.max((1, 2), keepdims=True),
        "worst_images": np.stack([_picture(of, labels[row], rng) for row in worst]), "worst_rows": worst,
    }  # fmt: skip
    for index, layer in enumerate(with_maps(of)):
        made |= _maps(index, layer, grey, so_far["probe_epochs"], rng)
    return made


def _picture(of: Kind, label: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 (side, side, channels): a digit of that class, or a piece of a photograph."""
    if of.channels == 1:
        digits = load_digits()
        small = digits.images[rng.choice(np.flatnonzero(digits.target == label))]
        return np.asarray(Image.fromarray((small * 15.9).astype(np.uint8)).resize((of.side, of.side), 3))[..., None]
    photographs = load_sample_images().images
    photograph = photographs[rng.integers(2)]
    top, left = rng.integers(0, photograph.shape[0] - 160), rng.integers(0, photograph.shape[1] - 160)
    return np.asarray(Image.fromarray(photograph[top : top + 160, left : left + 160]).resize((of.side, of.side), 3))


def _maps(index: int, layer: Layer, grey: np.ndarray, epochs: np.ndarray, rng: np.random.Generator) -> Arrays:
    """Small filters over the pictures; over the epochs they turn from noise into what they become."""
    step = grey.shape[1] // layer.maps
    small = grey[:3, ::step, ::step][:, : layer.maps, : layer.maps]
    filters = rng.normal(size=(min(16, layer.units), 3, 3))
    filters -= filters.mean((1, 2), keepdims=True) * 0.7
    maps = np.stack([[np.maximum(0, ndimage.convolve(image, f)) for f in filters] for image in small])
    maps = maps.transpose(0, 2, 3, 1)
    maps[..., 3] = 0  # a dead channel
    final, noise = maps[0].mean(-1), rng.random(maps[0].shape[:2]) * maps[0].mean()
    way = (epochs / epochs[-1])[:, None, None]
    return {f"maps_{index}": maps.astype(np.float16), f"progression_{index}": noise * (1 - way) + final * way}


def text_samples(of: Kind, rng: np.random.Generator, so_far: Arrays) -> Arrays:
    labels, probabilities = so_far["val_labels"], so_far["val_probabilities"]
    rows = sample_rows(labels)
    said = np.where(probabilities[rows].argmax(1) == labels[rows], 1, -1)
    attribution = rng.normal(0, 0.004, (len(rows), WORDS)) + said[:, None] * rng.exponential(0.01, (len(rows), WORDS))
    attribution *= rng.random(attribution.shape) < 0.5
    padded = np.array([[word == MARKS[0] for word in words(row)] for row in rows])
    attribution[padded] = 0
    total = attribution.sum(1)
    made: Arrays = {
        "sample_labels": labels[rows], "sample_probabilities": probabilities[rows], "attribution": attribution,
        "attribution_total": np.stack([total, total + rng.normal(0, 0.01, len(rows))], 1),
        "worst_rows": worst_rows(labels, probabilities),
    }  # fmt: skip
    way = (so_far["probe_epochs"] / of.epochs)[:, None]
    for index, layer in enumerate(recurrent(of)):
        walk = ndimage.gaussian_filter1d(rng.normal(size=(WORDS, layer.units)), 4, axis=0)
        hidden = np.tanh(2.5 * walk)
        gates = 1 / (1 + np.exp(-8 * ndimage.gaussian_filter1d(rng.normal(size=(4, WORDS, layer.units)), 2, axis=1)))
        gates[3] = 2 * gates[3] - 1
        rms = np.sqrt((hidden**2).mean(1))
        made |= {
            f"hidden_{index}": hidden,
            f"gates_{index}": gates,
            f"hidden_progress_{index}": rms * (0.2 + 0.8 * way),
        }
    return made


def words(row: int) -> list[str]:
    """A text as the network reads it: a start mark, filled at the front to its full length."""
    sentences = _reviews(60)
    text = " ".join(sentences[(7 * row + k) % len(sentences)] for k in range(row % 19 + 1))
    words = [word.strip(".,;").lower() for word in text.split()]
    words = [MARKS[1], *(MARKS[2] if k % 31 == 30 else word for k, word in enumerate(words))][-WORDS:]
    return [MARKS[0]] * (WORDS - len(words)) + words


def sample_rows(labels: np.ndarray) -> np.ndarray:
    """One example of each of the first classes; of two classes, three of each."""
    firsts = [np.flatnonzero(labels == label)[:3] for label in range(SAMPLES)]
    return np.array([rows[k] for k in range(3) for rows in firsts if len(rows) > k][:SAMPLES])


def worst_rows(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    given = probabilities[np.arange(len(labels)), labels]
    wrong = probabilities.argmax(1) != labels
    return np.argsort(np.where(wrong, given, 2))[: min(WORST, int(wrong.sum()))]


def issue_rows(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Of those whose label may be wrong."""
    return worst_rows(labels, probabilities)[:ISSUES]
