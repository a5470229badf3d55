"""What a trial leaves for its pictures: arrays.npz, written once, so that nothing needs the model again.

The keys and their shapes are told in visualization/figures/record.py, which reads them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..trial import finite
from ..trial_files import ARRAYS_FILE

VERSION = 1

Arrays = dict[str, np.ndarray]


def write_arrays(folder: Path, about: Mapping[str, Any], arrays: Arrays) -> None:
    """about: plain values that go with the arrays, kept as JSON beside them. Whole or not at all."""
    text = json.dumps(finite({"version": VERSION, **about}), allow_nan=False, ensure_ascii=False)
    partial = folder / f"{ARRAYS_FILE}.partial"
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, about=np.array(text), **arrays)  # type: ignore[arg-type]
        partial.replace(folder / ARRAYS_FILE)
    finally:
        partial.unlink(missing_ok=True)
