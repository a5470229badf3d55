"""What a trial leaves for its pictures: arrays.npz, written once, so that nothing needs the model again.

The keys and their shapes are told in visualization/figures/record.py, which reads them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..trial import finite

ARRAYS_FILE = "arrays.npz"
VERSION = 1

Arrays = dict[str, np.ndarray]


def write_arrays(folder: Path, about: Mapping[str, Any], arrays: Arrays) -> None:
    """about: plain values that go with the arrays, kept as JSON beside them."""
    text = json.dumps(finite({"version": VERSION, **about}), allow_nan=False, ensure_ascii=False)
    np.savez_compressed(folder / ARRAYS_FILE, about=np.array(text), **arrays)  # type: ignore[arg-type]
