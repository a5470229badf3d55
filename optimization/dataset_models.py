"""Data sets of the portal's users; the registered ones stand in the engine."""

from typing import Any

from django.conf import settings
from django.db import models

from optimization.engine.datasets import Modality, UploadReport
from optimization.engine.datasets.uploads.storage import LICENCE

LONGEST_TITLE = 200


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def visible_to(self, user: Any) -> "DatasetQuerySet":
        """The data sets a person may see; the only way in for pages, API and jobs."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(owner=user)


class Dataset(models.Model):
    """An upload that was accepted. name: what a request's `dataset_name` takes, and its folder under
    TUNEWELL_UPLOAD_DIR, which the sets of several owners may share when they hold the same under the same title.

    classes: their names by label. shape: [height, width, channels]; null for texts. sha256: of the converted
    content; source_sha256: of the file as it was sent. report: UploadReport.to_dict(). sample: images as a data
    URL, or the beginning of a text.
    """

    is_own = True
    test_size = 0
    licence = LICENCE
    citation = ""
    needs_download = False

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="datasets")
    name = models.CharField(max_length=100, editable=False)
    title = models.CharField(max_length=LONGEST_TITLE)
    modality = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Modality])
    classes = models.JSONField()
    shape = models.JSONField(null=True, blank=True)
    train_size = models.PositiveIntegerField("examples")
    sha256 = models.CharField(max_length=64, editable=False)
    source_name = models.CharField(max_length=200, blank=True)
    source_sha256 = models.CharField(max_length=64, editable=False)
    report = models.JSONField(default=dict)
    sample = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="dataset_name_unique_for_owner")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_image(self) -> bool:
        return self.modality == Modality.IMAGE

    @property
    def what_happened(self) -> UploadReport:
        return UploadReport.from_dict(self.report)

    @property
    def source(self) -> str:
        return f"uploaded: {self.source_name}"
