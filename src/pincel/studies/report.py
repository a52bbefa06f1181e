"""What a report is made of: paragraphs, pictures, plots, tables. How they look is up to :mod:`pincel.studies.page`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from PIL import Image

from pincel.translation import Translate, Translated

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: Translated


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: Translated


@dataclass(frozen=True)
class Formula:
    """An equation, as a line of text.

    Attributes:
        text: Such as ``G = A·Aᵀ``.
        source: Which paper says so, and what its letters are.
    """

    text: str | Translated
    source: str | Translated


@dataclass(frozen=True)
class Picture:
    """A picture by itself.

    Attributes:
        name: Of its file, without extension.
        image: RGB, or gray.
        caption: What is seen.
        enlarged: Show single pixels as squares rather than blurred.
    """

    name: str
    image: Image.Image
    caption: Translated
    pixelated: bool = False


@dataclass(frozen=True)
class Sheet:
    """Pictures in rows, as a figure of a paper: one file, and each by itself on the page.

    Attributes:
        name: Of its file, without extension.
        cells: (caption, picture), row by row.
        columns: Pictures in a row.
        caption: What is seen.
        height: Of a picture in the file, in pixels.
        enlarged: Show single pixels as squares.
    """

    name: str
    cells: Sequence[tuple[Translated, Image.Image]]
    columns: int
    caption: Translated
    height: int = 256
    pixelated: bool = False


@dataclass(frozen=True)
class Plot:
    """Lines or points.

    Attributes:
        name: Of its files, without extension.
        draw: Makes the figure when it is given a function that translates into the reader's language.
        caption: What is seen.
    """

    name: str
    draw: Callable[[Translate], Figure]
    caption: Translated


@dataclass(frozen=True)
class Table:
    """Numbers.

    Attributes:
        name: Of its CSV file, without extension.
        columns: key → heading.
        rows: key → number or text; missing where there is nothing to say.
        caption: What they are.
        spoken: Translate them on the terminal, too: the figures of the study.
        folded: Show them on the page only when asked to: there are many.
    """

    name: str
    columns: Mapping[str, Translated]
    rows: Sequence[Mapping[str, Any]]
    caption: Translated
    print_to_terminal: bool = False
    collapsed: bool = False


@dataclass(frozen=True)
class Slider:
    """Two pictures of one size, one over the other, with an edge to pull.

    Attributes:
        before: On the left of the edge.
        after: On the right of it.
        labels: What the two are.
        caption: What to look for.
    """

    before: Image.Image
    after: Image.Image
    labels: tuple[Translated, Translated]
    caption: Translated


Block: TypeAlias = Heading | Paragraph | Formula | Picture | Sheet | Plot | Table | Slider


@dataclass(frozen=True)
class Report:
    """What a study has found.

    Attributes:
        name: Of the study, as on the command line.
        title: Of the page.
        lead: What the question is, and how it was put.
        blocks: In reading order.
        numbers: Everything measured, ready for JSON.
        settings: What was asked for, ready for JSON.
        notes: What was adjusted, or that the study was ended early.
    """

    name: str
    title: Translated
    lead: Translated
    blocks: Sequence[Block]
    numbers: Mapping[str, Any]
    settings: Mapping[str, Any]
    notes: Sequence[Translated] = field(default_factory=tuple)
