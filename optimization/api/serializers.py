"""The JSON of jobs and trials: one shape for the API, the events and the pages."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from optimization.engine.auditing import pruning_in_words
from optimization.engine.recorder import WOULD_BE_PRUNED_AT, PruningReport, TrialRecord
from optimization.engine.results import effective_params
from optimization.engine.trial import WIRE_VERSION, EpochReport, TrialSpec, finite
from optimization.extra_figures import extra_figures
from optimization.models import Job, Trial

OVERFITTING = "overfitting"
"""The measurement beside the six metrics of health."""


class PruningSerializer(serializers.Serializer):
    """A PruningReport with a sentence. An audited trial was given up by the pruner and let run to its end; it was
    given up wrongly when it then beat the best trial that the job had at that moment."""

    pruned = serializers.IntegerField()
    audited = serializers.IntegerField()
    wrong = serializers.IntegerField()
    wrong_share = serializers.FloatField(allow_null=True, help_text="Null where too few were audited to say.")
    epochs_saved = serializers.IntegerField()
    seconds_saved = serializers.FloatField()
    summary = serializers.CharField()


class ConfirmationSerializer(serializers.Serializer):
    """One of the best trials, trained again on other seeds; mean and interval are over those runs alone."""

    number = serializers.IntegerField()
    score = serializers.FloatField(help_text="The trial's own, for which it was chosen.")
    scores = serializers.ListField(child=serializers.FloatField())
    mean = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


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
    confirmation_runs = serializers.IntegerField(
        read_only=True, help_text="Finished runs of the best trials on other seeds; they do not count as trials."
    )
    pareto_front = serializers.SerializerMethodField(
        help_text="Numbers of the trials that no other beats in every objective; empty with one objective."
    )
    repaired = serializers.SerializerMethodField(help_text="Trials whose draw was changed to keep the limits.")
    fallen_back = serializers.SerializerMethodField(help_text="Trials that took a default where a suggestion failed.")
    rejected = serializers.SerializerMethodField(help_text="Draws that could not be trained within the limits.")
    pruning = serializers.SerializerMethodField(
        help_text="How many trials were pruned, what that saved, and how often it was wrong as far as audited."
    )
    confirmation = serializers.SerializerMethodField(
        help_text="The best trials by their mean on other seeds, with its 95 % interval; empty where not asked for."
    )
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
            "confirmation_runs",
            "model_available",
            "best_trial_number",
            "best_total_score",
            "test_accuracy",
            "baseline_total_score",
            "improvement",
            "best_model_path",
            "pareto_front",
            "repaired",
            "fallen_back",
            "rejected",
            "pruning",
            "confirmation",
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

    def get_pareto_front(self, job: Job) -> list[int]:
        return job.findings.get("pareto_front", [])

    def get_repaired(self, job: Job) -> int:
        return job.findings.get("repaired", 0)

    def get_fallen_back(self, job: Job) -> int:
        return job.findings.get("fallen_back", 0)

    def get_rejected(self, job: Job) -> int:
        return job.findings.get("rejected", 0)

    @extend_schema_field(PruningSerializer(allow_null=True))
    def get_pruning(self, job: Job) -> dict[str, Any] | None:
        report = job.findings.get("pruning")
        return report and report | {"summary": pruning_in_words(PruningReport(**report))}

    @extend_schema_field(ConfirmationSerializer(many=True))
    def get_confirmation(self, job: Job) -> list[dict[str, Any]]:
        return job.findings.get("confirmation", [])

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
    alarm = serializers.CharField(help_text="Why the health pruner would end the trial here; empty where it would not.")


class MeasurementSerializer(serializers.Serializer):
    """One metric of health, or overfitting. Evidence is told for one trial alone, not in lists and events."""

    metric = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="Null where it could not be measured.")
    verdict = serializers.CharField(help_text="good, fair or poor; of overfitting none, some or strong.")
    reason = serializers.CharField(help_text="Why it could not be measured.")
    advice = serializers.CharField()
    evidence = serializers.DictField(required=False, help_text="What the value rests on, by layer or epoch.")


class ExtraFigureSerializer(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(help_text="share (in [0, 1]), s, bytes, nats, count, or empty for a pure number.")


class TrialSerializer(serializers.ModelSerializer):
    """A trial with its job and health; `epochs` are those of its current attempt."""

    params = serializers.SerializerMethodField(help_text="The searched hyperparameters as the model was built.")
    is_baseline = serializers.SerializerMethodField(help_text="Trial 0, the default model.")
    is_best = serializers.SerializerMethodField()
    is_on_pareto_front = serializers.SerializerMethodField()
    would_be_pruned_at = serializers.SerializerMethodField(
        help_text="The epoch after which an audited trial would have been pruned; null for all others."
    )
    objective_values = serializers.DictField(child=serializers.FloatField(allow_null=True), read_only=True)
    violations = serializers.DictField(child=serializers.CharField(), read_only=True)
    duration_s = serializers.FloatField(read_only=True, allow_null=True)
    epochs = serializers.SerializerMethodField()
    health = serializers.SerializerMethodField(help_text="By metric, in [0, 1], larger is healthier.")
    health_is_provisional = serializers.SerializerMethodField(
        help_text="Whether health and overfitting are those after the newest epoch of a trial without a result."
    )
    overfitting = serializers.SerializerMethodField(
        help_text="The gap between training and validation accuracy, with a verdict; null before it is measured."
    )
    extras = serializers.SerializerMethodField(help_text="Figures that are shown and not scored, by name.")

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
            "is_on_pareto_front",
            "confirms",
            "would_be_pruned_at",
            "objective",
            "objective_values",
            "violations",
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
            "health_is_provisional",
            "overfitting",
            "extras",
        ]
        read_only_fields = fields

    def get_params(self, trial: Trial) -> dict[str, Any]:
        return effective_params(TrialRecord(spec=TrialSpec.from_dict(trial.spec), params=trial.params))

    def get_is_baseline(self, trial: Trial) -> bool:
        return trial.number == 0

    def get_is_best(self, trial: Trial) -> bool:
        return trial.number == trial.job.best_trial_number

    def get_is_on_pareto_front(self, trial: Trial) -> bool:
        return trial.number in trial.job.findings.get("pareto_front", ())

    def get_would_be_pruned_at(self, trial: Trial) -> int | None:
        return trial.user_attrs.get(WOULD_BE_PRUNED_AT)

    @extend_schema_field(EpochSerializer(many=True))
    def get_epochs(self, trial: Trial) -> list[dict[str, Any]]:
        return [_epoch(row.as_report(trial)) for row in trial.epochs.all() if row.attempt == trial.attempt]

    @extend_schema_field(serializers.DictField(child=MeasurementSerializer()))
    def get_health(self, trial: Trial) -> dict[str, Any]:
        return {name: self._shown(item) for name, item in _measurements(trial).items() if name != OVERFITTING}

    def get_health_is_provisional(self, trial: Trial) -> bool:
        return bool(trial.live_health)

    @extend_schema_field(MeasurementSerializer(allow_null=True))
    def get_overfitting(self, trial: Trial) -> dict[str, Any] | None:
        measurement = trial.live_health.get(OVERFITTING) or (trial.result or {}).get(OVERFITTING)
        return measurement and self._shown(measurement)

    @extend_schema_field(serializers.DictField(child=ExtraFigureSerializer()))
    def get_extras(self, trial: Trial) -> dict[str, Any]:
        return extra_figures(trial.result) if trial.result else {}

    def _shown(self, measurement: dict[str, Any]) -> dict[str, Any]:
        return measurement if self.context.get("evidence") else _without_evidence(measurement)


def job_json(job: Job, *, request: bool = True) -> dict[str, Any]:
    """A job from `with_counts()` as plain JSON values; events leave the request out."""
    data = dict(JobSerializer(job).data)
    if not request:
        del data["request"]
    return data


def trial_json(trial: Trial, *, epochs: bool = True, evidence: bool = False) -> dict[str, Any]:
    """A trial as plain JSON values; events leave the epochs out, each of which was an event of its own.

    evidence: with what health rests on, for who looks at this one trial: thousands of them would be too much.
    """
    serializer = TrialSerializer(trial, context={"evidence": evidence})
    if not epochs:
        del serializer.fields["epochs"]
    return dict(serializer.data)


def trials_json(trials: Iterable[Trial]) -> list[dict[str, Any]]:
    """Many trials as `trial_json` has each, by one serializer: making it takes as long as using it once."""
    serializer = TrialSerializer()
    return [dict(serializer.to_representation(trial)) for trial in trials]


def epoch_json(report: EpochReport) -> dict[str, Any]:
    """An epoch as an event carries it: what was measured of health so far, without its evidence."""
    measurements = report.to_dict()["measurements"]
    return _epoch(report) | {"measurements": {name: _without_evidence(item) for name, item in measurements.items()}}


def _epoch(report: EpochReport) -> dict[str, Any]:
    """Without what was measured of health; by hand, since a job has thousands of epochs."""
    data: dict[str, Any] = finite({"version": WIRE_VERSION, **vars(report)})
    del data["measurements"]
    return data


def _measurements(trial: Trial) -> dict[str, Any]:
    """Those of the result, else those after the newest epoch."""
    return trial.live_health or (trial.health.measurements if hasattr(trial, "health") else {})


def _without_evidence(measurement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in measurement.items() if name != "evidence"}
