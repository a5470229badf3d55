"""Jobs, trials and workers in the admin site: to look at, hardly to change."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from optimization import dataset_services
from optimization.models import Dataset, EpochMetrics, HealthMetrics, Job, JobEvent, Trial, Worker
from optimization.services import NotPossible


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that the loop and the workers write; a person may look, and delete."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "owner", "state", "asked_for", "finished", "best_total_score", "created_at"]
    list_filter = ["state", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "run_name", "owner__username", "id"]
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).with_counts()

    @admin.display(description="trials")
    def asked_for(self, job: Job) -> int:
        return job.request["trials"]

    @admin.display(description="finished")
    def finished(self, job: Job) -> int:
        return job.finished


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """Deleting goes the same way as its owner's, so that its files go too."""

    list_display = ["title", "owner", "modality", "train_size", "source_name", "created_at"]
    list_filter = ["modality", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "name", "owner__username", "source_name"]

    def has_delete_permission(self, request: HttpRequest, obj: Dataset | None = None) -> bool:
        may_delete = super().has_delete_permission(request, obj)
        return may_delete and (obj is None or not dataset_services.unfinished_jobs(obj).exists())

    def delete_model(self, request: HttpRequest, obj: Dataset) -> None:
        self.delete_queryset(request, Dataset.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Dataset]) -> None:
        for dataset in queryset:
            try:
                dataset_services.dataset_delete(dataset=dataset)
            except NotPossible as error:
                self.message_user(request, str(error), messages.ERROR)


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "job", "state", "attempt", "val_accuracy", "total_score", "worker", "queued_at"]
    list_filter = ["state", "attempt"]
    list_select_related = ["job"]
    search_fields = ["job__run_name", "job__title", "worker", "reason"]


@admin.register(EpochMetrics)
class EpochMetricsAdmin(ReadOnlyAdmin):
    list_display = ["trial", "attempt", "epoch", "loss", "val_loss", "val_accuracy", "duration_s", "ended_at"]
    list_select_related = ["trial"]
    search_fields = ["trial__job__run_name"]


@admin.register(HealthMetrics)
class HealthMetricsAdmin(ReadOnlyAdmin):
    list_display = ["trial", "overall_health", "training_stability", "convergence_quality", "parameter_efficiency"]
    list_select_related = ["trial"]
    search_fields = ["trial__job__run_name"]


@admin.register(JobEvent)
class JobEventAdmin(ReadOnlyAdmin):
    list_display = ["job", "seq", "kind", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["job"]
    search_fields = ["job__run_name"]


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["name", "queue", "started_at", "seen_at"]
    list_filter = ["queue"]
    search_fields = ["name"]
