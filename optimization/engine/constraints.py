"""Limits that a trained model has to keep: told to the sampler as constraints, and said of a trial that breaks one."""

from collections.abc import Mapping
from typing import Any

from .config import OptimizationConfig
from .recorder import DRAWN_PARAMETERS, TrialRecord
from .trial import TrialResult, TrialState

_KEY = "constraints:{}"
"""Where Optuna 5 keeps a trial's constraint, among its system attributes; above 0 is broken."""


def constraint_attrs(config: OptimizationConfig, record: TrialRecord, result: TrialResult) -> dict[str, float]:
    """By how much a trial exceeds each limit, as a share of it, for the sampler; 0 and less is within.

    The weights are those of the draw as the sampler made it, before any repair, so that it learns where
    draws are too large. The same limits in the same order for every completed trial of a job, as samplers
    want it; the latency of a pruned one is not known.
    """
    excess = {"max_parameters": _drawn(record, result) / config.max_parameters - 1}
    latency_ms = _latency_ms(result)
    if config.max_latency_ms is not None and (latency_ms or record.state is TrialState.COMPLETED):
        excess["max_latency_ms"] = 1.0 if latency_ms is None else latency_ms / config.max_latency_ms - 1
    return {_KEY.format(name): excess[name] for name in sorted(excess)}


def violations(config: OptimizationConfig, result: TrialResult) -> dict[str, str]:
    """The limits that a trained model does not keep, each with a sentence."""
    broken = {}
    if (result.parameters or 0) > config.max_parameters:
        broken["max_parameters"] = f"{result.parameters:,} weights are more than {config.max_parameters:,}"
    if config.max_latency_ms is not None:
        latency_ms = _latency_ms(result)
        if latency_ms is None:
            broken["max_latency_ms"] = "the time of one prediction was not measured"
        elif latency_ms > config.max_latency_ms:
            broken["max_latency_ms"] = f"one prediction takes {latency_ms:.3g} ms, more than {config.max_latency_ms:g}"
    return broken


def in_order(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes as samplers want them: a database may give constraints back in another order."""
    return {name: attrs[name] for name in sorted(attrs)}


def _drawn(record: TrialRecord, result: TrialResult) -> int:
    drawn: int = record.user_attrs.get(DRAWN_PARAMETERS, 0)
    return max(drawn, result.parameters or 0)


def _latency_ms(result: TrialResult) -> float | None:
    return None if result.latency_p95_s is None else result.latency_p95_s * 1000
