"""The search engine: no Django and no web, importable from a notebook or a GPU worker.

The public names below load on first use, so that a process that only wants the wire format
(a web view, say) does not pay for Optuna, and nobody but the runner pays for TensorFlow.
"""

import importlib
from typing import Any

_PUBLIC = {
    "ConfigError": "errors",
    "OptimizationError": "errors",
    "Mode": "request",
    "Objective": "request",
    "OptimizationRequest": "request",
    "OptimizationConfig": "config",
    "create_optimization_config": "config",
    "ModelConfig": "model_config",
    "ModelOptimizer": "optimizer",
    "OptimizationCallback": "callbacks",
    "OptimizationResult": "optimization_result",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
