"""The learn pages: what each hyperparameter is and does, from the same table as the search."""

import dataclasses

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from optimization.engine.hyperparameters import GROUPS, Hyperparameter
from optimization.pages.learn_figures import Figure, activation_figure, dropout_figure, schedule_figure
from optimization.templatetags import space_format


@dataclasses.dataclass(frozen=True)
class Section:
    """One hyperparameter as the page explains it."""

    parameter: Hyperparameter
    range: str
    default: str
    condition: str
    modality: str
    figure: Figure | None


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "learn/index.html", {"groups": GROUPS})


@login_required
@require_GET
def hyperparameters(request: HttpRequest) -> HttpResponse:
    groups = {heading: [_section(parameter) for parameter in parameters] for heading, parameters in GROUPS.items()}
    return render(request, "learn/hyperparameters.html", {"groups": groups})


def _section(parameter: Hyperparameter) -> Section:
    return Section(
        parameter=parameter,
        range=space_format.range_words(parameter),
        default=space_format.default_words(parameter),
        condition=space_format.condition_words(parameter),
        modality=space_format.modality_words(parameter),
        figure=_figure(parameter),
    )


def _figure(parameter: Hyperparameter) -> Figure | None:
    match parameter.name:
        case "activation":
            return activation_figure(parameter.range.values)
        case "learning_rate_schedule":
            return schedule_figure(parameter.range.values)
        case "first_hidden_layer_dropout":
            # The middle of the range: with the default, 0, there would be nothing to see.
            return dropout_figure((parameter.range.low + parameter.range.high) / 2)
    return None
