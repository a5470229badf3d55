"""The mistakes a model was surest of."""

from typing import NamedTuple

from matplotlib.figure import Figure

from . import gallery
from .answers import both_ends, percent, read_answers, readable, subject
from .catalog import BY_NAME
from .record import NotRecorded, TrialArrays

TITLE = BY_NAME["worst_mistakes"].title


class WorstMistakes(NamedTuple):
    """entries: by rising probability of the label. mistakes: of all validation examples recorded."""

    subject: str
    mistakes: int
    entries: list[gallery.Entry]


def prepare(arrays: TrialArrays) -> WorstMistakes:
    answers = read_answers(arrays)
    mistakes = int((~answers.correct).sum())
    if not mistakes:
        raise NotRecorded("the model made no mistake on the validation examples")
    rows = arrays.require("worst_rows", "its worst mistakes were not recorded")
    pictures, texts = arrays.get("worst_images"), arrays.about["worst"]
    entries = []
    for index, row in enumerate(rows if pictures is not None else rows[: gallery.MOST_TEXTS]):
        said, label, probabilities = answers.predicted[row], answers.labels[row], answers.probabilities[row]
        entries.append(
            gallery.Entry(
                picture="" if pictures is None else gallery.as_png(pictures[index]),
                text=readable(texts[index].get("words", [])),
                lines=[
                    f"said: {both_ends(answers.names[said], gallery.NAME)}",
                    f"label: {both_ends(answers.names[label], gallery.NAME)}",
                    f"{percent(probabilities[said])} against {percent(probabilities[label])}",
                ],
            )
        )
    return WorstMistakes(subject(arrays, len(answers.labels)), mistakes, entries)


def draw(data: WorstMistakes) -> Figure:
    shown = len(data.entries)
    of = f"all {shown} mistakes" if shown == data.mistakes else f"{data.mistakes:,} mistakes, the {shown} worst"
    return gallery.draw(TITLE, f"{data.subject}; {of}", data.entries)
