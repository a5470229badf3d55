"""What several figures share: the score's axis, that of trials, and the two trials that everybody looks for."""

from collections.abc import Mapping
from typing import Any

from .figure import DEFAULT, INK, PAPER, points
from .seen import Seen

SCORE = "Total score"


def marked(seen: Seen, y: Mapping[int, float], *, x: Mapping[int, float] | None = None) -> list[dict[str, Any]]:
    """The default and the best, over the others; x: of the trials, else their numbers."""
    traces = []
    kinds: tuple[tuple[int | None, str, str, str], ...] = (
        (0, "Default model", "diamond", DEFAULT),
        (seen.best, "Best", "star", INK),
    )
    for number, name, symbol, colour in kinds:
        if number is not None and number in y and (number != seen.best or name == "Best"):
            look = {"symbol": symbol, "color": colour, "size": 13, "line": {"width": 1.5, "color": PAPER}}
            trace = points([number], [x[number] if x else number], [y[number]], name=name, marker=look)
            trace["hovertemplate"] = f"{name}, trial %{{customdata}}: %{{y:.3f}}<extra></extra>"
            traces.append(trace | {"cliponaxis": False})
    return traces


def trial_axis(last: int) -> dict[str, Any]:
    """Trials are whole, however few there are."""
    return {"title": {"text": "Trial"}, "dtick": 1 if last < 10 else None}
