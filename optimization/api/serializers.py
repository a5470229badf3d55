"""The JSON of jobs and trials: one shape for the API, the events and the pages."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from optimization.engine.recorder import TrialRecord
from optimization.engine.results import effective_params
from optimization.engine.trial import TrialSpec
from optimization.models import Job, Trial


class JobSerializer(serializers.ModelSerializer):
    """A job from `Job.objects.with_counts()`. Scores and accuracies in [0, 1]; null where there is none yet."""

    trials = serializers.SerializerMethodField(help_text="How many trials were asked for.")
    dataset_name = serializers.SerializerMethodField()
    mode = serializers.SerializerMethodField()
    optimize_for = serializers.SerializerMethodField()
    finished = serializers.IntegerField(read_only=True, help_text="Completed, pruned and failed trials.")
    completed = serializers.IntegerField(read_only=True)
    pruned = serializers.IntegerField(read_only=True)
    failed = serializers.IntegerField(read_only=True)
    running = serializers.IntegerField(read_only=True)
    model_available = serializers.BooleanField(read_only=True)
    url = serializers.SerializerMethodField(help_text="The job's page.")
    api_url = serializers.SerializerMethodField()
    websocket_url = serializers.SerializerMethodField(help_text="Live events; `?after=` takes a `seq`.")

    class Meta:
        model = Job
        fields = [
            "id",
            "title",
            "run_name",
            "dataset_name",
            "dataset_size",
            "mode",
            "optimize_for",
            "state",
            "reason",
            "stop_request",
            "trials",
            "finished",
            "completed",
            "pruned",
            "failed",
            "running",
            "model_available",
            "best_trial_number",
            "best_total_score",
            "test_accuracy",
            "baseline_total_score",
            "improvement",
            "best_model_path",
            "created_at",
            "started_at",
            "finished_at",
            "request",
            "seq",
            "url",
            "api_url",
            "websocket_url",
        ]
        read_only_fields = fields

    def get_trials(self, job: Job) -> int:
        return job.request["trials"]

    def get_dataset_name(self, job: Job) -> str:
        return job.request["dataset_name"]

    def get_mode(self, job: Job) -> str:
        return job.request["mode"]

    def get_optimize_for(self, job: Job) -> str:
        return job.request["optimize_for"]

    def get_url(self, job: Job) -> str:
        return job.get_absolute_url()

    def get_api_url(self, job: Job) -> str:
        return reverse("api:job", args=[job.pk])

    def get_websocket_url(self, job: Job) -> str:
        return f"/ws/jobs/{job.pk}/"


class EpochSerializer(serializers.Serializer):
    """An EpochReport, as in the events. Losses in nats, accuracies in [0, 1], ended_at in seconds since 1970."""

    number = serializers.IntegerField()
    attempt = serializers.IntegerField()
    epoch = serializers.IntegerField()
    epochs = serializers.IntegerField(help_text="How many were planned.")
    loss = serializers.FloatField(allow_null=True)
    accuracy = serializers.FloatField(allow_null=True)
    val_loss = serializers.FloatField(allow_null=True)
    val_accuracy = serializers.FloatField(allow_null=True)
    val_balanced_accuracy = serializers.FloatField(allow_null=True)
    learning_rate = serializers.FloatField(allow_null=True)
    duration_s = serializers.FloatField()
    ended_at = serializers.FloatField()
    health = serializers.DictField(child=serializers.FloatField(allow_null=True))


class TrialSerializer(serializers.ModelSerializer):
    """A trial with its job and health; `epochs` are those of its current attempt."""

    params = serializers.SerializerMethodField(help_text="The searched hyperparameters as the model was built.")
    is_baseline = serializers.SerializerMethodField(help_text="Trial 0, the default model.")
    is_best = serializers.SerializerMethodField()
    duration_s = serializers.FloatField(read_only=True, allow_null=True)
    epochs = serializers.SerializerMethodField()
    health = serializers.SerializerMethodField(
        help_text="By metric: value in [0, 1] or null where not measured, verdict, reason, advice, evidence."
    )

    class Meta:
        model = Trial
        fields = [
            "number",
            "state",
            "attempt",
            "params",
            "repairs",
            "fallbacks",
            "is_baseline",
            "is_best",
            "objective",
            "overall_health",
            "total_score",
            "val_accuracy",
            "test_accuracy",
            "parameters",
            "reason",
            "traceback",
            "worker",
            "queued_at",
            "started_at",
            "finished_at",
            "duration_s",
            "epochs",
            "health",
        ]
        read_only_fields = fields

    def get_params(self, trial: Trial) -> dict[str, Any]:
        return effective_params(TrialRecord(spec=TrialSpec.from_dict(trial.spec), params=trial.params))

    def get_is_baseline(self, trial: Trial) -> bool:
        return trial.number == 0

    def get_is_best(self, trial: Trial) -> bool:
        return trial.number == trial.job.best_trial_number

    @extend_schema_field(EpochSerializer(many=True))
    def get_epochs(self, trial: Trial) -> list[dict[str, Any]]:
        return [row.as_report(trial).to_dict() for row in trial.epochs.all() if row.attempt == trial.attempt]

    def get_health(self, trial: Trial) -> dict[str, Any]:
        return trial.health.measurements if hasattr(trial, "health") else {}


def job_json(job: Job, *, request: bool = True) -> dict[str, Any]:
    """A job from `with_counts()` as plain JSON values; events leave the request out."""
    data = dict(JobSerializer(job).data)
    if not request:
        del data["request"]
    return data


def trial_json(trial: Trial, *, epochs: bool = True) -> dict[str, Any]:
    """A trial as plain JSON values; events leave the epochs out, each of which was an event of its own."""
    serializer = TrialSerializer(trial)
    if not epochs:
        del serializer.fields["epochs"]
    return dict(serializer.data)
