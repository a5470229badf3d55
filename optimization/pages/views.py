"""The portal's pages: authorise, call, respond."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from optimization import services
from optimization.api.serializers import job_json, trials_json
from optimization.api.views import MOST_TRIALS
from optimization.engine.datasets import DATASETS
from optimization.engine.errors import ConfigError
from optimization.engine.hyperparameters import SPACE
from optimization.engine.rules import Whole
from optimization.extra_figures import EXTRA_FIGURES
from optimization.models import Dataset, Job, StopRequest
from optimization.pages.forms import NOT_ASKED, UNITS, JobForm, label
from optimization.templatetags.page_format import job_name
from optimization.templatetags.space_format import change_words

JOBS_ON_A_PAGE = 25


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    visible = Job.objects.visible_to(request.user).with_counts().order_by("-created_at")
    page = Paginator(visible, JOBS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "jobs.html", {"page": page})


@login_required
@require_http_methods(["GET", "POST"])
def job_new(request: HttpRequest) -> HttpResponse:
    form = JobForm(request.POST or None, initial=_initial(request), owner=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            job = services.job_start(owner=request.user, request=form.asked, title=form.cleaned_data["title"])
        except ConfigError as error:
            form.add_config_error(error)
        else:
            return redirect(job)
    status = 400 if form.errors else 200
    datasets = [*DATASETS.values(), *Dataset.objects.visible_to(request.user)]
    context = {"form": form, "datasets": datasets, "units": UNITS}
    return render(request, "job_new.html", context, status=status)


@login_required
@require_GET
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The page's JSON carries the job's seq from before the trials were read: what is newer comes as events."""
    found = get_object_or_404(Job.objects.visible_to(request.user).with_counts(), pk=job_id)
    trials = found.trials.complete()
    data = {"job": job_json(found), "trials": trials_json(trials), "seq": found.seq}
    context = {
        "job": found,
        "name": job_name(found),
        "page": data,
        "settings": settings_of(found),
        "extra_figures": {name: figure._asdict() for name, figure in EXTRA_FIGURES.items()},
        "hyperparameter_titles": {parameter.name: parameter.title for parameter in SPACE},
        "download_url": f"{reverse('api:download', args=[found.pk])}?what=model",
    }
    return render(request, "job.html", context)


@login_required
@require_POST
def job_stop(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    after_running = request.POST.get("when") == StopRequest.AFTER_RUNNING
    services.job_stop(job=found, when=StopRequest.AFTER_RUNNING if after_running else StopRequest.NOW)
    return redirect(found)


@login_required
@require_POST
def job_pause(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _change(request, job_id, services.job_pause)


@login_required
@require_POST
def job_resume(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _change(request, job_id, services.job_resume)


def _change(request: HttpRequest, job_id: uuid.UUID, verb: Callable[..., None]) -> HttpResponse:
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    try:
        verb(job=found)
    except services.NotPossible as error:
        messages.error(request, str(error))
    return redirect(found)


@login_required
@require_POST
def job_choose_best(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    """The trial is named by `number`."""
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    try:
        services.job_choose_best(job=found, number=Whole(0, MOST_TRIALS).check(request.POST.get("number")))
    except (ConfigError, ValueError, services.NotPossible) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Trial {request.POST['number']} is the best model now.")
    return redirect(found)


@login_required
@require_POST
def job_delete(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    services.job_delete(job=found)
    messages.success(request, f"{job_name(found)} is deleted.")
    return redirect("jobs")


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What the form starts from: the job to clone (`?from=`) or the data set (`?dataset=`), if one is named."""
    if "dataset" in request.GET:
        return {"dataset_name": request.GET["dataset"]}
    if "from" not in request.GET:
        return {}
    try:
        job_id = uuid.UUID(request.GET["from"])
    except ValueError:
        raise Http404 from None
    original = get_object_or_404(Job.objects.visible_to(request.user), pk=job_id)
    return {**original.request, "title": original.title}


def settings_of(job: Job) -> dict[str, Any]:
    """What was asked, for people; shares by name on one line."""
    asked = {name: value for name, value in job.request.items() if name not in NOT_ASKED}
    space = asked.pop("search_space", {})
    words = {label(name): _words(value, UNITS.get(name)) for name, value in asked.items()}
    changes = "; ".join(change_words(name, change) for name, change in space.items())
    return words | {label("search_space"): changes or "as it comes"}


def _words(value: Any, unit: str | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(_words(item, None) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{label(name).lower()} {share:g}" for name, share in value.items())
    if unit:
        return f"{value:,} {unit.removesuffix('s') if value == 1 else unit}"
    return str(value).replace("_", " ")
