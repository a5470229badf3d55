"""Jobs, trials and what happened to them: the portal's one truth."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, ExpressionWrapper, F, IntegerField, Max, OuterRef, Q, Subquery, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Now
from django.urls import reverse

from optimization.dataset_models import Dataset
from optimization.engine.recorder import TrialRecord
from optimization.engine.request import OptimizationRequest
from optimization.engine.trial import JobState, TrialResult, TrialSpec, TrialState, Verdict
from optimization.measurement_models import EPOCH_COLUMNS, EpochMetrics, HealthMetrics
from optimization.study_models import StudyPlot, StudyPlots

__all__ = [
    "EPOCH_COLUMNS",
    "Dataset",
    "EpochMetrics",
    "HealthMetrics",
    "Job",
    "JobEvent",
    "StudyPlot",
    "StudyPlots",
    "Trial",
    "Worker",
]

LEASE = timedelta(seconds=settings.TUNEWELL_LEASE_S)
"""How long the writer of a job or of an attempt may be silent before somebody else takes over."""

UNFINISHED_JOBS = [state for state in JobState if not state.is_finished]
UNFINISHED_TRIALS = [state for state in TrialState if not state.is_finished]
COUNTED_TRIALS = [state for state in TrialState if state.counts]


def from_now(span: timedelta) -> ExpressionWrapper:
    """A moment by the database's clock, the only one that all machines share."""
    return ExpressionWrapper(Now() + span, output_field=models.DateTimeField())


def nobody_holds_it() -> Q:
    return Q(lease_token=None) | Q(lease_expires=None) | Q(lease_expires__lt=Now())


def choices(options: Any) -> list[tuple[str, str]]:
    """An engine enum as Django choices."""
    return [(option.value, option.value.replace("_", " ")) for option in options]


