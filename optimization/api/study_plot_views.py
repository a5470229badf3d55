"""The figures of a job, as Plotly draws them."""

import gzip
import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from optimization.api.errors import NotThereYet
from optimization.api.views import visible_job
from optimization.models import Job, StudyPlots
from optimization.study_plots import are_stale, ended_trials, study_plots_ask


class StudyPlotSerializer(serializers.Serializer):
    """One figure. `absent` says why a job has none of this kind; else `trials` says how many it shows."""

    name = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField(help_text="What a person wants to know who looks at it.")
    caption = serializers.CharField()
    finding = serializers.CharField(help_text="What it shows, in a sentence.")
    trials = serializers.IntegerField()
    absent = serializers.CharField(help_text="What is missing for this figure; empty where it is there.")
    url = serializers.SerializerMethodField(help_text="Plotly's JSON.")

    def get_url(self, plot: Any) -> str | None:
        return None if plot.absent else reverse("api:study_plot", args=[plot.job_id, plot.name])


class StudyPlotsSerializer(serializers.Serializer):
    """A job's figures, and of how many of its ended trials they are."""

    drawn_at = serializers.DateTimeField(allow_null=True)
    trials = serializers.IntegerField(help_text="How many trials had ended when they were drawn.")
    ended = serializers.IntegerField(help_text="How many have ended now.")
    is_stale = serializers.BooleanField(help_text="The job has come further since; they are drawn anew soon.")
    is_being_drawn = serializers.BooleanField()
    problem = serializers.CharField(help_text="Why the last drawing failed; the older figures are then kept.")
    plots = StudyPlotSerializer(many=True)


class JobStudyPlots(APIView):
    @extend_schema(responses=StudyPlotsSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        """The figures of a job. They are drawn beforehand; looking at stale ones has them drawn anew in a while."""
        job = visible_job(request, job_id)
        study_plots_ask(job)
        return Response(_listed(job))


class JobStudyPlot(APIView):
    @extend_schema(operation_id="jobs_study_plot_retrieve", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, job_id: uuid.UUID, name: str) -> HttpResponse:
        """One figure as Plotly's JSON, `{"data": […], "layout": {…}}`; 404 with the reason where there is none.

        Colours such as `var(--chart-best)` are those of the portal's style sheet.
        """
        plot = get_object_or_404(visible_job(request, job_id).study_plot_set, name=name)
        if plot.figure is None:
            raise NotThereYet(plot.absent)
        packed = bytes(plot.figure)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            response = HttpResponse(gzip.decompress(packed), content_type="application/json")
        else:
            response = HttpResponse(packed, content_type="application/json", headers={"Content-Encoding": "gzip"})
        patch_vary_headers(response, ["Accept-Encoding"])
        return response


def _listed(job: Job) -> dict[str, Any]:
    plots = StudyPlots.objects.filter(job=job).first() or StudyPlots(job=job)
    ended = ended_trials(job)
    listed = StudyPlotsSerializer(
        {
            "drawn_at": plots.drawn_at,
            "trials": plots.trials,
            "ended": ended,
            "is_stale": are_stale(plots, job, ended),
            "is_being_drawn": plots.token is not None,
            "problem": plots.problem,
            "plots": job.study_plot_set.defer("figure"),
        }
    )
    return dict(listed.data)
