"""The search space as data: one table, from which come the distributions, the form, the checks and the help.

Knows no Optuna and no Keras, so that a web page can read it. A default is ModelConfig's value, never written again.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from .datasets.registry import Modality
from .model_config import ModelConfig
from .ranges import Choices, Kind, Range, RealRange, WholeRange, in_words

IMAGES = frozenset({Modality.IMAGE})
TEXTS = frozenset({Modality.TEXT})
ALL = IMAGES | TEXTS


class Needs(NamedTuple):
    """What another hyperparameter, earlier in the table, must be. Ends that are None are open."""

    name: str
    above: float | None = None
    at_most: float | None = None
    one_of: tuple[Any, ...] | None = None

    def holds(self, value: Any) -> bool:
        if self.one_of is not None:
            return value in self.one_of
        return (self.above is None or value > self.above) and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        if self.one_of is not None:
            return f"{self.name} is {' or '.join(in_words(value) for value in self.one_of)}"
        if self.above is not None:
            return f"{self.name} is above {self.above:g}"
        return f"{self.name} is at most {self.at_most:g}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """One value that a search may change.

    condition: all that must hold for it to matter; where it does not, ModelConfig's value stands.
    effect: one sentence. help: a short paragraph, for the learn page. searched: whether a search changes it
    without being asked to.
    """

    name: str
    title: str
    range: Range
    applies_to: frozenset[Modality]
    effect: str
    help: str
    unit: str = ""
    condition: tuple[Needs, ...] = ()
    searched: bool = True

    @property
    def kind(self) -> Kind:
        return self.range.kind

    @property
    def default(self) -> Any:
        """ModelConfig's value, as the range writes it; the request's for what belongs to the request."""
        if self.name == "batch_size":
            from .request import OptimizationRequest

            return OptimizationRequest.batch_size
        value = getattr(ModelConfig(), self.name)
        return value[0] if self.name == "kernel_size" else value

    def exists_for(self, values: Mapping[str, Any]) -> bool:
        """Whether it matters, given the values of those before it."""
        return all(needs.holds(values[needs.name]) for needs in self.condition)


_CONVOLUTIONS = (
    Hyperparameter(
        name="num_layers_conv",
        title="Convolution layers",
        range=WholeRange(1, 4),
        applies_to=IMAGES,
        effect="More convolution layers see larger patterns, cost more time, and shrink the picture each time.",
        help="Each layer looks for patterns in what the layer before it found: edges first, then corners and "
        "textures, then parts of things. After each layer the picture is halved, so on small pictures the third "
        "and fourth layer have little left to look at.",
        unit="layers",
    ),
    Hyperparameter(
        name="filters_per_conv_layer",
        title="Filters per convolution layer",
        range=WholeRange(16, 256, log=True),
        applies_to=IMAGES,
        effect="More filters tell more patterns apart; the work grows with their square.",
        help="A filter answers to one kind of pattern. Simple pictures need few, photographs more. Twice the "
        "filters mean four times the work and the weights in every layer but the first, so this is what decides "
        "how long a trial takes. A search stops its range where the model would become too large or too slow.",
        unit="filters",
    ),
    Hyperparameter(
        name="kernel_size",
        title="Kernel size",
        range=Choices((3, 5)),
        applies_to=IMAGES,
        effect="A larger kernel sees more at once and has more weights.",
        help="A kernel of 3 looks at 3×3 pixels at a time, one of 5 at 5×5. Two layers of 3×3 see as far as one "
        "of 5×5, with fewer weights, so 3 is the usual choice; 5 can help where there are few layers.",
        unit="pixels",
    ),
    Hyperparameter(
        name="padding",
        title="Padding",
        range=Choices(("same", "valid")),
        applies_to=IMAGES,
        effect="Same keeps the border of the picture; valid cuts it away.",
        help="With same, the picture is framed with zeros, so that its border counts and its size stays. With "
        "valid, each layer trims the border by half a kernel. Small pictures would soon be gone, so valid is "
        "tried with one or two layers only.",
        condition=(Needs("num_layers_conv", at_most=2),),
    ),
    Hyperparameter(
        name="pooling",
        title="Pooling",
        range=Choices(("max", "average")),
        applies_to=IMAGES,
        effect="Max keeps the strongest answer of a neighbourhood, average the typical one.",
        help="After each convolution four neighbouring values become one. Max asks whether a pattern is there at "
        "all, average how much of it there is.",
    ),
    Hyperparameter(
        name="activation",
        title="Activation",
        range=Choices(("relu", "leaky_relu", "swish", "elu", "tanh", "sigmoid")),
        applies_to=IMAGES,
        effect="Decides which signals pass a unit: relu can die, tanh and sigmoid can saturate.",
        help="Without it, many layers would be no better than one. Relu is fast, but a unit whose input stays "
        "negative learns no more; leaky relu, the default, elu and swish let a little through. Tanh "
        "and sigmoid are flat at both ends, where nothing is learned.",
    ),
    Hyperparameter(
        name="kernel_initializer",
        title="First weights",
        range=Choices(("he_normal", "glorot_uniform")),
        applies_to=IMAGES,
        effect="The size of the first weights: he suits relu-like activations, glorot tanh and sigmoid.",
        help="Training starts from random weights. Are they too large or too small, signals grow or fade from "
        "layer to layer and training starts badly. Batch normalization makes this choice less important.",
    ),
    Hyperparameter(
        name="batch_normalization",
        title="Batch normalization",
        range=Choices((False, True)),
        applies_to=IMAGES,
        effect="Keeps each layer's signals in range, so higher learning rates work.",
        help="After each convolution, the signals of a batch are shifted and scaled to a mean of 0 and a spread "
        "of 1. Training becomes faster and steadier. With very small batches the mean is a guess and it can harm.",
    ),
    Hyperparameter(
        name="use_global_pooling",
        title="Global pooling",
        range=Choices((False, True)),
        applies_to=IMAGES,
        effect="Averages each feature map to one number: far fewer weights, position is forgotten.",
        help="The dense layers can see every position of the last feature maps, or only the mean of each map. "
        "The second makes models many times smaller and harder to overfit, but it cannot tell where a pattern "
        "was, which matters with few layers.",
    ),
)

_WORDS = (
    Hyperparameter(
        name="vocab_size",
        title="Vocabulary",
        range=WholeRange(2_000, 20_000, step=1_000),
        applies_to=TEXTS,
        effect="How many of the most frequent words are known; all others become one unknown word.",
        help="Every known word has its own vector of weights, so the vocabulary is most of a text model's size. "
        "Rare words help little: there are too few examples to learn what they mean.",
        unit="words",
    ),
    Hyperparameter(
        name="sequence_length",
        title="Text length",
        range=WholeRange(50, 400, step=25),
        applies_to=TEXTS,
        effect="How many words of each text are read; time grows with it.",
        help="Longer texts are cut, shorter ones filled up. The network reads one word after the other, so twice "
        "the length takes twice the time. Topics often show in the first words, opinions may come last.",
        unit="words",
    ),
    Hyperparameter(
        name="embedding_dim",
        title="Word vector size",
        range=WholeRange(16, 128, log=True),
        applies_to=TEXTS,
        effect="How many numbers describe a word; more can say more, and overfit sooner.",
        help="Words become vectors in which similar words lie close to each other. The vectors are learned from "
        "the training texts alone, so small data sets cannot fill large ones.",
        unit="values",
    ),
    Hyperparameter(
        name="lstm_units",
        title="LSTM units",
        range=WholeRange(16, 128, log=True),
        applies_to=TEXTS,
        effect="The size of the memory that reads the text; the work grows with its square.",
        help="An LSTM reads word by word and keeps a memory of what it has read. Each unit is one value of that "
        "memory, with gates that decide what is written, kept and told.",
        unit="units",
    ),
    Hyperparameter(
        name="num_layers_lstm",
        title="LSTM layers",
        range=WholeRange(1, 2),
        applies_to=TEXTS,
        effect="A second layer reads what the first one noted down; it costs as much time again.",
        help="The second layer sees the first one's memory at every word, not only at the end. Few tasks need "
        "it, and it is harder to train.",
        unit="layers",
    ),
    Hyperparameter(
        name="use_bidirectional",
        title="Read both ways",
        range=Choices((False, True)),
        applies_to=TEXTS,
        effect="Reads each text forwards and backwards, in twice the time and with twice the weights.",
        help="Read backwards too, every word is seen with what comes after it as well. This often helps to "
        "understand a sentence, less to recognise a topic.",
    ),
    Hyperparameter(
        name="lstm_dropout",
        title="LSTM input dropout",
        range=RealRange(0.0, 0.5, step=0.05),
        applies_to=TEXTS,
        effect="Hides this share of each word vector's values in training, against overfitting.",
        help="In each text of a training batch the same values are hidden at every word, so the model cannot "
        "lean on a few of them. Text models overfit quickly, so some of it nearly always helps.",
    ),
    Hyperparameter(
        name="recurrent_dropout",
        title="LSTM memory dropout",
        range=Choices((0.0, 0.1, 0.2)),
        applies_to=TEXTS,
        effect="Hides this share of the memory from word to word in training; slower, on a GPU much slower.",
        help="The same values of the memory are hidden at every word of a text. It works against overfitting in "
        "the memory itself, but GPUs have no fast way to do it.",
    ),
)

_DENSE_LAYERS = (
    Hyperparameter(
        name="num_layers_hidden",
        title="Dense layers",
        range=WholeRange(1, 4),
        applies_to=ALL,
        effect="More dense layers combine features further and are harder to train.",
        help="Dense layers weigh everything found so far to decide on a class. One is often enough; each further "
        "one has half as many units as the one before it.",
        unit="layers",
    ),
    Hyperparameter(
        name="first_hidden_layer_nodes",
        title="Units of the first dense layer",
        range=WholeRange(64, 1024, log=True),
        applies_to=ALL,
        effect="Width of the first dense layer; later ones are narrower.",
        help="In image models without global pooling most weights lie between the last feature maps and this "
        "layer. Wide layers learn the training examples by heart more easily.",
        unit="units",
    ),
    Hyperparameter(
        name="first_hidden_layer_dropout",
        title="Dropout of the first dense layer",
        range=RealRange(0.0, 0.5, step=0.05),
        applies_to=ALL,
        effect="Switches off this share of units at random in training, against overfitting.",
        help="What the layer says must not depend on a few units, so any of them may be missing in training. In "
        "use all of them are there. Too much of it and the model learns too slowly.",
    ),
    Hyperparameter(
        name="dropout_decrease",
        title="Decrease of the dropout",
        range=RealRange(0.0, 0.2, step=0.05),
        applies_to=ALL,
        effect="How much the dropout falls from one dense layer to the next.",
        help="Later dense layers are narrower and can spare fewer units, so their dropout is lower, by this much "
        "from layer to layer and never below zero.",
        condition=(Needs("num_layers_hidden", above=1), Needs("first_hidden_layer_dropout", above=0)),
    ),
    Hyperparameter(
        name="l2",
        title="L2 penalty",
        range=Choices((0.0, 1e-5, 1e-4, 1e-3)),
        applies_to=IMAGES,
        effect="Pulls weights towards zero, against overfitting.",
        help="The sum of all squared weights, times this, is added to the loss. Small weights make smooth "
        "decisions. Too strong a pull and the model cannot learn.",
    ),
    Hyperparameter(
        name="data_augmentation",
        title="Data augmentation",
        range=Choices((False, True)),
        applies_to=IMAGES,
        effect="Shifts, turns and zooms the training pictures a little, so that the model sees more variety.",
        help="Each time a training picture is shown, it is changed a little at random. This works like more data "
        "and needs more epochs to pay. Nothing is mirrored: a mirrored 2 is no digit.",
    ),
)

_TRAINING = (
    Hyperparameter(
        name="batch_size",
        title="Batch size",
        range=Choices((8, 16, 32, 64, 128, 256, 512)),
        applies_to=ALL,
        effect="Examples in one gradient step: large ones are faster and smoother, small ones often learn better.",
        help="The request's value holds for all trials, unless this is opened to the search. Larger batches need "
        "higher learning rates and more memory.",
        unit="examples",
        searched=False,
    ),
    Hyperparameter(
        name="optimizer",
        title="Optimizer",
        range=Choices(("adam", "rmsprop", "sgd", "adamw")),
        applies_to=ALL,
        effect="The rule that turns gradients into steps.",
        help="Adam and rmsprop give every weight a step length of its own and work well unattended; adamw is adam "
        "with weight decay done apart. Sgd with momentum is slower to start, and can end better.",
    ),
    Hyperparameter(
        name="learning_rate",
        title="Learning rate",
        range=RealRange(1e-4, 1e-2, log=True),
        applies_to=ALL,
        effect="Length of a step: too small learns slowly, too large is unstable and kills units.",
        help="The most important setting of all. It is drawn over its logarithm, since 0.001 and 0.002 differ as "
        "much as 0.005 and 0.01.",
    ),
    Hyperparameter(
        name="momentum",
        title="Momentum",
        range=RealRange(0.5, 0.95, step=0.05),
        applies_to=ALL,
        effect="How much of the last step the next one keeps.",
        help="Like a ball that rolls on: it smooths the path and gets over small bumps. Close to 1 it overshoots.",
        condition=(Needs("optimizer", one_of=("sgd",)),),
    ),
    Hyperparameter(
        name="weight_decay",
        title="Weight decay",
        range=RealRange(1e-5, 1e-2, log=True),
        applies_to=ALL,
        effect="Shrinks weights at every step, apart from the gradient.",
        help="Works against overfitting as the L2 penalty does, but evenly on all weights, which suits adam better.",
        condition=(Needs("optimizer", one_of=("adamw",)),),
    ),
    Hyperparameter(
        name="learning_rate_schedule",
        title="Learning-rate schedule",
        range=Choices(("constant", "cosine", "exponential", "reduce_on_plateau")),
        applies_to=ALL,
        effect="How the learning rate falls during training.",
        help="Large steps first, small ones to settle. Cosine and exponential fall to a small rest by the last "
        "epoch; reduce_on_plateau halves the rate whenever the validation loss has not improved.",
    ),
    Hyperparameter(
        name="clip_norm",
        title="Gradient clipping",
        range=Choices((None, 1.0)),
        applies_to=ALL,
        effect="Caps the length of a gradient, against explosions.",
        help="A single odd batch can give a gradient so long that one step ruins the weights. With 1, gradients "
        "are shortened to length 1 and keep their direction.",
    ),
)

GROUPS: Mapping[str, tuple[Hyperparameter, ...]] = {
    "Convolutions": _CONVOLUTIONS,
    "Reading texts": _WORDS,
    "Dense layers": _DENSE_LAYERS,
    "Training": _TRAINING,
}
"""The table in parts, by the heading that people see."""

SPACE: tuple[Hyperparameter, ...] = tuple(parameter for group in GROUPS.values() for parameter in group)
"""Every hyperparameter of both modalities; those that a condition names come before it."""
