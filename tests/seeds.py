"""Rows of jobs as real ones look, for tests of pages and for looking at them.

Figures follow fixed learning curves, so the same seed gives the same page.
"""

import dataclasses
import math
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from optimization.engine.model_config import ModelConfig
from optimization.engine.request import HealthMetric, OptimizationRequest
from optimization.engine.results import make_run_name
from optimization.engine.trial import HealthMeasurement, JobState, TrialResult, TrialState
from optimization.models import EpochMetrics, HealthMetrics, Job, Trial
from tests.factories import trial_spec

EPOCH_S = 1.4
EPOCHS = 6

TRACEBACK = """Traceback (most recent call last):
  File "optimization/engine/runner.py", line 118, in run
    result = train(spec, folder)
  File "optimization/engine/training.py", line 64, in train
    model = build_model(spec.model, shape, classes)
tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating tensor with shape[32,256,8,8]
"""


UNITS = {
    "worst_layer": "dense",
    "layers": [
        {"layer": "conv2d", "units": 32, "alive": 1.0, "dead_share": 0.0, "dead_share_at_first": 0.0},
        {"layer": "conv2d_1", "units": 64, "alive": 0.97, "dead_share": 0.02, "dead_share_at_first": 0.0},
        {"layer": "dense", "units": 128, "alive": 0.74, "dead_share": 0.25, "dead_share_at_first": 0.21},
    ],
}
GRADIENTS = {
    "typical_epoch": 3,
    "even": 0.98,
    "bounded": 1.0,
    "reached": 0.91,
    "alive": 1.0,
    "slowest_layer": "conv2d",
    "largest_norm": 1.27,
    "by_epoch": {"1": 0.87, "2": 0.91, "3": 0.9},
    "layers": [
        {"layer": "conv2d", "norm": 0.0213, "ratio_to_weights": 0.00412, "zero_share": 0.0},
        {"layer": "dense", "norm": 1.27, "ratio_to_weights": 0.0561, "zero_share": 0.34},
    ],
}
SIZE = {"skill": 0.97, "accuracy": 0.975, "majority_share": 0.103, "parameters": 36_410, "size_penalty": 0.06}
WAY_DOWN = {
    "progress": 0.94,
    "straightness": 0.96,
    "gain_kept": 1.0,
    "label_entropy": 2.302,
    "best_validation_loss": 0.114,
    "best_after_epochs": 5.75,
}
OVERFITTING = HealthMeasurement(
    metric="overfitting",
    value=0.031,
    verdict="some",
    advice="It does clearly better on what it was trained on: add dropout, L2, augmentation or data.",
    evidence={"training_accuracy": 0.998, "validation_accuracy": 0.967, "gap_interval": [0.021, 0.044]},
)
EXTRAS = {
    "generalization_gap": 0.031,
    "calibration_error": 0.018,
    "negative_log_likelihood": 0.114,
    "brier_score": 0.052,
    "worst_class_recall": 0.91,
    "class_recall_spread": 0.024,
    "noise_robustness": 0.83,
    "latency_1_p95_s": 0.0021,
    "latency_64_p95_s": 0.0093,
    "likely_label_errors": 4.0,
    "effective_rank": 17.4,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sketch:
    """One trial in outline: what it reaches, how fast it learns, how it ended."""

    reaches: float
    speed: float
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    state: TrialState = TrialState.COMPLETED
    epochs: int = EPOCHS
    weights: int = 36_410
    health: float = 0.8
    reason: str = ""

    def accuracy(self, epoch: int) -> float:
        return self.reaches * (1 - math.exp(-self.speed * epoch)) + 0.004 * math.sin(7 * epoch * self.speed)


def drawn(layers: int, filters: int, activation: str, optimizer: str, rate: float, **others: Any) -> dict[str, Any]:
    return {
        "num_layers_conv": layers,
        "filters_per_conv_layer": filters,
        "kernel_size": 3,
        "activation": activation,
        "batch_normalization": layers > 2,
        "first_hidden_layer_nodes": 128,
        "first_hidden_layer_dropout": 0.25,
        "optimizer": optimizer,
        "learning_rate": rate,
        "learning_rate_schedule": "cosine",
        "clip_norm": None,
        **others,
    }


DIGITS = (
    Sketch(reaches=0.956, speed=0.95, health=0.78),
    Sketch(reaches=0.968, speed=1.1, params=drawn(2, 48, "relu", "adam", 0.0021), weights=81_930, health=0.83),
    Sketch(reaches=0.71, speed=0.35, params=drawn(1, 16, "sigmoid", "sgd", 0.0004), weights=9_480, health=0.41),
    Sketch(
        reaches=0.52,
        speed=0.3,
        params=drawn(4, 20, "tanh", "sgd", 0.00012, momentum=0.6),
        state=TrialState.PRUNED,
        epochs=3,
        weights=24_700,
        reason="Pruned after epoch 3: validation accuracy 0.311 is below the median of the others, 0.912.",
    ),
    Sketch(reaches=0.979, speed=1.35, params=drawn(3, 64, "swish", "adam", 0.0034), weights=124_300, health=0.88),
    Sketch(
        reaches=0.0,
        speed=1,
        params=drawn(4, 256, "relu", "adamw", 0.0052, weight_decay=0.00031),
        state=TrialState.FAILED,
        epochs=0,
        reason="The model did not fit into memory.",
    ),
    Sketch(reaches=0.972, speed=1.2, params=drawn(3, 40, "leaky_relu", "rmsprop", 0.0011), weights=61_200, health=0.81),
    Sketch(reaches=0.985, speed=1.5, params=drawn(3, 72, "swish", "adamw", 0.0041), weights=143_800, health=0.9),
    Sketch(
        reaches=0.83,
        speed=0.42,
        params=drawn(2, 24, "elu", "rmsprop", 0.00031),
        state=TrialState.PRUNED,
        epochs=4,
        weights=18_100,
        reason="Pruned after epoch 4: validation accuracy 0.672 is below the median of the others, 0.944.",
    ),
    Sketch(reaches=0.981, speed=1.4, params=drawn(3, 96, "relu", "adamw", 0.0028), weights=231_600, health=0.79),
    Sketch(reaches=0.977, speed=1.25, params=drawn(2, 80, "swish", "adam", 0.0046), weights=155_000, health=0.84),
    Sketch(
        reaches=0.98,
        speed=1.3,
        params=drawn(3, 64, "swish", "adamw", 0.0038),
        state=TrialState.RUNNING,
        epochs=3,
        weights=124_300,
    ),
)
"""Twelve trials: the default, better and worse ones, two pruned, one failed, one that still runs."""


def seed_job(
    owner: Any,
    *,
    sketches: tuple[Sketch, ...] = DIGITS,
    trials: int = 16,
    state: JobState = JobState.RUNNING,
    started_ago: timedelta = timedelta(minutes=2, seconds=13),
    **changes: Any,
) -> Job:
    """A job with its trials, epochs and health. A state other than queued has started."""
    job_id = uuid.uuid4()
    started = None if state is JobState.QUEUED else timezone.now() - started_ago
    values: dict[str, Any] = {
        "request": OptimizationRequest(dataset_name="digits", trials=trials).to_dict(),
        "run_name": make_run_name("digits", job_id),
        "started_at": started,
        "finished_at": timezone.now() if state.is_finished else None,
    }
    job = Job.objects.create(id=job_id, owner=owner, state=state, **(values | changes))
    moment = started or timezone.now()
    for number, sketch in enumerate(sketches):
        moment = seed_trial(job, number, sketch, moment)
    name_the_best(job)
    return job


def seed_trial(job: Job, number: int, sketch: Sketch, started: datetime) -> datetime:
    """Writes the trial and returns when it ended."""
    took = timedelta(seconds=EPOCH_S * sketch.epochs * (1 + sketch.weights / 200_000) + 2.1)
    ended = sketch.state.is_finished
    completed = sketch.state is TrialState.COMPLETED
    accuracy = sketch.accuracy(sketch.epochs) if sketch.epochs and ended else None
    model = ModelConfig().replace(**{k: (v, v) if k == "kernel_size" else v for k, v in sketch.params.items()})
    trial = Trial.objects.create(
        job=job,
        number=number,
        state=sketch.state,
        spec=trial_spec(number, run_name=job.run_name, max_epochs=EPOCHS, model=model).to_dict(),
        params=sketch.params,
        repairs={"filters_per_conv_layer": "256 became 72, so that a trial costs at most 4 times the default."}
        if number == 7
        else {},
        reason=sketch.reason,
        traceback=TRACEBACK if sketch.state is TrialState.FAILED else "",
        objective=accuracy if completed else None,
        overall_health=sketch.health if completed else None,
        total_score=0.85 * accuracy + 0.15 * sketch.health if completed and accuracy else None,
        val_accuracy=accuracy,
        test_accuracy=accuracy - 0.006 if completed and accuracy else None,
        parameters=sketch.weights,
        worker="trials-1",
        started_at=started,
        finished_at=started + took if ended else None,
    )
    seed_epochs(trial, sketch, started)
    if completed or sketch.state is TrialState.RUNNING:
        seed_health(trial, sketch)
    return started + took


def seed_epochs(trial: Trial, sketch: Sketch, started: datetime) -> None:
    EpochMetrics.objects.bulk_create(
        EpochMetrics(
            trial=trial,
            attempt=trial.attempt,
            epoch=epoch,
            loss=1.1 * (1.01 - sketch.accuracy(epoch)) * 2,
            accuracy=sketch.accuracy(epoch) - 0.01,
            val_loss=(1.02 - sketch.accuracy(epoch)) * 2.3,
            val_accuracy=sketch.accuracy(epoch),
            val_balanced_accuracy=sketch.accuracy(epoch) - 0.002,
            learning_rate=0.001,
            duration_s=EPOCH_S,
            ended_at=started + timedelta(seconds=EPOCH_S * epoch),
            health={HealthMetric.TRAINING_STABILITY.value: 0.97},
        )
        for epoch in range(1, sketch.epochs + 1)
    )


def seed_health(trial: Trial, sketch: Sketch) -> None:
    """A finished trial's, or that of a running one so far."""
    measurements = {name: item.to_dict() for name, item in measured_health(sketch).items()}
    if not sketch.state.is_finished:
        Trial.objects.filter(pk=trial.pk).update(live_health=measurements | {"overfitting": OVERFITTING.to_dict()})
        return
    result = TrialResult(
        number=trial.number,
        attempt=trial.attempt,
        state=sketch.state,
        extras=EXTRAS,
        overfitting=OVERFITTING,
        model_bytes=4 * sketch.weights,
        flops=21 * sketch.weights,
        training_s=EPOCH_S * sketch.epochs,
        files={"arrays.npz": 1},
    )
    Trial.objects.filter(pk=trial.pk).update(result=result.to_dict())
    values = {name: item["value"] for name, item in measurements.items()}
    HealthMetrics.objects.create(trial=trial, overall_health=sketch.health, measurements=measurements, **values)


def measured_health(sketch: Sketch) -> dict[str, HealthMeasurement]:
    """All six, one of which could not be measured."""
    found = {
        HealthMetric.NEURON_UTILIZATION: (sketch.health - 0.12, "25 % of the units of dense do nothing.", UNITS),
        HealthMetric.PARAMETER_EFFICIENCY: (sketch.health - 0.07, "Its size suits what it can do.", SIZE),
        HealthMetric.TRAINING_STABILITY: (min(1.0, sketch.health + 0.12), "The loss falls without rises.", {}),
        HealthMetric.GRADIENT_HEALTH: (sketch.health, "Every layer gets a gradient of a useful size.", GRADIENTS),
        HealthMetric.CONVERGENCE_QUALITY: (sketch.health + 0.02, "It came down straight, and stayed there.", WAY_DOWN),
    }
    health = {
        metric: HealthMeasurement(metric=metric, value=value, verdict=verdict(value), advice=advice, evidence=evidence)
        for metric, (value, advice, evidence) in found.items()
    }
    nothing = "fewer than two classes have 5 validation examples"
    consistency = HealthMeasurement(metric=HealthMetric.ACCURACY_CONSISTENCY, value=None, reason=nothing)
    return {metric.value: health.get(metric, consistency) for metric in HealthMetric}


def verdict(value: float) -> str:
    return "good" if value >= 0.8 else "fair" if value >= 0.5 else "poor"


def name_the_best(job: Job) -> None:
    """What the loop writes on the job's row when trials end."""
    best = job.trials.filter(total_score__isnull=False).order_by("-total_score").first()
    if best is None:
        return
    baseline = job.trials.get(number=0).total_score
    Job.objects.filter(pk=job.pk).update(
        best_trial_number=best.number,
        best_total_score=best.total_score,
        test_accuracy=best.test_accuracy,
        baseline_total_score=baseline,
        improvement=None if baseline is None else best.total_score - baseline,
        best_model_path=f"{job.run_name}/optimized_model/optimized_digits.keras" if job.is_finished else "",
    )
    job.refresh_from_db()
