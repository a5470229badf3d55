"""Models that were saved."""

from pathlib import Path

import keras


def load_model(path: Path) -> keras.Model:
    """A model from its .keras file. Code hidden in the file is refused (safe mode), with Keras' ValueError."""
    return keras.saving.load_model(path, safe_mode=True)
