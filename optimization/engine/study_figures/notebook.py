"""Study figures where there is no page: Plotly's own objects, which a notebook shows by themselves."""

import textwrap
from typing import Any

import plotly.graph_objects as go

from .figure import StudyFigure, on_paper

LINE = 100
"""Characters of a finding on a line."""


def as_plotly(drawn: StudyFigure) -> Any:
    """A plotly.graph_objects.Figure with its title and its finding, in the colours of the light theme."""
    figure = go.Figure(on_paper(drawn.figure))
    finding = "<br>".join(textwrap.wrap(drawn.finding, LINE))
    title = {"text": drawn.title, "subtitle": {"text": finding}}
    height = (figure.layout.height or 360) + 60
    figure.update_layout(template="plotly_white", title=title, height=height, margin={"t": 130})
    return figure
