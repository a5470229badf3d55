"""Train one trial: TrialSpec in, epoch reports while it runs, TrialResult and a folder of files out."""

import dataclasses
import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from .cost import estimate_cost
from .datasets import Modality, Splits, TextShape, find_dataset
from .evaluation import score
from .examination import examine, extra_figures
from .feeding import TrainingData, batches, training_data
from .layers import describe_layers
from .model_builder import PLATEAU_SCHEDULE, build_model, build_own_model
from .recorded import write_arrays
from .recorded.course import about_course, course
from .recorded.examples import Recorded, examples
from .trial import EpochReport, TrialResult, TrialSpec, TrialState, Verdict
from .trial_files import FILE_VERSION, write_history, write_json, write_manifest
from .watch import TrialEnded, TrialWatch

logger = logging.getLogger(__name__)

TRAINER = "keras"
MODEL_FILE = "model.keras"
VOCABULARY_FILE = "vocabulary.json"
"""What each word number of a text model means: without it the model could not be used."""
PLATEAU_FACTOR, PLATEAU_PATIENCE = 0.5, 1
"""Trials are short: one epoch without a better validation loss halves the learning rate."""


def train_trial(
    spec: TrialSpec,
    folder: Path,
    *,
    on_epoch: Callable[[EpochReport], None],
    on_trained: Callable[[TrialResult], None] = lambda result: None,
    verdict: Callable[[], Verdict | None],
) -> TrialResult:
    """Train to the last epoch, to early stopping, or to a verdict or divergence, which leave no model.

    on_epoch: called after each epoch. on_trained: called with the result of a complete model, before what only its
    pictures need is measured. verdict: asked after each batch, so it must be quick.
    Test examples are measured once, when training is complete. Raises what the framework raises, and
    DatasetUnavailable. On a CPU the same spec gives the same numbers.
    """
    return train_on(_data_for(spec), spec, folder, on_epoch=on_epoch, on_trained=on_trained, verdict=verdict)


def train_on(
    data: TrainingData,
    spec: TrialSpec,
    folder: Path,
    *,
    on_epoch: Callable[[EpochReport], None],
    on_trained: Callable[[TrialResult], None] = lambda result: None,
    verdict: Callable[[], Verdict | None],
) -> TrialResult:
    """As train_trial, on data that are already there."""
    started = time.monotonic()
    _start_afresh(spec.seed)
    splits = data.splits
    write_manifest(folder, spec, trainer=TRAINER, device=device_in_words(), dataset=_describe_data(spec, splits))
    classes, shape = len(splits.class_names), tuple(splits.x_train.shape[1:])
    steps = math.ceil(len(splits.y_train) / spec.batch_size)
    model, cost = _model_for(spec, shape, classes, steps)
    logger.info("trial %d: %d parameters, %d steps an epoch, %s", spec.number, cost.parameters, steps, spec.model)
    watch = TrialWatch(spec, splits, cost.parameters, on_epoch=on_epoch, verdict=verdict)
    try:
        state, reason = _fit(model, data, spec, watch)
    finally:
        write_history(folder, watch.reports)
    last = watch.reports[-1] if watch.reports else None
    logger.info("trial %d: %s%s", spec.number, state, f" ({reason})" if reason else "")
    result = TrialResult(
        number=spec.number,
        attempt=spec.attempt,
        state=state,
        reason=reason,
        trainer=TRAINER,
        epochs=len(watch.reports),
        val_loss=last.val_loss if last else None,
        val_accuracy=last.val_accuracy if last else None,
        val_balanced_accuracy=last.val_balanced_accuracy if last else None,
        majority_share=watch.monitor.standing.majority_share,
        classes=classes,
        parameters=cost.parameters,
        flops=cost.flops,
        training_s=watch.training_s,
        dataset_size=splits.size,
        health=watch.monitor.measurements(),
        overfitting=watch.monitor.overfitting(),
    )
    if state is TrialState.COMPLETED:
        result = _complete(result, model, watch, splits, folder)
        on_trained(result)
    result = _recorded(result, model, watch, spec, splits, folder)
    return dataclasses.replace(result, duration_s=time.monotonic() - started)


def device_in_words() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"cpu, {os.cpu_count()} cores"
    return ", ".join(tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus)


