"""The new-optimization form, made from OptimizationRequest's own fields: names, defaults, limits and help.

Checking is left to the request itself, so that page, API and command line refuse the same things in the
same words; the form carries what was typed there and the problems back to their fields.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import singledispatch
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AnonymousUser
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.models import User
from optimization.engine.datasets import DATASETS, Modality
from optimization.engine.errors import ConfigError
from optimization.engine.narrowing import BY_NAME, Narrowing
from optimization.engine.request import Mode, Objective, OptimizationRequest, PlotMode, Pruner, Sampler
from optimization.engine.rules import Choice, Maybe, Proportions, Real, Rule, Several, Text, Whole
from optimization.models import Dataset, Job
from optimization.pages.space_fields import SearchSpaceWidget, SpaceSection, for_modality, problems_of, space_section
from optimization.services import request_of

NOT_ASKED = frozenset({"executor", "use_runpod_service", "concurrent", "concurrent_workers"})
"""Fields that the page does not show; the request's defaults hold for them."""

UNITS = {
    "trials": "trials",
    "min_epochs_per_trial": "epochs",
    "max_epochs_per_trial": "epochs",
    "batch_size": "examples",
    "timeout_hours": "hours",
    "minutes_per_trial": "minutes",
    "max_parameters": "weights",
    "max_latency_ms": "milliseconds",
    "confirm_top_k": "trials",
    "confirm_seeds": "seeds",
    "early_stopping_patience": "epochs",
}

LABELS = {
    "max_latency_ms": "Max latency",
    "confirm_top_k": "Confirm the best",
    "confirm_seeds": "Seeds to confirm on",
    "create_trial_plots": "Trials that get plots",
}
"""For names that make no good label by themselves."""

OPTION_TEXT: dict[StrEnum, str] = {
    Mode.SIMPLE: "Accuracy alone decides. Health is still measured and shown.",
    Mode.HEALTH: "Accuracy and health decide together, so a sound model beats a lucky one.",
    Objective.VAL_ACCURACY: "Validation accuracy, balanced over the classes",
    Objective.ACCURACY: "Validation accuracy, plain",
    Objective.TRAINING_TIME: "Short training time",
    Objective.PARAMETER_EFFICIENCY: "Few weights for its accuracy",
    Objective.MEMORY_EFFICIENCY: "Small model file",
    Objective.INFERENCE_SPEED: "Fast predictions",
    Objective.OVERALL_HEALTH: "Overall health",
    Objective.NEURON_UTILIZATION: "Units that take part",
    Objective.TRAINING_STABILITY: "Stable training",
    Objective.GRADIENT_HEALTH: "Gradients of a useful size",
    Sampler.TPE: "TPE: learns from the finished trials",
    Sampler.GP: "Gaussian process: for few, slow trials",
    Sampler.CMAES: "CMA-ES: moves a cloud of numbers towards the best",
    Sampler.QMC: "Quasi-random: spread evenly, learns nothing",
    Sampler.RANDOM: "Random: each trial on its own",
    Sampler.GRID: "Grid: every combination of a few values",
    Sampler.NSGA2: "NSGA-II: crosses the best trials of a generation",
    Pruner.MEDIAN: "Median: ends a trial that falls below the others' median",
    Pruner.ASHA: "Successive halving: the best third goes on at each rung",
    Pruner.HYPERBAND: "Hyperband: successive halving that starts early for some, late for others",
    Pruner.NONE: "None: every trial trains all its epochs",
    PlotMode.ALL: "All trials, each as it ends",
    PlotMode.BEST: "Only the best trial, when the job ends",
    PlotMode.NONE: "None: numbers and curves alone",
}

ADVANCED = {
    "Search": ("optimize_for", "objectives", "sampler", "pruner", "random_seed", "confirm_top_k", "confirm_seeds"),
    "Training": ("min_epochs_per_trial", "early_stopping_patience", "batch_size", "validation_split"),
    "Plots": ("create_trial_plots",),
    "Limits": ("timeout_hours", "minutes_per_trial", "max_parameters", "max_latency_ms"),
    "Weights of the score": ("accuracy_weight", "health_component_proportions"),
}


class AsTyped(forms.Field):
    """Hands on what was typed, unchecked: the request's rule has the word."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)


class SharesWidget(forms.MultiWidget):
    """One number input for each named share."""

    def __init__(self, rule: Proportions) -> None:
        self.names = rule.names
        super().__init__({name: number_input(0, 1, step="0.05") for name in rule.names})

    def decompress(self, value: Mapping[str, float] | None) -> list[float | None]:
        return [(value or {}).get(name) for name in self.names]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any]:
        typed = super().value_from_datadict(data, files, name)
        return {share: text for share, text in zip(self.names, typed, strict=True) if text not in (None, "")}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """From the project's own templates, which the forms' renderer does not look through."""
        inputs = self.get_context(name, value, attrs)["widget"]["subwidgets"]
        shares = [(label(share), share_input) for share, share_input in zip(self.names, inputs, strict=True)]
        return render_to_string("_shares.html", {"shares": shares})


class SeveralWidget(forms.CheckboxSelectMultiple):
    """A box for each choice."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """From the project's own templates, as the shares."""
        groups = self.get_context(name, value, attrs)["widget"]["optgroups"]
        return render_to_string("_several.html", {"groups": groups})


def number_input(low: float, high: float, *, step: str) -> forms.NumberInput:
    return forms.NumberInput({"class": "form-control", "min": low, "max": high, "step": step})


