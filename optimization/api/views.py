"""The API: authorise, call, respond."""

import uuid
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_q.models import OrmQ
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimization import services
from optimization.api.downloads import file_response, zip_response
from optimization.api.errors import NotThereYet
from optimization.api.schema import RequestSerializer
from optimization.api.serializers import JobSerializer, TrialSerializer, job_json, trial_json
from optimization.artifacts import artifact_store
from optimization.engine import datasets
from optimization.engine.errors import ConfigError
from optimization.engine.request import Mode, Objective, OptimizationRequest
from optimization.engine.rules import Whole
from optimization.models import Job, JobQuerySet, StopRequest, Trial, TrialQuerySet, Worker
from optimization.tasks import TRIALS

JSON = OpenApiTypes.OBJECT
MOST_TRIALS = 1_000_000


def visible_jobs(request: Request) -> JobQuerySet:
    return Job.objects.visible_to(request.user).with_counts().order_by("-created_at")


def visible_job(request: Request, job_id: uuid.UUID) -> Job:
    return get_object_or_404(visible_jobs(request), pk=job_id)


def visible_trials(request: Request, job_id: uuid.UUID) -> TrialQuerySet:
    return visible_job(request, job_id).trials.complete()


def _asked_and_title(request: Request) -> tuple[dict[str, Any], str]:
    asked = _object(request.data)
    title = asked.pop("title", "")
    if not isinstance(title, str):
        raise ConfigError({"title": f"must be text; got {title!r}"})
    return asked, title


class Optimize(APIView):
    @extend_schema(request=RequestSerializer, responses={201: JobSerializer})
    def post(self, request: Request) -> Response:
        """Start an optimization."""
        asked, title = _asked_and_title(request)
        asked_for = services.request_of(owner=request.user, asked=asked)
        job = services.job_start(owner=request.user, request=asked_for, title=title)
        return Response(job_json(visible_job(request, job.pk)), status=201)


class Jobs(generics.ListAPIView):
    """Your jobs, newest first."""

    serializer_class = JobSerializer

    def get_queryset(self) -> JobQuerySet:
        return visible_jobs(self.request)


