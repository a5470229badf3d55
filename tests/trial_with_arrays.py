"""The kept folder of a trial that recorded just enough for one plot to be drawn, which takes a second."""

import json
from typing import Any

import numpy as np

from optimization.engine.artifacts import ArtifactStore

MODEL = b"the model"
DRAWN = "loss_and_accuracy"
"""The name of a plot that these arrays suffice for."""
EPOCHS = ("loss", "accuracy", "val_loss", "val_accuracy", "val_balanced_accuracy", "learning_rate", "duration_s")


def keep_trial(store: ArtifactStore, name: str, *, arrays: bytes | None = None) -> None:
    """Publish it under `name`; arrays: other content of the file."""
    folder = store.scratch(name, 1)
    (folder / "model.keras").write_bytes(MODEL)
    (folder / "trial.log").write_text("trained\n")
    if arrays is None:
        np.savez_compressed(folder / "arrays.npz", **_arrays())
    else:
        (folder / "arrays.npz").write_bytes(arrays)
    store.publish(folder, name)


def _arrays() -> dict[str, Any]:
    about = {
        "version": 1,
        "number": 0,
        "dataset_name": "digits",
        "modality": "image",
        "class_names": list("0123456789"),
        "epochs_asked": 3,
        "metrics": [],
        "health": {},
        "overfitting": None,
        "extras": {},
        "layers": [],
        "latency": {},
    }
    values = {f"epoch_{name}": np.array([0.9, 0.5, 0.4]) for name in EPOCHS}
    return {"about": np.array(json.dumps(about)), **values}
