"""What is measured of a trial: its epochs and its health."""

from typing import Any

from django.db import models

from optimization.engine.request import HealthMetric
from optimization.engine.trial import EpochReport

EPOCH_COLUMNS = (
    "attempt",
    "epoch",
    "loss",
    "accuracy",
    "val_loss",
    "val_accuracy",
    "val_balanced_accuracy",
    "learning_rate",
    "duration_s",
    "health",
    "alarm",
)
"""Fields of an EpochReport that are columns of EpochMetrics under the same name."""


class EpochMetrics(models.Model):
    """One epoch of one attempt; unique by (trial, attempt, epoch). Fields as in EpochReport."""

    trial = models.ForeignKey("optimization.Trial", on_delete=models.CASCADE, related_name="epochs")
    attempt = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    loss = models.FloatField(null=True)
    accuracy = models.FloatField(null=True)
    val_loss = models.FloatField(null=True)
    val_accuracy = models.FloatField(null=True)
    val_balanced_accuracy = models.FloatField(null=True)
    learning_rate = models.FloatField(null=True)
    duration_s = models.FloatField()
    ended_at = models.DateTimeField()
    health = models.JSONField(default=dict)
    alarm = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["trial", "attempt", "epoch"]
        verbose_name_plural = "epoch metrics"
        constraints = [models.UniqueConstraint(fields=["trial", "attempt", "epoch"], name="epoch_unique_in_attempt")]

    def __str__(self) -> str:
        return f"epoch {self.epoch} of trial {self.trial_id}"

    def as_report(self, trial: Any) -> EpochReport:
        """The report this row was made from, without its evidence; `trial` is its trial, which the caller has."""
        return EpochReport(
            number=trial.number,
            epochs=trial.spec["max_epochs"],
            ended_at=self.ended_at.timestamp(),
            **{name: getattr(self, name) for name in EPOCH_COLUMNS},
        )


class HealthMetrics(models.Model):
    """A finished trial's health: six values in [0, 1], null where not measured, and their evidence."""

    trial = models.OneToOneField("optimization.Trial", on_delete=models.CASCADE, related_name="health")
    neuron_utilization = models.FloatField(null=True, blank=True)
    parameter_efficiency = models.FloatField(null=True, blank=True)
    training_stability = models.FloatField(null=True, blank=True)
    gradient_health = models.FloatField(null=True, blank=True)
    convergence_quality = models.FloatField(null=True, blank=True)
    accuracy_consistency = models.FloatField(null=True, blank=True)
    overall_health = models.FloatField(null=True, blank=True)
    measurements = models.JSONField(default=dict, help_text="HealthMeasurement.to_dict() by metric.")

    class Meta:
        verbose_name_plural = "health metrics"

    def __str__(self) -> str:
        return f"health of {self.trial}"

    def values(self) -> dict[str, float | None]:
        return {metric.value: getattr(self, metric.value) for metric in HealthMetric}
