"""What a search may change about a model, as data, and how a draw becomes a ModelConfig.

Knows Optuna and no Keras; the tests drive it with optuna.trial.FixedTrial.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import BaseTrial

from .config import OptimizationConfig
from .cost import estimate_cost
from .datasets import DATASETS
from .model_config import ModelConfig

Values = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """One searched value. condition: whether it exists, given those before it; effect: one sentence."""

    name: str
    distribution: BaseDistribution
    effect: str
    condition: Callable[[Values], bool] = lambda values: True

    @property
    def default(self) -> Any:
        """ModelConfig's value, as the distribution writes it."""
        value = getattr(ModelConfig(), self.name)
        return value[0] if self.name == "kernel_size" else value


def _choice(*options: Any) -> CategoricalDistribution:
    return CategoricalDistribution(options)


CNN_SPACE: tuple[Hyperparameter, ...] = (
    Hyperparameter(
        name="num_layers_conv",
        distribution=IntDistribution(1, 4),
        effect="More convolution layers see larger patterns, cost more time, and shrink the picture each time.",
    ),
    Hyperparameter(
        name="filters_per_conv_layer",
        distribution=IntDistribution(16, 256, log=True),
        effect="More filters tell more patterns apart; the work grows with their square.",
    ),
    Hyperparameter(
        name="kernel_size",
        distribution=_choice(3, 5),
        effect="A larger kernel sees more at once and has more weights.",
    ),
    Hyperparameter(
        name="padding",
        distribution=_choice("same", "valid"),
        effect="Same keeps the border of the picture; valid cuts it away.",
    ),
    Hyperparameter(
        name="pooling",
        distribution=_choice("max", "average"),
        effect="Max keeps the strongest answer of a neighbourhood, average the typical one.",
    ),
    Hyperparameter(
        name="activation",
        distribution=_choice("relu", "leaky_relu", "swish", "elu", "tanh", "sigmoid"),
        effect="Decides which signals pass a unit: relu can die, tanh and sigmoid can saturate.",
    ),
    Hyperparameter(
        name="kernel_initializer",
        distribution=_choice("he_normal", "glorot_uniform"),
        effect="The size of the first weights: he suits relu-like activations, glorot tanh and sigmoid.",
    ),
    Hyperparameter(
        name="batch_normalization",
        distribution=_choice(False, True),
        effect="Keeps each layer's signals in range, so higher learning rates work.",
    ),
    Hyperparameter(
        name="use_global_pooling",
        distribution=_choice(False, True),
        effect="Averages each feature map to one number: far fewer weights, position is forgotten.",
    ),
    Hyperparameter(
        name="num_layers_hidden",
        distribution=IntDistribution(1, 4),
        effect="More dense layers combine features further and are harder to train.",
    ),
    Hyperparameter(
        name="first_hidden_layer_nodes",
        distribution=IntDistribution(64, 1024, log=True),
        effect="Width of the first dense layer; later ones are narrower.",
    ),
    Hyperparameter(
        name="first_hidden_layer_dropout",
        distribution=FloatDistribution(0.0, 0.5, step=0.05),
        effect="Switches off this share of units at random in training, against overfitting.",
    ),
    Hyperparameter(
        name="dropout_decrease",
        distribution=FloatDistribution(0.0, 0.2, step=0.05),
        effect="How much the dropout falls from one dense layer to the next.",
        condition=lambda values: values["num_layers_hidden"] > 1 and values["first_hidden_layer_dropout"] > 0,
    ),
    Hyperparameter(
        name="l2",
        distribution=_choice(0.0, 1e-5, 1e-4, 1e-3),
        effect="Pulls weights towards zero, against overfitting.",
    ),
    Hyperparameter(
        name="data_augmentation",
        distribution=_choice(False, True),
        effect="Shifts, turns and zooms the training pictures a little, so that the model sees more variety.",
    ),
    Hyperparameter(
        name="optimizer",
        distribution=_choice("adam", "rmsprop", "sgd", "adamw"),
        effect="The rule that turns gradients into steps.",
    ),
    Hyperparameter(
        name="learning_rate",
        distribution=FloatDistribution(1e-4, 1e-2, log=True),
        effect="Length of a step: too small learns slowly, too large is unstable and kills units.",
    ),
    Hyperparameter(
        name="momentum",
        distribution=FloatDistribution(0.5, 0.95, step=0.05),
        effect="How much of the last step the next one keeps.",
        condition=lambda values: values["optimizer"] == "sgd",
    ),
    Hyperparameter(
        name="weight_decay",
        distribution=FloatDistribution(1e-5, 1e-2, log=True),
        effect="Shrinks weights at every step, apart from the gradient.",
        condition=lambda values: values["optimizer"] == "adamw",
    ),
    Hyperparameter(
        name="learning_rate_schedule",
        distribution=_choice("constant", "cosine", "exponential", "reduce_on_plateau"),
        effect="How the learning rate falls during training.",
    ),
    Hyperparameter(
        name="clip_norm",
        distribution=_choice(None, 1.0),
        effect="Caps the length of a gradient, against explosions.",
    ),
)


