"""What a report is made of: paragraphs, pictures, plots, tables. How they look is up to :mod:`pincel.studies.page`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from PIL import Image

from pincel.studies.words import Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Say: TypeAlias = Callable[[Words], str]


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: Words


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: Words


@dataclass(frozen=True)
class Formula:
    """An equation, as a line of text.

    Attributes:
        text: Such as ``G = A·Aᵀ``.
        source: Which paper says so, and what its letters are.
    """

    text: str | Words
    source: str | Words


@dataclass(frozen=True)
class Picture:
    """A picture by itself.

    Attributes:
        name: Of its file, without extension.
        image: RGB, or grey.
        caption: What is seen.
        enlarged: Show single pixels as squares rather than blurred.
    """

    name: str
    image: Image.Image
    caption: Words
    enlarged: bool = False


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
    cells: Sequence[tuple[Words, Image.Image]]
    columns: int
    caption: Words
    height: int = 256
    enlarged: bool = False


@dataclass(frozen=True)
class Plot:
    """Lines or points.

    Attributes:
        name: Of its files, without extension.
        draw: Makes the figure when it is given a function that says words in the reader's language.
        caption: What is seen.
    """

    name: str
    draw: Callable[[Say], Figure]
    caption: Words


@dataclass(frozen=True)
class Table:
    """Numbers.

    Attributes:
        name: Of its CSV file, without extension.
        columns: key → heading.
        rows: key → number or text; missing where there is nothing to say.
        caption: What they are.
        spoken: Say them on the terminal, too: the figures of the study.
        folded: Show them on the page only when asked to: there are many.
    """

    name: str
    columns: Mapping[str, Words]
    rows: Sequence[Mapping[str, Any]]
    caption: Words
    spoken: bool = False
    folded: bool = False


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
    labels: tuple[Words, Words]
    caption: Words


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
    title: Words
    lead: Words
    blocks: Sequence[Block]
    numbers: Mapping[str, Any]
    settings: Mapping[str, Any]
    notes: Sequence[Words] = field(default_factory=tuple)
