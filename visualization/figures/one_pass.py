"""PNG and SVG of a figure in one pass: laying out text and ticks costs more than drawing them, so it is done once."""

import io
import re
from collections.abc import Callable
from typing import Any

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy import asarray

from .record import Array

POINTS_PER_INCH = 72
_DRAWN_TWICE = (
    "draw_path", "draw_markers", "draw_quad_mesh", "draw_gouraud_triangles", "draw_image",
)  # fmt: skip


def rendered(figure: Figure) -> tuple[Array, str]:
    """The figure's pixels, (height, width, 4) uint8 at its resolution, and itself as SVG."""
    renderer = _PixelsAndSvg(figure)
    figure.draw(renderer)
    pixels = renderer.buffer_rgba()  # type: ignore[no-untyped-call]
    return asarray(pixels), renderer.svg()


class _PixelsAndSvg(RendererAgg):
    """Draws pixels, and hands all that is drawn to an SVG of as many units.

    Places are in pixels for both; widths of lines and sizes of letters are in points, which only Agg knows to scale.
    """

    def __init__(self, figure: Figure) -> None:
        self._out = io.StringIO()
        super().__init__(*figure.bbox.size, figure.dpi)  # type: ignore[no-untyped-call]
        svg = RendererSVG(*figure.bbox.size, self._out, metadata={"Date": None})  # type: ignore[no-untyped-call]
        self._svg: Any = svg
        self._scale = figure.dpi / POINTS_PER_INCH
        for name in _DRAWN_TWICE:
            setattr(self, name, self._both(getattr(self, name), getattr(self._svg, name)))
        self._pixel_collection = self.draw_path_collection
        setattr(self, "draw_path_collection", self._draw_path_collection)  # noqa: B010  (an attribute of Agg too)

    def draw_text(self, gc: Any, x: float, y: float, s: str, prop: FontProperties, *args: Any, **kwargs: Any) -> None:
        super().draw_text(gc, x, y, s, prop, *args, **kwargs)  # type: ignore[no-untyped-call]
        scaled = prop.copy()
        scaled.set_size(prop.get_size_in_points() * self._scale)
        self._svg.draw_text(gc, x, y, s, scaled, *args, **kwargs)

    def svg(self) -> str:
        """All that was drawn, as large on paper as the figure is."""
        self._svg.finalize()
        return re.sub(r'(width|height)="([\d.]+)pt"', self._in_points, self._out.getvalue(), count=2)

    def _in_points(self, match: re.Match[str]) -> str:
        return f'{match[1]}="{float(match[2]) / self._scale:g}pt"'

    def _both(self, pixels: Callable[..., None], svg: Callable[..., None]) -> Callable[..., None]:
        def draw(gc: Any, *args: Any, **kwargs: Any) -> None:
            pixels(gc, *args, **kwargs)
            svg(self._scaled(gc), *args, **kwargs)

        return draw

    def _scaled(self, gc: Any) -> Any:
        scaled = self.new_gc()
        scaled.copy_properties(gc)
        scaled.set_linewidth(gc.get_linewidth() * self._scale)
        scaled.set_dashes(*_dashes(gc.get_dashes(), self._scale))
        return scaled

    def _draw_path_collection(self, gc: Any, *args: Any, **kwargs: Any) -> None:
        """The eighth and ninth argument after gc are the widths and the dashes of lines."""
        self._pixel_collection(gc, *args, **kwargs)
        scaled = list(args)
        scaled[7] = [width * self._scale for width in args[7]]
        scaled[8] = [_dashes(style, self._scale) for style in args[8]]
        self._svg.draw_path_collection(gc, *scaled, **kwargs)


def _dashes(style: tuple[float, Any], scale: float) -> tuple[float, Any]:
    offset, lengths = style
    return offset * scale, None if lengths is None else [length * scale for length in lengths]
