"""Model builders of a user's own, by name. Knows no Keras: the loop imports what registers them, and stays light."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Builder = Callable[..., Any]
"""Called like `model_builder.build_model`; returns a keras.Model whose outputs are class probabilities.

If it is compiled, its optimizer is kept; loss and metrics are set as for Tunewell's own models."""

_own: dict[str, Builder] = {}
OWN_BUILDERS: Mapping[str, Builder] = MappingProxyType(_own)


def register_builder(name: str, builder: Builder) -> None:
    """Make a model builder usable by its name (OptimizationConfig.model_builder), in this process.

    Registering a name again replaces it. Raises ValueError for a name that cannot be used.
    """
    if not re.fullmatch(r"[a-z0-9_]{1,100}", name):
        raise ValueError(f"a model builder's name must be of a-z, 0-9 and _: {name!r}")
    _own[name] = builder
