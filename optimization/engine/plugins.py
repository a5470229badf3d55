"""A user's own code: importable modules that register data sets and model builders."""

import importlib
from collections.abc import Sequence

from .errors import ConfigError


def load_plugins(names: Sequence[str]) -> None:
    """Import each module, which registers what it has. Raises ConfigError with the module and what went wrong.

    The loop does this before it looks at the data set's name, the runner before each trial; a module that is
    loaded already is not run again.
    """
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            problem = f"cannot import {name}: {type(error).__name__}: {error}"
            raise ConfigError({"plugins": problem}) from error
