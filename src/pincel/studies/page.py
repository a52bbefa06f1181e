"""A report as one HTML page that needs nothing else: no other file, no network."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from PIL import Image

from pincel.studies.matrix_view import MatrixView
from pincel.studies.report import Block, Plot, Report
from pincel.studies.slider_view import SliderView
from pincel.translation import Language, Translated
from pincel.translation import gettext_lazy as _
from pincel.version import __version__

# Numbers below it are read without spaces.
SHORT = 10_000
_MADE = _("How this was made")
_PLAY, _FRAMES = _("Play"), _("Frame of the film")


def render_page(report: Report, language: Language, plots: Mapping[str, bytes]) -> str:
    """Return a report as HTML with pictures and plots (name → SVG) inside; its security policy forbids every request."""
    template = templates(language, plots).get_template("page.html.j2")
    return template.render(report=report, blocks=kinds_of(report.blocks), made=_MADE)


def templates(language: Language, plots: Mapping[str, bytes], *rooms: str) -> Environment:
    """Return the templates of reports, and those of other rooms that show blocks of reports by ``blocks.html.j2``; plots: name → SVG."""

    def translate(text: Translated) -> str:
        return text.text(language)

    def svg(plot: Plot) -> str:
        return _address("image/svg+xml", plots[plot.name])

    loader = ChoiceLoader([PackageLoader("pincel", room) for room in ("studies", *rooms)])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(jpeg=_jpeg, play=_PLAY, frames=_FRAMES, matrix_view=MatrixView, slider_view=SliderView)
    environment.globals.update(
        language=language, version=__version__, translate=translate, svg=svg, png=_png, cell=lambda value: format_cell(value, language)
    )
    return environment


def kinds_of(blocks: Iterable[Block]) -> list[tuple[str, Block]]:
    """Return blocks as ``blocks.html.j2`` takes them: (name of the class, block)."""
    return [(type(block).__name__, block) for block in blocks]


def format_cell(value: Any, language: Language) -> str:
    """Write a number as a reader wants it: four digits, those of large whole numbers in threes, nothing where there is nothing."""
    if value is None:
        return ""
    if isinstance(value, Translated):
        return value.text(language)
    if isinstance(value, int):
        return group_digits(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def group_digits(number: int) -> str:
    """Write a whole number with thin spaces between its digits, three by three from five digits on, as both languages read it."""
    return f"{number:,}".replace(",", "\u202f") if abs(number) >= SHORT else str(number)


def _png(image: Image.Image) -> str:
    file = io.BytesIO()
    image.save(file, "PNG")
    return _address("image/png", file.getvalue())


def _jpeg(image: Image.Image) -> str:
    """Return a picture of which a page has several, in a tenth of the bytes of a PNG."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return _address("image/jpeg", file.getvalue())


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
