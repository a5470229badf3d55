"""Functions that TensorFlow runs as graphs."""

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf


def as_graph(function: Callable[..., Any], *, signature: Any = None) -> Callable[..., Any]:
    """The function, drawn as a graph at its first call. signature: what it takes, where that is one thing for good.

    TensorFlow counts drawings by a function's code and warns of many. Ours are many on purpose, one for each layer
    of each trial, all of the same code; a partial has no code, so each counts alone.
    """
    graph: Callable[..., Any] = tf.function(functools.partial(function), input_signature=signature, autograph=False)
    return graph
