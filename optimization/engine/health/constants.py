"""The engineering choices in the definitions of health, all in one place."""

from typing import NamedTuple


class Constants(NamedTuple):
    """The engineering choices in the definitions, all in one place."""

    chunks: int = 20
    fewest_batches_per_chunk: int = 4
    rise_standard_errors: float = 2.0
    climb_window: int = 3
    climb_over_start: float = 2.0
    up_scale: float = 0.25
    spike_window: int = 10
    spike_deviations: float = 6.0
    spike_entropy_share: float = 0.5
    spike_weight: float = 10.0
    good_progress: float = 0.25
    size_from: float = 1e4
    size_decades: float = 3.0
    size_penalty: float = 0.6
    fires_often_enough: float = 0.01
    spreads_enough: float = 0.01
    unsaturated_enough: float = 0.05
    end_of_range: float = 0.03
    dead_weight: float = 0.1
    dormant_strength: float = 0.025
    worst_layer_share: float = 0.5
    vanished_decades: float = -5.0
    even_decades: float = -3.0
    large_norm_decades: float = 2.0
    exploded_norm_decades: float = 4.0
    usual_zero_share: float = 0.5
    gone_decades: float = -9.0
    alive_decades: float = -7.0
    fewest_per_class: int = 5
    nearly_all_dead: float = 0.98
    gap_noticed: float = 0.02
    gap_large: float = 0.1
    rise_noticed: float = 0.05
    confidence: float = 1.96
    calibration_bins: int = 15
    good: float = 0.8
    fair: float = 0.5


CONSTANTS = Constants()
