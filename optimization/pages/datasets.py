"""The page of data sets: the registered ones, one's own, and adding to them."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from optimization import dataset_services
from optimization.dataset_models import LONGEST_TITLE
from optimization.engine.datasets import DATASETS, UploadRefused
from optimization.engine.datasets.uploads import limits
from optimization.engine.errors import ConfigError
from optimization.models import Dataset
from optimization.services import NotPossible


class UploadForm(forms.Form):
    """What is in the file is for the engine to judge."""

    file = forms.FileField(
        allow_empty_file=True,
        widget=forms.FileInput({"class": "form-control", "accept": ".zip,.csv,.tsv,.txt,text/csv,application/zip"}),
    )
    title = forms.CharField(
        required=False,
        max_length=LONGEST_TITLE,
        help_text="How you will find it again; the file's name if left out.",
        widget=forms.TextInput({"class": "form-control", "placeholder": "for instance: my plants"}),
    )

    def add_problems(self, error: ConfigError) -> None:
        """Each reason on a line of its own, at its field."""
        if isinstance(error, UploadRefused):
            for reason in error.reasons:
                self.add_error("file", reason)
            return
        for name, problem in error.errors.items():
            self.add_error(name, f"{self.fields[name].label or name.capitalize()} {problem}.")


@login_required
@require_http_methods(["GET", "POST"])
def datasets(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = dataset_services.dataset_add(owner=request.user, **form.cleaned_data)
        except ConfigError as error:
            form.add_problems(error)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _welcome(added))
            return redirect("datasets")
    context = {
        "form": form,
        "own": Dataset.objects.visible_to(request.user),
        "registered": DATASETS.values(),
        "limits": {
            "megabytes": settings.TUNEWELL_UPLOAD_MB,
            "per_class": limits.MIN_PER_CLASS,
            "formats": ", ".join(limits.IMAGE_FORMATS),
            "side": limits.MAX_SIDE,
        },
    }
    return render(request, "datasets.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def dataset_delete(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(Dataset.objects.visible_to(request.user), name=name)
    try:
        dataset_services.dataset_delete(dataset=found)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{found.title} is deleted.")
    return redirect("datasets")


def _welcome(dataset: Dataset) -> str:
    report = dataset.what_happened
    left_out = f" {report.skipped_count:,} were left out; its report says why." if report.skipped_count else ""
    what = "images" if dataset.is_image else "texts"
    return f"{dataset.title} is ready: {report.used:,} {what} in {len(dataset.classes):,} classes.{left_out}"