@singledispatch
def widget_for(rule: Rule) -> forms.Widget:
    """The input that suits a rule; a kind of rule without one must be given one here."""
    raise TypeError(f"no input for {rule!r}")


@widget_for.register
def _(rule: Whole) -> forms.Widget:
    return number_input(rule.low, rule.high, step="1")


@widget_for.register
def _(rule: Real) -> forms.Widget:
    return number_input(rule.low, rule.high, step="any")


@widget_for.register
def _(rule: Maybe) -> forms.Widget:
    widget = widget_for(rule.inner)
    widget.attrs["placeholder"] = "none"
    return widget


@widget_for.register
def _(rule: Choice) -> forms.Widget:
    return forms.Select({"class": "form-select"}, choices=options(rule.options))


@widget_for.register
def _(rule: Several) -> forms.Widget:
    return SeveralWidget(choices=options(rule.options))


@widget_for.register
def _(rule: Narrowing) -> forms.Widget:
    return SearchSpaceWidget()


@widget_for.register
def _(rule: Proportions) -> forms.Widget:
    return SharesWidget(rule)


@widget_for.register
def _(rule: Text) -> forms.Widget:
    return forms.TextInput({"class": "form-control", "maxlength": rule.longest})


def label(name: str) -> str:
    """What a field is called on the pages."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def options(kind: Iterable[StrEnum]) -> list[tuple[str, Any]]:
    """Choices for a person; objectives that need health mode stand apart."""
    pairs = {option: OPTION_TEXT.get(option, label(option)) for option in kind}
    objectives = {option: text for option, text in pairs.items() if isinstance(option, Objective)}
    if not objectives:
        return [(option.value, text) for option, text in pairs.items()]
    apart = [(option.value, text) for option, text in objectives.items() if option.needs_health_mode]
    return [
        *((option.value, text) for option, text in objectives.items() if not option.needs_health_mode),
        ("In health mode only", apart),
    ]


def form_field(field: dataclasses.Field[Any]) -> AsTyped:
    """A form field for one field of the request."""
    rule, sentence = field.metadata["rule"], field.metadata["help"]
    explains_itself = isinstance(rule, Choice | Several | Proportions | Text)
    limits = "" if explains_itself else f" {rule.allowed[:1].upper()}{rule.allowed[1:]}."
    return AsTyped(
        label=label(field.name), help_text=sentence + limits, widget=widget_for(rule), initial=default(field)
    )


def default(field: dataclasses.Field[Any]) -> Any:
    """The request's own default; the data set, which has none, is one that is here without a download."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    if field.default is not dataclasses.MISSING:
        return field.default
    return next(info.name for info in DATASETS.values() if not info.needs_download)


class JobForm(forms.Form):
    """Valid when the request it describes is; `asked` is then that request."""

    title = forms.CharField(
        required=False,
        max_length=Job._meta.get_field("title").max_length,
        help_text="How you will find it again; the data set's name if left out.",
        widget=forms.TextInput({"class": "form-control", "placeholder": "for instance: first try"}),
    )

    def __init__(self, *args: Any, owner: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._owner = owner or AnonymousUser()
        for field in dataclasses.fields(OptimizationRequest):
            if field.name not in NOT_ASKED:
                self.fields[field.name] = form_field(field)
        self.asked: OptimizationRequest | None = None
        self._space_problems: dict[str, str] = {}

    def clean(self) -> dict[str, Any]:
        values = {name: value for name, value in self.cleaned_data.items() if name != "title" and self.was_sent(name)}
        modality = modality_of(self._owner, values.get("dataset_name"))
        if modality and "search_space" in values:
            values["search_space"] = for_modality(values["search_space"], modality)
            self._space_problems = problems_of(values["search_space"], modality)
        kept = {name: value for name, value in self.initial.items() if name in NOT_ASKED}  # a clone's, which has more
        try:
            self.asked = request_of(owner=self._owner, asked=kept | values)
        except ConfigError as error:
            self.add_config_error(error)
        return self.cleaned_data

    def was_sent(self, name: str) -> bool:
        """A field that the browser left out altogether keeps the request's default."""
        return not self.fields[name].widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name))

    def add_config_error(self, error: ConfigError) -> None:
        """Each problem at its field; those of fields that are not asked stand above the form."""
        for name, problem in error.errors.items():
            if name == "search_space" and self._space_problems:
                titles = ", ".join(BY_NAME[row].title for row in self._space_problems)
                self.add_error(name, f"Please look at: {titles}.")
            elif name in self.fields:
                self.add_error(name, f"{self.fields[name].label} {problem}.")
            else:
                self.add_error(None, f"{label(name)} {problem}.")

    def advanced(self) -> dict[str, list[BoundField]]:
        return {heading: [self[name] for name in names] for heading, names in ADVANCED.items()}

    def space(self) -> SpaceSection:
        return space_section("search_space", self["search_space"].value() or {}, self._space_problems)

    def problem_fields(self) -> list[BoundField]:
        return [self[name] for name in self.errors if name in self.fields]

    @property
    def advanced_has_errors(self) -> bool:
        return any(name in self.errors for names in ADVANCED.values() for name in names)


def modality_of(owner: User | AnonymousUser, dataset_name: Any) -> Modality | None:
    """What kind of data set was chosen; None where this person has none of that name."""
    if dataset_name in DATASETS:
        return DATASETS[dataset_name].modality
    own = Dataset.objects.visible_to(owner).filter(name=dataset_name).first()
    return Modality(own.modality) if own else None


class LogInForm(AuthenticationForm):
    """Django's own, dressed as the other forms are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