class OneJob(APIView):
    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(job_json(visible_job(request, job_id)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, job_id: uuid.UUID) -> Response:
        """Delete a job with its files; one that runs is stopped first, and gone from sight at once."""
        services.job_delete(job=visible_job(request, job_id))
        return Response(status=204)


class JobStatus(APIView):
    @extend_schema(responses=JSON)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """How far a job is, in short."""
        job = job_json(visible_job(request, job_id))
        progress = ("trials", "finished", "completed", "pruned", "failed", "running")
        short = ("id", "state", "reason", "model_available", "best_trial_number", "best_total_score", "test_accuracy")
        short += ("improvement", "created_at", "started_at", "finished_at", "seq")
        return Response(
            {name: job[name] for name in short} | {"progress": {name: job[name] for name in progress}},
        )


class JobStop(APIView):
    @extend_schema(request=JSON, responses=JobSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Stop a job: `{"when": "now"}`, the default, or `"after_running"`. Does nothing to a finished one."""
        asked = _object(request.data)
        when = asked.pop("when", StopRequest.NOW.value)
        allowed = [choice.value for choice in (StopRequest.NOW, StopRequest.AFTER_RUNNING)]
        if when not in allowed:
            raise ConfigError({"when": f"must be one of {', '.join(allowed)}; got {when!r}"})
        if asked:
            raise ConfigError({str(name): "is not a field; use when" for name in asked})
        services.job_stop(job=visible_job(request, job_id), when=StopRequest(when))
        return Response(job_json(visible_job(request, job_id)))


class JobPause(APIView):
    @extend_schema(request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Let running trials end and start no other; 409 for a job that is stopping or finished."""
        services.job_pause(job=visible_job(request, job_id))
        return Response(job_json(visible_job(request, job_id)))


class JobResume(APIView):
    @extend_schema(request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Go on with a paused or a stopped job; 409 for one that is stopping, completed or failed."""
        services.job_resume(job=visible_job(request, job_id))
        return Response(job_json(visible_job(request, job_id)))


class JobClone(APIView):
    @extend_schema(request=JSON, responses={201: JobSerializer})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Start a new job like this one; the body holds the fields that differ, and a `title` if wanted."""
        changes, title = _asked_and_title(request)
        original = visible_job(request, job_id)
        job = services.job_clone(owner=request.user, job=original, changes=changes, title=title)
        return Response(job_json(visible_job(request, job.pk)), status=201)


class JobChooseBest(APIView):
    @extend_schema(request=JSON, responses=JobSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """Make another trial the best of a finished job: `{"number": 7}`; its model becomes the final one.

        With several objectives one on the Pareto front, else any that completed within the limits. 409
        before the job's end.
        """
        asked = _object(request.data)
        if list(asked) != ["number"]:
            raise ConfigError({"number": "is required, and nothing else"})
        try:
            number = Whole(0, MOST_TRIALS).check(asked["number"])
        except ValueError as error:
            raise ConfigError({"number": str(error)}) from error
        services.job_choose_best(job=visible_job(request, job_id), number=number)
        return Response(job_json(visible_job(request, job_id)))


class Trials(generics.ListAPIView):
    """A job's trials by number, with the epochs of their current attempts and their health."""

    serializer_class = TrialSerializer

    def get_queryset(self) -> TrialQuerySet:
        return visible_trials(self.request, self.kwargs["job_id"])


class OneTrial(APIView):
    @extend_schema(responses=TrialSerializer)
    def get(self, request: Request, job_id: uuid.UUID, number: int) -> Response:
        """One trial with the evidence of its health."""
        trial = get_object_or_404(visible_trials(request, job_id), number=number)
        return Response(trial_json(trial, evidence=True))


class BestTrial(APIView):
    @extend_schema(responses=TrialSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """The completed trial with the highest total score so far; 404 before the first."""
        job = visible_job(request, job_id)
        if job.best_trial_number is None:
            raise NotThereYet("No trial of this job has completed yet.")
        trial: Trial = get_object_or_404(job.trials.complete(), number=job.best_trial_number)
        return Response(trial_json(trial, evidence=True))


class Download(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("what", enum=["model", "all"], default="model")],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, job_id: uuid.UUID) -> StreamingHttpResponse:
        """The best model (`what=model`), or a ZIP of the whole run (`what=all`); 404 before there is a model."""
        job = visible_job(request, job_id)
        what = request.query_params.get("what", "model")
        if what not in ("model", "all"):
            raise ConfigError({"what": f"must be one of model, all; got {what!r}"})
        model = services.job_model(job)
        if model is None:
            raise NotThereYet(f"This job has no model to download: it is {job.state}.")
        if what == "model":
            return file_response(artifact_store(), model, content_type="application/octet-stream")
        return zip_response(artifact_store(), job.run_name)


class Modes(APIView):
    @extend_schema(responses=JSON)
    def get(self, request: Request) -> Response:
        return Response({"modes": [mode.value for mode in Mode], "default": _default("mode")})


class Objectives(APIView):
    @extend_schema(responses=JSON)
    def get(self, request: Request) -> Response:
        """What `optimize_for` and `objectives` may be."""
        objectives = [{"name": o.value, "needs_health_mode": o.needs_health_mode} for o in Objective]
        return Response({"objectives": objectives, "default": _default("optimize_for")})


class DefaultScoringWeights(APIView):
    @extend_schema(responses=JSON)
    def get(self, request: Request) -> Response:
        """Two groups, each summing to 1: objective and health, and the components of health."""
        accuracy_weight = _default("accuracy_weight")
        return Response(
            {
                "accuracy_weight": accuracy_weight,
                "health_weight": round(1 - accuracy_weight, 10),
                "health_component_proportions": _default("health_component_proportions"),
            }
        )


class Health(APIView):
    """Whether this server works; open to everybody. 503 when the database does not answer."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(responses=JSON)
    def get(self, request: Request) -> Response:
        known: dict[str, Any] = {"version": settings.TUNEWELL_VERSION, "time": timezone.now()}
        try:
            waiting = OrmQ.objects.count()
            alive = list(Worker.objects.alive().values_list("queue", flat=True))
        except DatabaseError:
            return Response({"status": "down", "database": "does not answer", **known}, status=503)
        workers = {"loops": len(alive) - alive.count(TRIALS), "trials": alive.count(TRIALS)}
        return Response({"status": "ok", "database": "ok", "queue": waiting, "workers": workers, **known})


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ConfigError({"body": "must be a JSON object"})
    return dict(data)


def _default(name: str) -> Any:
    """A request's default as plain JSON; the data set plays no part in it."""
    return OptimizationRequest(dataset_name=next(iter(datasets.DATASETS))).to_dict()[name]
