"""Plots of a trial over the API: what there is, one file, all of them."""

import uuid
from typing import Any

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimization.api.downloads import zip_response
from optimization.api.errors import NotThereYet
from optimization.artifacts import artifact_store
from optimization.models import Job, Trial
from optimization.trial_plots import CONTENT_TYPES, plot_index, plots_folder, why_no_plots

FOR_A_WHILE = "private, max-age=3600"
"""A plot hardly ever changes, and is its owner's alone."""
A_PICTURE_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Opened by itself, an SVG is a page: it may hold its own style and pictures, and run nothing."""


class PlotSerializer(serializers.Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    caption = serializers.CharField(help_text="What is shown, how to read it, what is healthy.")
    group = serializers.CharField()
    width = serializers.IntegerField(allow_null=True, help_text="Of the PNG, in pixels.")
    height = serializers.IntegerField(allow_null=True)
    absent = serializers.CharField(allow_null=True, help_text="Why it could not be drawn from what was recorded.")
    error = serializers.CharField(allow_null=True, help_text="What went wrong in drawing it.")
    urls = serializers.DictField(child=serializers.CharField(), help_text="By kind: png, json, and svg or gif.")


class PlotsSerializer(serializers.Serializer):
    groups = serializers.DictField(child=serializers.CharField(), help_text="Titles of the plots' groups, in order.")
    plots = PlotSerializer(many=True)
    archive = serializers.CharField(allow_null=True, help_text="All files as a ZIP.")
    why_none = serializers.CharField(help_text="Why there are no plots at all; empty where there are some.")


class AnyAccept(BaseContentNegotiation):
    """A file is what it is, whatever kinds the client names."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class TrialPlots(APIView):
    @extend_schema(responses=PlotsSerializer)
    def get(self, request: Request, job_id: uuid.UUID, number: int) -> Response:
        """The plots of a trial with their files' addresses, or why it has none."""
        job, trial = _visible(request, job_id, number)
        index = plot_index(artifact_store(), job, number)
        if index is None:
            return Response({"groups": {}, "plots": [], "archive": None, "why_none": why_no_plots(job, trial)})
        plots = [
            {name: value for name, value in plot.items() if name != "files"}
            | {
                "urls": {
                    kind: reverse("api:plot_file", args=[job_id, number, plot["name"], kind]) for kind in plot["files"]
                }
            }
            for plot in index.plots
        ]
        archive = reverse("api:plots_archive", args=[job_id, number])
        return Response({"groups": index.groups, "plots": plots, "archive": archive, "why_none": ""})


class PlotFile(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT_TYPES.values()})
    def get(self, request: Request, job_id: uuid.UUID, number: int, name: str, kind: str) -> HttpResponse:
        """One plot: `png`, `svg`, `gif` where it moves, or `json`, the data that it shows."""
        job, _ = _visible(request, job_id, number)
        index = plot_index(artifact_store(), job, number)
        file = None if index is None else index.file(name, kind)
        if file is None or kind not in CONTENT_TYPES:
            raise Http404
        return _file(f"{plots_folder(job, number)}/{file}", CONTENT_TYPES[kind])


class PlotsArchive(APIView):
    content_negotiation_class = AnyAccept

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, job_id: uuid.UUID, number: int) -> StreamingHttpResponse:
        """All plots of a trial with their data, as a ZIP."""
        job, trial = _visible(request, job_id, number)
        if plot_index(artifact_store(), job, number) is None:
            raise NotThereYet(why_no_plots(job, trial))
        return zip_response(
            artifact_store(), plots_folder(job, number), file=f"{job.run_name}_trial_{number}_plots.zip"
        )


def _visible(request: Request, job_id: uuid.UUID, number: int) -> tuple[Job, Trial]:
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    return job, get_object_or_404(job.trials, number=number)


def _file(name: str, content_type: str) -> HttpResponse:
    with _opened(name) as file:
        response = HttpResponse(file.read(), content_type=content_type)
    response["Cache-Control"] = FOR_A_WHILE
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = A_PICTURE_ALONE
    return response


def _opened(name: str) -> Any:
    try:
        return artifact_store().open(name)
    except FileNotFoundError as error:
        raise Http404 from error
