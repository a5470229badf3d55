"""Validation examples whose label may be wrong, as cleanlab finds them."""

from typing import Any, NamedTuple

from matplotlib.figure import Figure

from . import gallery
from .answers import both_ends, percent, read_answers, readable, subject
from .catalog import BY_NAME
from .record import NotRecorded, TrialArrays

TITLE = BY_NAME["label_errors"].title


class LabelErrors(NamedTuple):
    """entries: the likeliest first. found: how many there are in all, None where that was not recorded."""

    subject: str
    found: int | None
    entries: list[gallery.Entry]


def prepare(arrays: TrialArrays) -> LabelErrors:
    answers = read_answers(arrays)
    issues = arrays.about.get("label_issues")
    if issues is None:
        raise NotRecorded("labels were not examined")
    if not issues:
        raise NotRecorded("no label of the validation examples looks wrong")
    pictures = _pictures(arrays)
    found = arrays.about["extras"].get("likely_label_errors")
    return LabelErrors(
        subject=subject(arrays, len(answers.labels)),
        found=None if found is None else int(found),
        entries=[_entry(issue, pictures, answers.names) for issue in issues],
    )


def _pictures(arrays: TrialArrays) -> dict[int, str]:
    """By position in the validation split."""
    recorded = arrays.get("issue_images")
    if recorded is None:
        return {}
    positions = [issue["position"] for issue in arrays.about["label_issues"]]
    return {position: gallery.as_png(picture) for position, picture in zip(positions, recorded, strict=True)}


def _entry(issue: dict[str, Any], pictures: dict[int, str], names: list[str]) -> gallery.Entry:
    label, suggested = (both_ends(names[issue[key]], gallery.NAME) for key in ("label", "suggested"))
    return gallery.Entry(
        picture=pictures.get(issue["position"], ""),
        text=readable(issue["words"]) if "words" in issue else f"validation example {issue['position']:,}",
        lines=[
            f"label: {label}",
            f"rather: {suggested}",
            f"label's probability {percent(issue['given_probability'])}",
        ],
    )


def draw(data: LabelErrors) -> Figure:
    shown = len(data.entries)
    of = f"{shown} likely errors" if data.found in (None, shown) else f"{data.found:,} likely errors, the first {shown}"
    return gallery.draw(TITLE, f"{data.subject}; {of}", data.entries)