class StopRequest(models.TextChoices):
    """What the owner asked the loop to do; the loop carries it out."""

    NONE = "", "none"
    PAUSE = "pause", "pause after the running trials"
    NOW = "now", "stop now"
    AFTER_RUNNING = "after_running", "stop after the running trials"


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> "JobQuerySet":
        """The jobs a person may see; the only way in for pages, API and WebSocket."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(owner=user, deleted_at=None)

    def deleted(self) -> "JobQuerySet":
        """Jobs that their owners see no more; what is left of them goes when nobody writes it."""
        return self.filter(deleted_at__isnull=False)

    def unfinished(self) -> "JobQuerySet":
        return self.filter(state__in=UNFINISHED_JOBS)

    def claimable(self) -> "JobQuerySet":
        """Unfinished jobs whose loop nobody runs now, though there is something for it to do."""
        rests = Q(state=JobState.PAUSED, stop_request=StopRequest.NONE)
        return self.unfinished().filter(nobody_holds_it()).exclude(rests)

    def forgotten(self, patience: timedelta) -> "JobQuerySet":
        """Claimable jobs that nobody has taken up for a while."""
        since = Coalesce("lease_expires", "created_at")
        return self.claimable().annotate(idle_since=since).filter(idle_since__lt=from_now(-patience))

    def with_plots_due(self) -> "JobQuerySet":
        """Ended jobs whose best trial is to be drawn, which nobody does now."""
        return self.filter(nobody_holds_it(), best_plots_due=True, deleted_at=None).exclude(state__in=UNFINISHED_JOBS)

    def with_counts(self) -> "JobQuerySet":
        """Each job with its numbers of trials by state, and `finished`: those that count towards `trials`.

        Trials that confirm others are counted apart, as `confirmation_runs`, but for `running`.
        """
        searched, ended = Q(trials__confirms=None), Q(trials__state__in=COUNTED_TRIALS)
        counts = {
            state.value: Count("trials", filter=Q(trials__state=state) & searched)
            for state in (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED)
        }
        return self.annotate(
            **counts,
            running=Count("trials", filter=Q(trials__state=TrialState.RUNNING)),
            finished=Count("trials", filter=ended & searched),
            confirmation_runs=Count("trials", filter=ended & ~searched),
        )


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
    state = models.CharField(max_length=20, choices=choices(JobState), default=JobState.QUEUED.value)
    reason = models.TextField(blank=True)
    stop_request = models.CharField(max_length=20, choices=StopRequest, default=StopRequest.NONE.value, blank=True)
    dataset_size = models.CharField(max_length=100, blank=True, help_text="Where a subset is used: subset N/M of K/L.")
    study_attrs = models.JSONField(default=dict, blank=True)
    resumed_at_trial = models.PositiveIntegerField(default=0, editable=False, help_text="The next trial then.")

    best_trial_number = models.PositiveIntegerField(null=True, blank=True)
    best_total_score = models.FloatField(null=True, blank=True)
    test_accuracy = models.FloatField(null=True, blank=True)
    baseline_total_score = models.FloatField(null=True, blank=True)
    improvement = models.FloatField(null=True, blank=True)
    best_model_path = models.CharField(max_length=500, blank=True)
    best_plots_due = models.BooleanField(
        default=False, editable=False, help_text="The best trial was chosen after the end, and has no plots yet."
    )
    findings = models.JSONField(default=dict, blank=True, help_text="What else a JobOutcome holds, by its names.")

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_expires = models.DateTimeField(null=True, blank=True, editable=False)
    seq = models.PositiveBigIntegerField(default=0, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["owner", "-created_at"]), models.Index(fields=["state", "lease_expires"])]

    def __str__(self) -> str:
        return self.title or self.run_name

    def get_absolute_url(self) -> str:
        return reverse("job", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        return JobState(self.state).is_finished

    @property
    def is_stopping(self) -> bool:
        asked = self.stop_request in (StopRequest.NOW, StopRequest.AFTER_RUNNING)
        return self.state == JobState.STOPPING or (asked and not self.is_finished)

    @property
    def may_pause(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING) and not self.stop_request

    @property
    def may_resume(self) -> bool:
        is_pausing = self.stop_request == StopRequest.PAUSE and not self.is_finished
        is_resting = self.state == JobState.PAUSED and not self.is_stopping
        gave_up = self.state == JobState.FAILED and self.has_trials_left
        return is_resting or is_pausing or gave_up or self.state == JobState.STOPPED

    @property
    def has_trials_left(self) -> bool:
        counted = self.trials.filter(state__in=COUNTED_TRIALS)
        if counted.filter(confirms=None).count() < self.request["trials"]:
            return True
        return counted.exclude(confirms=None).count() < self._confirmation_runs_asked_for()

    def _confirmation_runs_asked_for(self) -> int:
        if not (most := self.request.get("confirm_top_k")):
            return 0
        may_lead = self.trials.filter(state=TrialState.COMPLETED, confirms=None, violations={}).count()
        return min(most, len(self.findings.get("pareto_front") or ()) or may_lead) * self.request["confirm_seeds"]

    @property
    def may_stop(self) -> bool:
        return not self.is_finished and not self.is_stopping

    @property
    def model_available(self) -> bool:
        return bool(self.best_model_path)

    @property
    def asked(self) -> OptimizationRequest:
        return OptimizationRequest.from_dict(self.request)


class TrialQuerySet(models.QuerySet["Trial"]):
    def complete(self) -> "TrialQuerySet":
        """With everything the JSON of a trial shows."""
        return self.select_related("job", "health").prefetch_related("epochs")

    def unfinished(self) -> "TrialQuerySet":
        return self.filter(state__in=UNFINISHED_TRIALS)

    def waiting(self) -> "TrialQuerySet":
        """Queued trials that nobody has taken and nobody has stopped; conditions on their own rows alone,
        so that an update under them lets one of several claimers win on every database."""
        return self.filter(nobody_holds_it(), state=TrialState.QUEUED, verdict="")

    def claimable(self) -> "TrialQuerySet":
        """Waiting trials that a worker may start now.

        A job that runs n at once offers those that have fewer than n earlier ones before them which still
        need a worker. That number only ever falls, so claimers need not take turns.
        """
        ahead = Trial.objects.unfinished().filter(job=OuterRef("job"), number__lt=OuterRef("number"))
        ahead = ahead.filter(result__isnull=True).order_by().values("job").annotate(n=Count("pk")).values("n")
        workers = KeyTextTransform("concurrent_workers", "job__request")
        at_once = Case(When(job__request__concurrent=True, then=Cast(workers, IntegerField())), default=1)
        places = self.waiting().annotate(ahead=Coalesce(Subquery(ahead), 0), at_once=at_once)
        going = [JobState.QUEUED, JobState.RUNNING]
        return places.filter(job__state__in=going, job__stop_request=StopRequest.NONE, ahead__lt=F("at_once"))

    def fairly(self) -> "TrialQuerySet":
        """By whose turn it is: the user with the fewest running trials, then the one served longest ago."""
        same_owner = Trial.objects.filter(job__owner=OuterRef("job__owner")).order_by().values("job__owner")
        running = same_owner.filter(state=TrialState.RUNNING).annotate(n=Count("pk")).values("n")
        served = same_owner.annotate(at=Max("started_at")).values("at")
        return self.annotate(owner_runs=Coalesce(Subquery(running), 0), owner_served_at=Subquery(served)).order_by(
            "owner_runs", F("owner_served_at").asc(nulls_first=True), "job__created_at", "number"
        )


class Trial(models.Model):
    """One trial of a job, in all its attempts; unique by (job, number).

    spec: TrialSpec.to_dict() of the current attempt. verdict: what the loop wants of the running attempt.
    result: TrialResult.to_dict(), written by the attempt's host under its lease; the state becomes a
    finished one when the loop has scored and told it.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="trials")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=choices(TrialState), default=TrialState.QUEUED.value)
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

    confirms = models.PositiveIntegerField(
        null=True, blank=True, help_text="The number of the trial that this one trains again on another seed."
    )
    violations = models.JSONField(default=dict, blank=True, help_text="Limits that the model does not keep.")

    live_health = models.JSONField(
        default=dict,
        blank=True,
        help_text="HealthMeasurement.to_dict() by metric after the newest epoch; none at the end.",
    )
    objective = models.FloatField(null=True, blank=True)
    objective_values = models.JSONField(default=dict, blank=True, help_text="By name, where there are several.")
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

    objects = TrialQuerySet.as_manager()

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

    def as_record(
        self, intermediate: Mapping[int, float] | None = None, alarms: Mapping[int, str] | None = None
    ) -> TrialRecord:
        """The trial as the engine knows it; by epoch: validation accuracies, and alarms of the health pruner."""
        return TrialRecord(
            spec=TrialSpec.from_dict(self.spec),
            state=TrialState(self.state),
            params=self.params,
            distributions=self.distributions,
            user_attrs=self.user_attrs,
            system_attrs=self.system_attrs,
            repairs=self.repairs,
            fallbacks=self.fallbacks,
            intermediate=intermediate or {},
            alarms=alarms or {},
            objective=self.objective,
            overall_health=self.overall_health,
            total_score=self.total_score,
            objective_values=self.objective_values,
            violations=self.violations,
            confirms=self.confirms,
            reason=self.reason,
            result=TrialResult.from_dict(self.result) if self.result else None,
        )


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


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self) -> "WorkerQuerySet":
        return self.filter(seen_at__gte=from_now(-3 * Worker.BEAT))


class Worker(models.Model):
    """A process of the queue that says now and then that it is alive."""

    BEAT = timedelta(seconds=3)

    name = models.CharField(max_length=200, unique=True, help_text="host:process")
    queue = models.CharField(max_length=100)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    objects = WorkerQuerySet.as_manager()

    class Meta:
        ordering = ["queue", "name"]

    def __str__(self) -> str:
        return f"{self.name} on {self.queue}"
