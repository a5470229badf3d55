"""The complete, checked configuration of one optimization: the request plus what the system adds."""

import dataclasses
import re
from pathlib import Path
from typing import Any

from . import datasets
from .builders import OWN_BUILDERS
from .errors import ConfigError
from .plugins import load_plugins
from .request import OptimizationRequest
from .rules import Flag, Maybe, ModuleNames, Real, Text, Whole, ruled

RUN_NAME = re.compile(r"[a-z0-9_]+_\d{8}T\d{6}Z_[0-9a-f]{8}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizationConfig(OptimizationRequest):
    """A request with the system's values beside it. Fails fast with ConfigError.

    User values left out are the request's own defaults (inherited, so each stands once).
    """

    health_pruner: bool = ruled(
        True, Flag(), "End trials early whose gradients explode or whose units are nearly all dead; in mode health."
    )
    health_monitoring_frequency: int = ruled(1, Whole(1, 1000), "Epochs between two health measurements.")
    max_attempts: int = ruled(3, Whole(1, 10), "Times a trial is started when its process or host is lost.")
    startup_trials: int = ruled(4, Whole(1, 1000), "Finished trials before the sampler and the pruner start to act.")
    max_flops: int | None = ruled(
        None,
        Maybe(Whole(1, 10**15)),
        "Work of the costliest draw, in FLOPs of one forward pass of one example; 20 times the default model's if "
        "left out.",
    )
    holdout_split: float = ruled(
        0.1, Real(0, 0.4), "Share of the training examples that no search opens; kept for comparing methods."
    )
    audited_share: float = ruled(
        0.05, Real(0, 1), "Share of the trials that the pruner gives up which run on, to learn how often it is wrong."
    )
    stop_grace_s: float = ruled(5.0, Real(0, 600), "Seconds a trial has to end by itself when it is stopped.")
    min_free_mb: int = ruled(500, Whole(0, 10**9), "Free room on the disk, in MB, without which no trial starts.")
    max_trial_mb: int = ruled(1000, Whole(1, 10**9), "Largest folder of one trial, in MB; a larger one fails.")
    results_dir: str = ruled("optimization_results", Text(4096), "Folder that holds one folder per run.")
    data_dir: str | None = ruled(None, Maybe(Text(4096)), "Folder of data-set files; TUNEWELL_DATA_DIR if left out.")
    show_progress: bool = ruled(True, Flag(), "Draw a progress bar.")
    plugins: tuple[str, ...] = ruled((), ModuleNames(), "Your own modules that register data sets or model builders.")
    model_builder: str | None = ruled(
        None, Maybe(Text(100)), "A model builder that a plugin registers; Tunewell's own if left out."
    )

    def contradictions(self) -> dict[str, str]:
        load_plugins(self.plugins)  # they may register the data set whose name is looked up next
        problems = super().contradictions()
        if datasets.is_own(self.dataset_name) and not self.plugins:
            name = self.dataset_name
            problems["plugins"] = f"must name the module that registers {name}: the processes that train import it too"
        if self.model_builder is not None and self.model_builder not in OWN_BUILDERS:
            known = ", ".join(OWN_BUILDERS) or "none"
            problems["model_builder"] = f"must be one that the plugins register ({known}); got {self.model_builder!r}"
        return problems

    @property
    def results_path(self) -> Path:
        return Path(self.results_dir)

    @property
    def limits_and_places(self) -> dict[str, Any]:
        """Fields of every TrialSpec handed over from now on, also of models that were drawn before a run was resumed
        with other ones."""
        return {
            "data_dir": self.data_dir,
            "time_limit_s": self.minutes_per_trial * 60 if self.minutes_per_trial else None,
            "min_free_mb": self.min_free_mb,
            "max_trial_mb": self.max_trial_mb,
        }


def create_optimization_config(request: OptimizationRequest, **system_values: Any) -> OptimizationConfig:
    """The configuration for a request; `system_values` are fields of OptimizationConfig alone."""
    asked = {field.name: getattr(request, field.name) for field in dataclasses.fields(OptimizationRequest)}
    if misplaced := sorted(set(system_values) & set(asked)):
        raise ConfigError(dict.fromkeys(misplaced, "is a value of the request, not of the system"))
    return OptimizationConfig(**asked, **system_values)