def _start_afresh(seed: int) -> None:
    """Nothing of the trial before must reach this one."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    if not tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()  # costs nothing measurable on a CPU; on a GPU it is slow


def _data_for(spec: TrialSpec) -> TrainingData:
    info = find_dataset(spec.dataset_name, spec.data_dir)
    text = TextShape(spec.model.vocab_size, spec.model.sequence_length) if info.modality is Modality.TEXT else None
    return training_data(
        spec.dataset_name, spec.data_dir, spec.validation_split, spec.holdout_split, spec.split_seed, text
    )


class _Cost(NamedTuple):
    """As cost.Cost; how much work a model of a builder of one's own takes is not known."""

    parameters: int
    flops: int | None


def _model_for(spec: TrialSpec, shape: tuple[int, ...], classes: int, steps: int) -> tuple[keras.Model, _Cost]:
    settings = {"seed": spec.seed, "total_steps": steps * spec.max_epochs}
    if spec.model_builder is not None:
        built = build_own_model(spec.model_builder, spec.model, shape, classes, **settings)
        return built, _Cost(built.count_params(), None)
    return build_model(spec.model, shape, classes, **settings), _Cost(*estimate_cost(spec.model, shape, classes))


def _fit(model: keras.Model, data: TrainingData, spec: TrialSpec, watch: TrialWatch) -> tuple[TrialState, str]:
    callbacks: list[keras.callbacks.Callback] = [watch]
    if spec.model.learning_rate_schedule == PLATEAU_SCHEDULE:
        callbacks.append(
            keras.callbacks.ReduceLROnPlateau("val_loss", factor=PLATEAU_FACTOR, patience=PLATEAU_PATIENCE)
        )
    try:
        model.fit(
            batches(data, spec.batch_size, spec.seed),
            epochs=spec.max_epochs,
            shuffle=False,  # the batches are shuffled already
            callbacks=callbacks,
            verbose=0,
        )
    except TrialEnded as ended:
        return ended.state, ended.reason
    return TrialState.COMPLETED, watch.stopped_early


def _complete(result: TrialResult, model: keras.Model, watch: TrialWatch, splits: Splits, folder: Path) -> TrialResult:
    """The result with what only a completed trial has; writes its model and its layers."""
    test = score(watch.predictor.probabilities(splits.x_test), splits.y_test)
    _save(model, folder / MODEL_FILE)
    layers = [record.to_dict() for record in describe_layers(model)]
    write_json(folder / "layers.json", {"version": FILE_VERSION, "layers": layers})
    if splits.vocabulary:
        write_json(folder / VOCABULARY_FILE, {"version": FILE_VERSION, "words": splits.vocabulary})
    return dataclasses.replace(
        result,
        test_loss=test.loss,
        test_accuracy=test.accuracy,
        model_file=MODEL_FILE,
        model_bytes=(folder / MODEL_FILE).stat().st_size,
        latency_p95_s=watch.predictor.latency(splits.x_val[:1]).p95_s,
    )


def _recorded(
    result: TrialResult, model: keras.Model, watch: TrialWatch, spec: TrialSpec, splits: Splits, folder: Path
) -> TrialResult:
    """The result with its extra figures; writes the arrays that its plots are drawn from.

    The model is there and measured by now, so whatever goes wrong here costs the pictures, not the trial.
    """
    try:
        seen = Recorded({}, {})
        if result.state is TrialState.COMPLETED:
            examined = examine(model, watch.predictor, splits, watch.probabilities)
            result = dataclasses.replace(result, extras=extra_figures(examined, watch, splits.y_val))
            seen = examples(model, splits, watch.monitor, examined, watch.probabilities)
        about = about_course(spec, result, splits, watch.monitor, model) | seen.about
        write_arrays(folder, about, course(watch.reports, watch.monitor, model) | seen.arrays)
    except Exception:  # see above
        logger.exception("trial %d: its plots cannot be drawn, what they show was not recorded", spec.number)
    return result


def _save(model: keras.Model, path: Path) -> None:
    """Weights and architecture, ready to predict and evaluate. The state of the trial's optimizer stays out:
    it would treble the file, so a plain SGD, which has none, stands in its place."""
    bare = keras.Model(model.input, model.output, name=model.name)
    bare.compile(optimizer=keras.optimizers.SGD(), loss=model.loss, metrics=["accuracy"], jit_compile=False)
    bare.save(path)


def _describe_data(spec: TrialSpec, splits: Splits) -> dict[str, Any]:
    return {
        "name": spec.dataset_name,
        "size": splits.size,
        "sha256": splits.sha256,
        "training_examples": len(splits.y_train),
        "validation_examples": len(splits.y_val),
        "test_examples": len(splits.y_test),
        "holdout_examples": len(splits.y_holdout),
        "classes": list(splits.class_names),
    }
