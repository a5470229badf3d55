"""A model in inference mode: its probabilities, what they are worth, and how long one example takes."""

import time
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from .graphs import as_graph

BATCH = 128
LATENCY_WARM_UP, LATENCY_CALLS, LATENCY_LONGEST_S = 20, 200, 1.0
"""Calls before and while the time is taken; of slow models fewer, but half a dozen at least."""
LATENCY_FEWEST_CALLS = 6
SMALLEST_PROBABILITY = 1e-7
"""As in Keras' own cross-entropy: a probability of 0 must not make the mean infinite."""


class Score(NamedTuple):
    """loss: mean cross-entropy in nats. balanced_accuracy: mean recall over the classes that occur."""

    loss: float
    accuracy: float
    balanced_accuracy: float


def cross_entropy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the examples, in nats; not finite where the probabilities are not."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, SMALLEST_PROBABILITY)).mean(dtype=np.float64))


def score(probabilities: np.ndarray, labels: np.ndarray) -> Score:
    """probabilities: (examples, classes)."""
    right = probabilities.argmax(axis=1) == labels
    counts = np.bincount(labels)
    recalls = np.bincount(labels, weights=right)[counts > 0] / counts[counts > 0]
    return Score(cross_entropy(probabilities, labels), float(right.mean()), float(recalls.mean()))


class Latency(NamedTuple):
    """Seconds of one call, its result back in main memory: median and 95th percentile."""

    p50_s: float
    p95_s: float


class Predictor:
    """Calls a model with training off, through one graph for every batch size."""

    def __init__(self, model: keras.Model) -> None:
        self._latencies: dict[int, Latency] = {}
        signature = [tf.TensorSpec((None, *model.input_shape[1:]), model.inputs[0].dtype)]

        def infer(examples: Any) -> Any:
            return model(examples, training=False)

        self._infer = as_graph(infer, signature=signature)

    def probabilities(self, examples: np.ndarray) -> np.ndarray:
        """(examples, classes) for pictures (examples, height, width, channels) or texts (examples, words)."""
        parts = [self._infer(examples[start : start + BATCH]).numpy() for start in range(0, len(examples), BATCH)]
        return np.concatenate(parts)

    def latency(self, examples: np.ndarray) -> Latency:
        """The time for so many examples at once; measured once, so that it is the same figure wherever it stands."""
        if len(examples) not in self._latencies:
            self._latencies[len(examples)] = self._timed(examples)
        return self._latencies[len(examples)]

    def _timed(self, examples: np.ndarray) -> Latency:
        batch = tf.constant(examples)
        times: list[float] = []
        begun = time.perf_counter()
        while len(times) < LATENCY_WARM_UP + LATENCY_CALLS:
            start = time.perf_counter()
            self._infer(batch).numpy()
            times.append(time.perf_counter() - start)
            if len(times) >= LATENCY_FEWEST_CALLS and time.perf_counter() - begun > LATENCY_LONGEST_S:
                break
        warm = times[min(LATENCY_WARM_UP, len(times) // 2) :]
        return Latency(*(float(value) for value in np.percentile(warm, (50, 95))))
