"""Numbers and names as people read them; static/js/format.js says the same in the browser.

tests/format_cases.json holds the cases that both must meet.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from django import template
from django.core.cache import cache
from django.utils import timezone

from optimization.engine.datasets import DatasetInfo, find_dataset, size_here
from optimization.engine.errors import DatasetUnavailable
from optimization.engine.trial import JobState
from optimization.models import Job, StopRequest
from optimization.services import data_dir

register = template.Library()

ABSENT = "–"
SIZE_KNOWN_FOR_S = 60
SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@register.filter
def percent(share: float | None) -> str:
    """A share in [0, 1] as per cent."""
    return f"{share * 100:.1f}{SPACE}%" if is_number(share) else ABSENT


@register.filter
def score(value: float | None) -> str:
    """A score or share in [0, 1], without unit."""
    return f"{value:.3f}" if is_number(value) else ABSENT


@register.filter
def signed(value: float | None) -> str:
    """A difference of two scores, always with its sign."""
    if not is_number(value):
        return ABSENT
    size = f"{abs(value):.3f}"
    if float(size) == 0:
        return f"±{size}"
    return f"{'+' if value > 0 else MINUS}{size}"


@register.filter
def whole(value: float | None) -> str:
    return f"{value:,.0f}" if is_number(value) else ABSENT


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in the two largest units that tell something."""
    if not is_number(seconds) or seconds < 0:
        return ABSENT
    if seconds < 9.95:
        return f"{seconds:.1f}{SPACE}s"
    total = int(seconds + 0.5)
    if total < 60:
        return f"{total}{SPACE}s"
    for size, unit, part, part_unit in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if total >= size:
            return f"{total // size}{SPACE}{unit} {total % size // part}{SPACE}{part_unit}"
    return ABSENT


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago, in one unit."""
    if moment is None:
        return ABSENT
    seconds = int((timezone.now() - moment).total_seconds())
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size}{SPACE}{unit} ago"
    return "just now"


@register.filter
def dataset_title(name: str) -> str:
    """The data set's title; its name where it is gone."""
    try:
        return find_dataset(name).title
    except DatasetUnavailable:
        return name


@register.filter
def size_note(dataset: DatasetInfo) -> str:
    """What to say of a registered data set's size on this machine; "" for a complete set and where it is not here."""
    note: str | None = cache.get(key := f"dataset-here-{dataset.name}")
    if note is None:
        try:
            note = size_here(find_dataset(dataset.name, data_dir()), data_dir()) or ""
        except DatasetUnavailable:  # starting a job says why
            note = ""
        cache.set(key, note, SIZE_KNOWN_FOR_S)
    return note


@register.filter
def job_name(job: Job) -> str:
    """What the job is called: its title, else its data set's."""
    return job.title or dataset_title(job.request["dataset_name"])


@register.filter
def shown_state(job: Job) -> str:
    """The job's state; stopping or pausing from the moment that its owner asked for it."""
    if job.is_stopping:
        return JobState.STOPPING
    pausing = job.stop_request == StopRequest.PAUSE and not job.is_finished
    return "pausing" if pausing else JobState(job.state)


@register.filter
def elapsed_s(job: Job) -> float | None:
    """Seconds from the job's start to its end, or until now."""
    if job.started_at is None:
        return None
    return ((job.finished_at or timezone.now()) - job.started_at).total_seconds()


@register.filter
def shape(sizes: Iterable[int]) -> str:
    """(28, 28, 1) as 28×28, with the channels where there are several."""
    *sides, channels = sizes
    return "×".join(str(size) for size in ([*sides, channels] if channels > 1 else sides))


@register.filter
def dataset_pictures(info: DatasetInfo) -> list[str]:
    """Templates of the data set's picture, its own before its modality's."""
    return [f"datasets/{info.name}.svg", f"datasets/{info.modality}.svg"]


@register.filter
def at(mapping: Mapping[str, str], name: str) -> str:
    return mapping.get(name, "")
