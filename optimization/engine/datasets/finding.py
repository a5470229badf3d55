"""From a name to a data set and to what reads it: the registry, sets of a user's own code, and checked uploads."""

import importlib
import re
from typing import cast

from ..errors import DatasetUnavailable
from .family import Family
from .registry import DATASETS, DatasetInfo

UPLOAD_NAME = re.compile(r"upload_[0-9a-f]{16}")

_own_families: dict[str, Family] = {}


def register(info: DatasetInfo, family: Family) -> None:
    """Make a data set of one's own usable by its name, in this process. Registering a name again replaces it.

    family: an object or module with the functions of `Family`. Raises ValueError for a name or a number of
    classes that cannot be used, and for a name that comes with Tunewell.
    """
    if not re.fullmatch(r"[a-z0-9_]{1,100}", info.name) or UPLOAD_NAME.fullmatch(info.name):
        raise ValueError(f"a data set's name must be of a-z, 0-9 and _, and not look like an upload's: {info.name!r}")
    if info.name in DATASETS and info.name not in _own_families:
        raise ValueError(f"the name {info.name} belongs to a data set that comes with Tunewell")
    if len(info.classes) < 2:
        raise ValueError(f"the data set {info.name} must have at least two classes")
    DATASETS[info.name] = info
    _own_families[info.name] = family


def is_own(name: str) -> bool:
    """Whether `register` was given it: only processes that import the code that did so know it."""
    return name in _own_families


def name_problem(name: str) -> str:
    """Why no data set can have this name, or "". Does not look for files: an upload may still be absent."""
    if name in DATASETS or UPLOAD_NAME.fullmatch(name):
        return ""
    return unknown_name(name)


def unknown_name(name: str) -> str:
    """What to say of a name that no data set has, or none that this person may see."""
    return f"must be one of {', '.join(DATASETS)}; got {name!r}"


def find_dataset(name: str, data_dir: str | None = None) -> DatasetInfo:
    """A registered data set, or the checked upload of that name. Raises DatasetUnavailable for an unknown name."""
    if name in DATASETS:
        return DATASETS[name]
    if not UPLOAD_NAME.fullmatch(name):
        raise DatasetUnavailable(unknown_name(name))
    from .uploads import find

    info = find(name, data_dir)
    if info is None:
        raise DatasetUnavailable(f"{name} is not here: uploaded files were deleted, or lie on another machine")
    return info


def family_of(info: DatasetInfo) -> Family:
    """What reads the data set."""
    if info.name in _own_families:
        return _own_families[info.name]
    return cast("Family", importlib.import_module(f".{info.loader}", __package__))
