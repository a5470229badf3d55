"""Study figures where there is no page: Plotly's own objects, which a notebook shows by themselves."""

from typing import Any

import plotly.graph_objects as go

from .figure import StudyFigure, on_paper


def as_plotly(drawn: StudyFigure) -> Any:
    """A plotly.graph_objects.Figure with its title and its finding, in the colours of the light theme."""
    figure = go.Figure(on_paper(drawn.figure))
    title = {"text": drawn.title, "subtitle": {"text": drawn.finding}}
    height = (figure.layout.height or 360) + 60
    figure.update_layout(template="plotly_white", title=title, height=height, margin={"t": 130})
    return figure