def default_params() -> dict[str, Any]:
    """Trial 0: ModelConfig's own values for every hyperparameter that exists for them."""
    values: dict[str, Any] = {}
    for parameter in CNN_SPACE:
        if parameter.condition(values):
            values[parameter.name] = parameter.default
    return values


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """One draw. repairs, fallbacks: hyperparameter -> what happened to it, in words."""

    model: ModelConfig
    repairs: Mapping[str, str]
    fallbacks: Mapping[str, str]


class HyperparameterSelector:
    """Draws models for one job and keeps each within the job's size and work limits."""

    def __init__(self, config: OptimizationConfig) -> None:
        info = DATASETS[config.dataset_name]
        self._shape, self._classes = info.shape, len(info.classes)
        self._max_parameters = config.max_parameters
        self._max_flops = config.max_relative_flops * self._cost(ModelConfig()).flops

    def suggest_hyperparameters(self, trial: BaseTrial) -> Suggestion:
        """A model for the trial. A suggestion that fails falls back to ModelConfig's value."""
        values: dict[str, Any] = {}
        fallbacks: dict[str, str] = {}
        for parameter in CNN_SPACE:
            if not parameter.condition(values):
                continue
            try:
                values[parameter.name] = _suggest(trial, parameter)
            except (ValueError, RuntimeError) as error:
                values[parameter.name] = parameter.default
                fallbacks[parameter.name] = f"{type(error).__name__}: {error}"
        size = values["kernel_size"]
        model, repairs = self._affordable(ModelConfig(**{**values, "kernel_size": (size, size)}))
        return Suggestion(model, repairs, fallbacks)

    def _cost(self, model: ModelConfig) -> Any:
        return estimate_cost(model, self._shape, self._classes)

    def _affordable(self, drawn: ModelConfig) -> tuple[ModelConfig, dict[str, str]]:
        """The draw, narrowed until it is within the limits: filters first, then dense units."""
        model = drawn
        while self._cost(model).flops > self._max_flops and model.filters_per_conv_layer > 1:
            model = model.replace(filters_per_conv_layer=model.filters_per_conv_layer * 9 // 10)
        while self._cost(model).parameters > self._max_parameters and model.first_hidden_layer_nodes > 1:
            model = model.replace(first_hidden_layer_nodes=model.first_hidden_layer_nodes * 9 // 10)
        while self._cost(model).parameters > self._max_parameters and model.filters_per_conv_layer > 1:
            model = model.replace(filters_per_conv_layer=model.filters_per_conv_layer * 9 // 10)
        names = ("filters_per_conv_layer", "first_hidden_layer_nodes")
        changed = [name for name in names if getattr(model, name) != getattr(drawn, name)]
        return model, {
            name: f"{getattr(drawn, name)} → {getattr(model, name)}, to stay within the job's size and work limits"
            for name in changed
        }


def _suggest(trial: BaseTrial, parameter: Hyperparameter) -> Any:
    match parameter.distribution:
        case CategoricalDistribution(choices=options):
            return trial.suggest_categorical(parameter.name, options)
        case IntDistribution(low=low, high=high, log=log, step=step):
            return trial.suggest_int(parameter.name, low, high, step=step, log=log)
        case FloatDistribution(low=low, high=high, log=log, step=step):
            return trial.suggest_float(parameter.name, low, high, step=step, log=log)
    raise TypeError(f"{parameter.name}: no way to suggest a {type(parameter.distribution).__name__}")
