"""Where data-set files are looked for and where they are put."""

import os
from pathlib import Path

DATA_DIR_VARIABLE = "TUNEWELL_DATA_DIR"


def given_folder(data_dir: str | None) -> Path | None:
    """The folder asked for: the argument, else TUNEWELL_DATA_DIR, else none."""
    name = data_dir or os.environ.get(DATA_DIR_VARIABLE)
    return Path(name).expanduser() if name else None


def keras_cache() -> Path:
    """Keras' own folder of data sets, found without importing Keras."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "datasets"


def search_folders(data_dir: str | None) -> list[Path]:
    """Folders in the order in which they are searched."""
    given = given_folder(data_dir)
    return [given, keras_cache()] if given else [keras_cache()]


def download_folder(data_dir: str | None) -> Path:
    """The folder asked for where it exists and may be written, else Keras' cache, which may have to be made."""
    given = given_folder(data_dir)
    return given if given and given.is_dir() and os.access(given, os.W_OK) else keras_cache()
