"""Jobs, trials and what happened to them: the portal's one truth."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from optimization.engine.request import HealthMetric, OptimizationRequest
from optimization.engine.trial import JobState, TrialState, Verdict


def choices(options: Any) -> list[tuple[str, str]]:
    """An engine enum as Django choices."""
    return [(option.value, option.value.replace("_", " ")) for option in options]


class StopRequest(models.TextChoices):
    """What the owner asked the loop to do; the loop carries it out."""

    NONE = "", "none"
    NOW = "now", "stop now"
    AFTER_RUNNING = "after_running", "stop after the running trials"


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """The jobs a person may see; the only way in for pages, API and WebSocket."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(owner=user)

    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=[state for state in JobState if not state.is_finished])


class Job(models.Model):
    """One optimization.

    lease_token, lease_expires: who runs the loop now (database time). seq numbers the job's events and
    grows with every fenced write. request: OptimizationRequest.to_dict().
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    title = models.CharField(max_length=200, blank=True)
    run_name = models.CharField(max_length=200, unique=True, editable=False)
    request = models.JSONField()
    state = models.CharField(max_length=20, choices=choices(JobState), default=JobState.QUEUED)
    reason = models.TextField(blank=True)
    stop_request = models.CharField(max_length=20, choices=StopRequest, default=StopRequest.NONE, blank=True)
    dataset_size = models.CharField(max_length=100, blank=True, help_text="Set when a subset is used: subset N/M.")
    study_attrs = models.JSONField(default=dict, blank=True)

    best_trial_number = models.PositiveIntegerField(null=True, blank=True)
    best_total_score = models.FloatField(null=True, blank=True)
    test_accuracy = models.FloatField(null=True, blank=True)
    baseline_total_score = models.FloatField(null=True, blank=True)
    improvement = models.FloatField(null=True, blank=True)
    best_model_path = models.CharField(max_length=500, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires = models.DateTimeField(null=True, blank=True, editable=False)
    seq = models.PositiveBigIntegerField(default=0, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["owner", "-created_at"]), models.Index(fields=["state", "lease_expires"])]

    def __str__(self) -> str:
        return self.title or self.run_name

    @property
    def is_finished(self) -> bool:
        return JobState(self.state).is_finished

    @property
    def model_available(self) -> bool:
        return bool(self.best_model_path)

    @property
    def asked(self) -> OptimizationRequest:
        return OptimizationRequest.from_dict(self.request)


class Trial(models.Model):
    """One trial of a job, in all its attempts; unique by (job, number).

    spec: TrialSpec.to_dict() of the current attempt. verdict: what the loop wants of the running attempt.
    result: TrialResult.to_dict(), written by the attempt's host under its lease; the state becomes a
    finished one when the loop has scored and told it.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=choices(TrialState), default=TrialState.QUEUED)
    attempt = models.PositiveIntegerField(default=1)
    spec = models.JSONField()
    params = models.JSONField(default=dict)
    distributions = models.JSONField(default=dict)
    user_attrs = models.JSONField(default=dict, blank=True)
    system_attrs = models.JSONField(default=dict, blank=True)
    repairs = models.JSONField(default=dict, blank=True)
    fallbacks = models.JSONField(default=dict, blank=True)
    verdict = models.CharField(max_length=10, choices=choices(Verdict), blank=True)
    result = models.JSONField(null=True, blank=True)
    reason = models.TextField(blank=True)
    traceback = models.TextField(blank=True)

    objective = models.FloatField(null=True, blank=True)
    overall_health = models.FloatField(null=True, blank=True)
    total_score = models.FloatField(null=True, blank=True)
    val_accuracy = models.FloatField(null=True, blank=True)
    test_accuracy = models.FloatField(null=True, blank=True)
    parameters = models.PositiveBigIntegerField(null=True, blank=True)

    worker = models.CharField(max_length=200, blank=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="trial_number_unique_in_job")]
        indexes = [models.Index(fields=["state", "queued_at"])]

    def __str__(self) -> str:
        return f"trial {self.number} of {self.job_id}"

    @property
    def is_finished(self) -> bool:
        return TrialState(self.state).is_finished

    @property
    def duration_s(self) -> float | None:
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class EpochMetrics(models.Model):
    """One epoch of one attempt; unique by (trial, attempt, epoch). Fields as in EpochReport."""

    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="epochs")
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

    class Meta:
        ordering = ["trial", "attempt", "epoch"]
        verbose_name_plural = "epoch metrics"
        constraints = [models.UniqueConstraint(fields=["trial", "attempt", "epoch"], name="epoch_unique_in_attempt")]

    def __str__(self) -> str:
        return f"epoch {self.epoch} of {self.trial}"


class HealthMetrics(models.Model):
    """A finished trial's health: six values in [0, 1], null where not measured, and their evidence."""

    trial = models.OneToOneField(Trial, on_delete=models.CASCADE, related_name="health")
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


class JobEvent(models.Model):
    """One thing that happened, numbered under the job; readers tail by seq."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["job", "seq"]
        constraints = [models.UniqueConstraint(fields=["job", "seq"], name="event_seq_unique_in_job")]

    def __str__(self) -> str:
        return f"{self.kind} {self.seq} of {self.job_id}"
