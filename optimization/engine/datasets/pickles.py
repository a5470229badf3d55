"""Pickles from outside, of which only NumPy arrays and plain values are ever built."""

import pickle
import pickletools
from typing import IO, Any

import numpy as np


class _OnlyArrays(pickle.Unpickler):
    """Refuses whatever is not needed for an array: a pickle can name any function of any module."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            return np.dtype
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return super().find_class("numpy._core.multiarray", name)
        raise pickle.UnpicklingError(f"it names {module}.{name}, which data don't need, and was not unpacked")


def load_arrays(file: IO[bytes]) -> Any:
    """What the pickle holds; strings of Python 2 become bytes. Raises pickle.UnpicklingError and ValueError."""
    try:
        return _OnlyArrays(file, encoding="bytes").load()
    except (TypeError, AttributeError, LookupError, MemoryError, OverflowError) as error:
        raise pickle.UnpicklingError(f"its pickle is damaged ({type(error).__name__}: {error})") from error


def longest_bytes(file: IO[bytes]) -> int:
    """Length of the longest string of bytes in a pickle, found without building anything.

    Raises ValueError where the pickle is damaged or cut short.
    """
    longest = 0
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name in ("BINSTRING", "BINBYTES", "BINBYTES8") and argument is not None:
                longest = max(longest, len(argument))
    except (MemoryError, OverflowError) as error:
        raise ValueError(f"its pickle is damaged ({type(error).__name__})") from error
    return longest
