"""From a draw to the trial that is handed over."""

from .config import OptimizationConfig
from .request import PlotMode
from .search_space import Suggestion
from .seeds import derive_seed
from .trial import TrialSpec


def spec_of(config: OptimizationConfig, run_name: str, number: int, suggestion: Suggestion) -> TrialSpec:
    """What the trial's runner needs, from the draw and the job's configuration."""
    return TrialSpec(
        run_name=run_name,
        number=number,
        seed=derive_seed(config.random_seed, number),
        split_seed=config.random_seed,
        dataset_name=config.dataset_name,
        validation_split=config.validation_split,
        holdout_split=config.holdout_split,
        batch_size=suggestion.batch_size,
        min_epochs=config.min_epochs_per_trial,
        max_epochs=config.max_epochs_per_trial,
        early_stopping_patience=config.early_stopping_patience,
        health_monitoring_frequency=config.health_monitoring_frequency,
        draw_plots=config.create_trial_plots is PlotMode.ALL,
        plugins=config.plugins,
        model_builder=config.model_builder,
        model=suggestion.model,
        **config.limits_and_places,
    )
