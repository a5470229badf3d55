"""Data sets in the API: the registered ones, and one's own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.cache import cache
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from optimization import dataset_services, services
from optimization.dataset_models import LONGEST_TITLE
from optimization.engine import datasets
from optimization.engine.errors import DatasetUnavailable
from optimization.models import Dataset

JSON = OpenApiTypes.OBJECT
LOOK_KNOWN_FOR_S = 60
LOOKS_AT_ONCE = 16
SHOWN = ("name", "title", "modality", "classes", "shape", "train_size", "test_size", "source", "licence", "citation")
SHOWN += ("needs_download",)
SHOWN_OF_OWN = ("sha256", "source_name", "source_sha256", "report", "created_at")


class UploadSerializer(serializers.Serializer):
    """A ZIP with a folder of images for each class, or a CSV with the columns text and label."""

    file = serializers.FileField(allow_empty_file=True)
    title = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_TITLE, help_text="The file's name if left out."
    )


class Datasets(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(responses=JSON, operation_id="datasets_list")
    def get(self, request: Request) -> Response:
        """The registered data sets, then your own, newest first, and whether each could be used now."""
        found = [*datasets.DATASETS.values(), *Dataset.objects.visible_to(request.user)]
        with ThreadPoolExecutor(LOOKS_AT_ONCE) as threads:  # each may ask another server
            return Response({"datasets": list(threads.map(dataset_json, found))})

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: JSON})
    def post(self, request: Request) -> Response:
        """Upload a data set of your own. What it says of skipped files and lines is in `report`."""
        sent = UploadSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        added = dataset_services.dataset_add(owner=request.user, **sent.validated_data)
        return Response(dataset_json(added), status=201)


class OneDataset(APIView):
    @extend_schema(responses=JSON)
    def get(self, request: Request, name: str) -> Response:
        """A registered data set, or one of yours."""
        own = Dataset.objects.visible_to(request.user)
        return Response(dataset_json(datasets.DATASETS.get(name) or get_object_or_404(own, name=name)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        """Delete a data set of yours; 409 while a job that uses it is not finished."""
        dataset = get_object_or_404(Dataset.objects.visible_to(request.user), name=name)
        dataset_services.dataset_delete(dataset=dataset)
        return Response(status=204)


def dataset_json(dataset: datasets.DatasetInfo | Dataset) -> dict[str, Any]:
    """size: "" where the complete set is here or can be fetched, else "subset …"."""
    is_own = isinstance(dataset, Dataset)
    values = {name: getattr(dataset, name) for name in (*SHOWN, *(SHOWN_OF_OWN if is_own else ()))}
    look: tuple[str, str] | None = cache.get(key := f"dataset-{dataset.name}")
    if look is None:
        cache.set(key, look := _look_for(dataset.name), LOOK_KNOWN_FOR_S)
    size, problem = look
    return values | {"own": is_own, "size": size, "available": not problem, "problem": problem}


def _look_for(name: str) -> tuple[str, str]:
    """The size here, and why the data set cannot be used now; may ask the server of its source, which takes long."""
    try:
        return datasets.check_available(name, services.data_dir()), ""
    except DatasetUnavailable as error:
        return "", error.errors["dataset_name"]
