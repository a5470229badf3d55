"""All plots of a trial, in the order they are shown: the one place that names them.

This module loads neither matplotlib nor NumPy, so a page may read it; a plot's own module is loaded when it is drawn.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from .record import TrialArrays

GROUPS = {
    "training": "Training",
    "predictions": "Predictions",
    "gradients": "Gradients and weights",
    "units": "Units and activations",
    "explanations": "Explanations",
    "cost": "Cost",
}


class Picture(Protocol):
    """A plot's module: `visualization.figures.{name}`."""

    def prepare(self, arrays: "TrialArrays") -> Any:
        """A NamedTuple of what is drawn, small and JSON-able. Raises NotRecorded when it was not measured."""

    def draw(self, data: Any) -> "Figure": ...


class Movie(Protocol):
    """The module of a plot that moves."""

    def prepare(self, arrays: "TrialArrays") -> Any: ...

    def frames(self, data: Any) -> "Iterator[Figure]":
        """The same figure again and again, changed; the last one stands for all where nothing moves."""


class Plot(NamedTuple):
    """One entry. title: also the picture's. caption: what is shown, how to read it, what is healthy."""

    name: str
    group: str
    title: str
    caption: str
    moves: bool = False

    def module(self) -> Any:
        """The plot's own module, a `Picture`, or a `Movie` when it moves."""
        return importlib.import_module(f"{__package__}.{self.name}")


