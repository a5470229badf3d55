"""Faults put into trainings on purpose, and what the six metrics say of them: the table in docs/HEALTH.md.

`make health` trains each and writes the table; tests/long/test_health_faults.py holds every line of it.
"""

import dataclasses
import functools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from optimization.engine.builders import register_builder
from optimization.engine.datasets import Modality, Splits, TextShape
from optimization.engine.feeding import TrainingData, training_data
from optimization.engine.model_builder import build_model
from optimization.engine.model_config import ModelConfig
from optimization.engine.request import HealthMetric
from optimization.engine.training import train_on
from optimization.engine.trial import TrialResult, TrialSpec

FALL, HOLD = 0.3, 0.15
"""A metric that a fault must show falls by so much at least; one that it must leave alone moves by so much at most."""

PAGE = Path(__file__).parents[1] / "docs" / "HEALTH.md"
BEGIN, END = "<!-- written by make health -->", "<!-- end of what make health writes -->"
HEADINGS = ("case", "acc", "util", "eff", "stab", "grad", "conv", "cons", "gap", "overfits", "weights")

UTILIZATION, EFFICIENCY, STABILITY, GRADIENTS, CONVERGENCE, CONSISTENCY = HealthMetric
LEARNS_NOTHING = {EFFICIENCY, CONVERGENCE, CONSISTENCY}
NOISE_SHARE = SHIFTED = 0.6


class Fault(NamedTuple):
    """falls, holds: metrics in which the fault must be seen, or must not be; the rest are free.

    model: settings that differ from the twin's. data: what becomes of the splits. builder: the name of one that
    spoils the model's first weights. overfits: whether the verdict must say so. epochs: more than the twin's, which
    then is trained as long.
    """

    name: str
    falls: set[HealthMetric]
    holds: set[HealthMetric]
    model: Mapping[str, Any] = {}
    data: Callable[[Splits], Splits] = lambda splits: splits
    builder: str | None = None
    overfits: bool = False
    epochs: int | None = None


class Twin(NamedTuple):
    """A healthy training, and the faults that are put into it."""

    dataset_name: str
    model: ModelConfig
    epochs: int
    faults: tuple[Fault, ...]


def _dead(model: ModelConfig, shape: tuple[int, ...], classes: int, **settings: int) -> keras.Model:
    """Biases so low that hardly a relu ever fires."""
    built = build_model(model, shape, classes, **settings)
    for layer in built.layers:
        if getattr(layer, "activation", None) is keras.activations.relu:
            layer.bias.assign(np.full(layer.bias.shape, -5.0, np.float32))
    return built


def _huge(model: ModelConfig, shape: tuple[int, ...], classes: int, **settings: int) -> keras.Model:
    """First weights sixty times too large."""
    built = build_model(model, shape, classes, **settings)
    for weight in built.trainable_weights:
        if len(weight.shape) >= 2:
            weight.assign(weight.value * 60)
    return built


def _mislabelled(splits: Splits) -> Splits:
    """Labels of a share of all examples, whatever they are for, drawn anew: as of a careless annotator."""
    rng = np.random.default_rng(0)

    def spoiled(labels: np.ndarray) -> np.ndarray:
        drawn = rng.integers(len(splits.class_names), size=labels.shape).astype(labels.dtype)
        return np.where(rng.random(labels.shape) < NOISE_SHARE, drawn, labels)

    return dataclasses.replace(splits, y_train=spoiled(splits.y_train), y_val=spoiled(splits.y_val))


def _shifted(splits: Splits) -> Splits:
    """Validation examples of another source: pictures turned on their side, texts most of whose words are unknown."""
    if splits.modality is Modality.IMAGE:
        return dataclasses.replace(splits, x_val=np.ascontiguousarray(np.rot90(splits.x_val, axes=(1, 2))))
    hidden = np.random.default_rng(0).random(splits.x_val.shape) < SHIFTED
    return dataclasses.replace(splits, x_val=np.where(hidden & (splits.x_val > 2), 2, splits.x_val))


for _name, _builder in (("dead_biases", _dead), ("huge_weights", _huge)):
    register_builder(_name, _builder)

_SIGMOIDS = {
    "activation": "sigmoid",
    "num_layers_hidden": 12,
    "hidden_layer_decrease": 1.0,
    "kernel_initializer": "glorot_uniform",
}


def _in_both(*, rate: float, large: Mapping[str, Any], noisy_epochs: int) -> tuple[Fault, ...]:
    """The faults that pictures and texts share. rate: a hundred times the twin's. large: fifty times its weights.
    noisy_epochs: so long it takes to learn wrong labels by heart."""
    return (
        Fault(
            "biases so low that most relus die",
            {UTILIZATION, GRADIENTS} | LEARNS_NOTHING,
            {STABILITY},
            builder="dead_biases",
        ),
        Fault("12 sigmoid layers", {UTILIZATION, GRADIENTS} | LEARNS_NOTHING, {STABILITY}, model=_SIGMOIDS),
        Fault(
            "learning rate × 100",
            {UTILIZATION, STABILITY, GRADIENTS} | LEARNS_NOTHING,
            set(),
            model={"learning_rate": rate},
        ),
        Fault("first weights × 60", {EFFICIENCY, GRADIENTS, CONVERGENCE}, {STABILITY}, builder="huge_weights"),
        Fault(
            f"60 % of the labels drawn anew, {noisy_epochs} epochs",
            {EFFICIENCY, CONVERGENCE},
            {STABILITY, GRADIENTS},
            data=_mislabelled,
            overfits=True,
            epochs=noisy_epochs,
        ),
        Fault("50 × the weights", {EFFICIENCY}, {STABILITY, CONVERGENCE, CONSISTENCY}, model=large),
        Fault("no training", LEARNS_NOTHING, {STABILITY, GRADIENTS}, model={"learning_rate": 1e-9}),
    )


