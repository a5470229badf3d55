"""The figures of a job as they were last drawn."""

import gzip
import json
from typing import Any

from django.db import models


class StudyPlots(models.Model):
    """What is known of a job's figures as a whole.

    token, asked_at: who draws them now, and since when. rests_until: no sooner are they drawn anew while the job
    runs. trials, best_trial_number, edition: what they were drawn of, and by which edition of the drawing.
    """

    job = models.OneToOneField("optimization.Job", on_delete=models.CASCADE, related_name="study_plots")
    token = models.UUIDField(null=True, blank=True, editable=False)
    asked_at = models.DateTimeField(null=True, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    trials = models.PositiveIntegerField(default=0, help_text="How many had ended then.")
    best_trial_number = models.PositiveIntegerField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True, help_text="Why the last drawing failed as a whole.")

    class Meta:
        verbose_name_plural = "study plots"

    def __str__(self) -> str:
        return f"figures of {self.job_id}"


class StudyPlot(models.Model):
    """One figure of a job, or why it has none. figure: Plotly's JSON, gzipped."""

    job = models.ForeignKey("optimization.Job", on_delete=models.CASCADE, related_name="study_plot_set")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=50)
    title = models.CharField(max_length=200)
    question = models.CharField(max_length=200)
    caption = models.TextField()
    finding = models.TextField(blank=True)
    trials = models.PositiveIntegerField(default=0)
    absent = models.TextField(blank=True)
    figure = models.BinaryField(null=True)

    class Meta:
        ordering = ["job", "place"]
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="study_plot_unique_in_job")]

    def __str__(self) -> str:
        return f"{self.name} of {self.job_id}"


def packed(figure: dict[str, Any] | None) -> bytes | None:
    """A figure as a row keeps it. The same figure gives the same bytes."""
    if figure is None:
        return None
    return gzip.compress(json.dumps(figure, allow_nan=False, separators=(",", ":")).encode(), mtime=0)