PLOTS = (
    Plot(
        "loss_and_accuracy",
        "training",
        "Loss and accuracy by epoch",
        "Loss (lower is better) and accuracy after each epoch, on training and on validation data. Healthy: both "
        "curves fall or rise together and flatten; a widening gap is overfitting.",
    ),
    Plot(
        "training_progress",
        "training",
        "Loss batch by batch",
        "The loss of every training batch as it was, its running mean, and the validation loss several times an "
        "epoch. Healthy: it falls steadily and flattens. Triangles are sudden jumps; many of them, or a rising mean, "
        "ask for a smaller learning rate.",
    ),
    Plot(
        "learning_rate",
        "training",
        "Learning rate",
        "The learning rate the optimizer stepped with at each batch. Read it beside the loss: a fall of the loss that"
        " comes with a fall of the rate says that the rate was too high before.",
    ),
    Plot(
        "generalization_gap",
        "training",
        "Gap between training and validation",
        "The model in inference mode on a fixed part of the training data and on validation data, so that dropout "
        "does not blur the comparison. Healthy: the grey gap stays narrow; a gap that widens while the validation "
        "loss rises is overfitting.",
    ),
    Plot(
        "health_radar",
        "training",
        "Health at the end",
        "The health metrics with their values, from 0 at the centre to 1 at the rim: larger is healthier. A metric "
        "that could not be measured has no point and says why.",
    ),
    Plot(
        "animation",
        "training",
        "Training as a film",
        "The loss grows epoch by epoch while the answers of layers to one validation example change. Healthy: noise "
        "turns into structure; a map that stays dark or never changes belongs to a layer that does not learn.",
        moves=True,
    ),
    Plot(
        "confusion_matrix",
        "predictions",
        "Confusion matrix",
        "How many validation examples of each true class (row) were given which answer (column), as shares of the "
        "true class and as counts. Healthy: all weight on the diagonal. A pair off it is two classes the model cannot"
        " tell apart; a full column is an answer it gives too readily.",
    ),
    Plot(
        "class_scores",
        "predictions",
        "Precision, recall and F1 by class",
        "Recall: of a class's validation examples, the share found. Precision: of the answers with that class, the "
        "share that is right. F1 is high only where both are. Bars are 95 % Wilson intervals: where two overlap, the "
        "difference may be luck. Healthy: all classes alike and high.",
    ),
    Plot(
        "roc_curves",
        "predictions",
        "ROC curves, one class against the rest",
        "As the threshold on a class's probability falls, more of its validation examples are found (up) and more of "
        "the others are taken for it (right). Area 1 ranks perfectly, 0.5 is guessing. Healthy: the curves hug the "
        "upper left corner, which is enlarged on the right.",
    ),
    Plot(
        "precision_recall_curves",
        "predictions",
        "Precision and recall, one class against the rest",
        "The trade between finding all validation examples of a class (right) and being right when saying so (up). "
        "Unlike ROC it shows what false alarms cost where a class is rare. Healthy: flat at the top, falling only at "
        "the right end.",
    ),
    Plot(
        "calibration",
        "predictions",
        "Calibration: confidence against accuracy",
        "Of validation answers given with 80 % confidence, 80 % should be right: points on the diagonal. Below it the "
        "model is too sure, above it too modest. Each point holds equally many examples. Few examples alone make some "
        "error: compare ECE with the figure below it. Log loss and Brier score judge confidence and accuracy together.",
    ),
    Plot(
        "noise_robustness",
        "predictions",
        "Accuracy on disturbed examples",
        "The same validation examples with more and more noise: added to pictures, or words replaced. Healthy: a "
        "gentle slope. A cliff at little noise means that the model leans on fine detail. Band: 95 % Wilson interval.",
    ),
    Plot(
        "predictions",
        "predictions",
        "Predictions on samples",
        "The same few validation examples for every trial, with the three likeliest answers. Green: the true class; "
        "red: the answer given, where it is wrong. Healthy: right, and less sure where you would hesitate too.",
    ),
    Plot(
        "worst_mistakes",
        "predictions",
        "Worst mistakes",
        "The wrong validation answers that gave least probability to the true class. Look for what they share: a "
        "label that is wrong, a kind of example that is rare in training, something in the background.",
    ),
    Plot(
        "label_errors",
        "predictions",
        "Likely label errors",
        "Validation examples whose label the model doubts more than its general uncertainty explains (confident "
        "learning, cleanlab), with the probability it gives that label. Candidates for a second look, not proof: a "
        "weak model doubts right labels too.",
    ),
    Plot(
        "embedding_map",
        "predictions",
        "Map of the last hidden layer",
        "Each point is a validation example, placed by what the last hidden layer makes of it: along the two "
        "directions of most variance, and so that neighbours stay neighbours. Healthy: one cluster for each class, "
        "mistakes (ringed) at their borders. Sizes of clusters and distances between them mean nothing in t-SNE.",
    ),
    Plot(
        "gradient_norms",
        "gradients",
        "Gradients and updates by layer",
        "Left: the size of each layer's gradient, from the initial weights on. Right: how far one step moves a "
        "layer's weights. Healthy: neighbouring layers differ by less than a factor of ten, and updates are about a "
        "thousandth of the weights, within the grey band.",
    ),
    Plot(
        "gradient_distributions",
        "gradients",
        "Distribution of gradients by layer",
        "How many weights of each layer have gradients of which size, at the initial weights and after training. "
        "Healthy: hills over the same sizes in all layers. A hill far left, or a large share of zeros, is a layer "
        "that hardly learns.",
    ),
    Plot(
        "weight_distributions",
        "gradients",
        "Distribution of weights by layer",
        "The weights of each layer before and after training, each hill scaled to its own height. Healthy: after "
        "training they are somewhat wider. A hill that did not move did not learn; one many times wider grew without "
        "bound.",
    ),
    Plot(
        "bias_distributions",
        "gradients",
        "Distribution of biases by layer",
        "The biases of each layer before and after training. Healthy: they spread a little around zero. Biases far "
        "below zero switch ReLU units off for good.",
    ),
    Plot(
        "dead_units",
        "units",
        "Dead and dormant units by layer",
        "Dead: a unit that never fires, answers every validation example alike, or is saturated on all of them. "
        "Dormant: its mean answer is under 2.5 % of its layer's. Some are dead at the initial weights already, so read "
        "the change. Healthy: few, and no more after training; a bar that grows asks for a smaller learning rate.",
    ),
    Plot(
        "unit_activity",
        "units",
        "Activity of each unit",
        "The units of each layer from the busiest to the idlest: on which share of validation samples each fires, or, "
        "for tanh and sigmoid, which share of its answers lies at the ends of the range. Healthy: a slope. A curve "
        "that drops to 0 early has dead units; one flat at 100 % has units that tell no samples apart.",
    ),
    Plot(
        "activation_summary",
        "units",
        "Activations by layer and epoch",
        "How often the units of each layer answer with which value on validation data, from the initial weights on. "
        "Healthy: the band widens a little and settles. A band that shrinks to a line is a layer that says nothing; "
        "one that keeps growing is on its way to diverge. Many zeros are usual for ReLU and no fault.",
    ),
    Plot(
        "activation_maps",
        "units",
        "Feature maps",
        "What the channels of each layer answer to a few validation examples, where in the picture. Healthy: channels "
        "differ from one another; the first layers show edges, later ones coarser patterns. Like maps in all channels "
        "are wasted filters, dark ones found nothing here.",
    ),
    Plot(
        "activation_progression",
        "units",
        "One example through training",
        "How strongly each layer answers one validation example, from the initial weights to the last epoch. Healthy: "
        "structure appears and then stays. A layer that never changes does not learn; one that changes to the end "
        "might gain from more epochs.",
    ),
    Plot(
        "grad_cam",
        "explanations",
        "Where the model looked",
        "Grad-CAM: where the last convolution found what speaks for the answer given. Saliency: the pixels whose "
        "change would move that answer most. Healthy: both lie on the object. Heat on the background or the border "
        "means that the model learned something beside the point. Compare right (✓) and wrong (✗) answers.",
    ),
    Plot(
        "token_saliency",
        "explanations",
        "Words that decided",
        "What each word of some validation texts adds to the answer given, against a text of padding only (integrated "
        "gradients). Healthy: words that carry meaning stand out, and the same ones in all texts. The sum over the "
        "words should be the second figure beside it; where it is far off, read the colours with care.",
    ),
    Plot(
        "lstm_states",
        "explanations",
        "LSTM states and gates",
        "What an LSTM remembers of one validation text, word by word. Input gate: what is written; forget gate: 1 "
        "keeps, 0 erases; output gate: what is shown; candidate: what would be written. Healthy: states change at "
        "words that matter and last after them. Each row has its own scale: gates that stay near one value decide "
        "nothing.",
    ),
    Plot(
        "latency_and_size",
        "cost",
        "Size and time by layer",
        "What each layer costs in parameters, in operations for one example, and in time for a batch of 64. A layer "
        "that has most of one of them is where a smaller model begins. Layers are timed one by one, which takes longer "
        "than the whole.",
    ),
)

BY_NAME = {plot.name: plot for plot in PLOTS}