TWINS = {
    Modality.IMAGE: Twin(
        "digits",
        ModelConfig(activation="relu", batch_normalization=False, learning_rate=1e-3),
        epochs=8,
        faults=(
            *_in_both(
                rate=0.1,
                large={"filters_per_conv_layer": 192, "first_hidden_layer_nodes": 2700},
                noisy_epochs=30,
            ),
            Fault(
                "validation pictures turned on their side",
                LEARNS_NOTHING,
                {UTILIZATION, STABILITY, GRADIENTS},
                data=_shifted,
                overfits=True,
            ),
        ),
    ),
    Modality.TEXT: Twin(
        "toy_reviews",
        ModelConfig(
            activation="relu",
            vocab_size=2000,
            sequence_length=40,
            embedding_dim=16,
            lstm_units=16,
            lstm_dropout=0.0,
            first_hidden_layer_nodes=32,
            learning_rate=5e-3,
        ),
        epochs=6,
        faults=(
            *_in_both(rate=0.5, large={"embedding_dim": 800, "first_hidden_layer_nodes": 4000}, noisy_epochs=20),
            Fault(
                "60 % of the words of validation texts unknown",
                {EFFICIENCY, CONVERGENCE},
                {UTILIZATION, STABILITY, GRADIENTS},
                data=_shifted,
                overfits=True,
            ),
        ),
    ),
}


@functools.cache
def healthy(modality: Modality, epochs: int) -> TrialResult:
    """The twin itself."""
    return _train(TWINS[modality], Fault("healthy", set(), set()), epochs)


def faulty(modality: Modality, fault: Fault) -> tuple[TrialResult, TrialResult]:
    """The twin with the fault, and without it, after as many epochs."""
    twin = TWINS[modality]
    epochs = fault.epochs or twin.epochs
    return _train(twin, fault, epochs), healthy(modality, epochs)


def _train(twin: Twin, fault: Fault, epochs: int) -> TrialResult:
    spec = TrialSpec(
        run_name="faults",
        number=0,
        seed=1,
        split_seed=1,
        dataset_name=twin.dataset_name,
        data_dir=None,
        validation_split=0.2,
        batch_size=32,
        min_epochs=1,
        max_epochs=epochs,
        early_stopping_patience=None,
        time_limit_s=None,
        health_monitoring_frequency=1,
        min_free_mb=0,
        max_trial_mb=1000,
        model=twin.model.replace(**fault.model),
        model_builder=fault.builder,
    )
    with tempfile.TemporaryDirectory() as folder:
        return train_on(_spoiled(spec, fault), spec, Path(folder), on_epoch=lambda report: None, verdict=lambda: None)


def _spoiled(spec: TrialSpec, fault: Fault) -> TrainingData:
    is_text = spec.dataset_name == TWINS[Modality.TEXT].dataset_name
    text = TextShape(spec.model.vocab_size, spec.model.sequence_length) if is_text else None
    data = training_data(spec.dataset_name, None, spec.validation_split, spec.holdout_split, spec.split_seed, text)
    splits = fault.data(data.splits)
    return data._replace(splits=splits, y=keras.ops.convert_to_tensor(splits.y_train))


def table() -> Iterator[str]:
    """The page's lines; what a fault must show is bold, what it must leave alone in italics."""
    for modality, twin in TWINS.items():
        yield from (f"`{twin.dataset_name}`, one seed, {twin.epochs} epochs unless said:", "")
        yield f"| {' | '.join(HEADINGS)} |"
        yield f"|{' --- |' * len(HEADINGS)}"
        yield _row("healthy", healthy(modality, twin.epochs), set(), set())
        for fault in twin.faults:
            result, without = faulty(modality, fault)
            if fault.epochs:
                yield _row(f"healthy, {fault.epochs} epochs", without, set(), set())
            yield _row(fault.name, result, fault.falls, fault.holds)
        yield ""


def _row(name: str, result: TrialResult, falls: set[HealthMetric], holds: set[HealthMetric]) -> str:
    cells = [name, _figure(result.val_accuracy)]
    for metric in HealthMetric:
        mark = "**" if metric in falls else "*" if metric in holds else ""
        cells.append(f"{mark}{_figure(result.health[metric].value)}{mark}")
    gap = result.overfitting
    assert gap is not None
    return f"| {' | '.join([*cells, _figure(gap.value), gap.verdict, f'{result.parameters:,}'])} |"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:z.2f}".replace("0.", ".", 1)


def main() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    written = "\n".join(table())
    PAGE.write_text(f"{before}{BEGIN}\n{written}{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
