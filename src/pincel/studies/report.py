"""What a report is made of: paragraphs, pictures, plots, tables. Their layout is that of :mod:`pincel.studies.page`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from PIL import Image

from pincel.arguments import checked
from pincel.translation import Language, Translate, Translated

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
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
        source: Its paper, and what its letters are.
    """

    text: str | Translated
    source: str | Translated


@dataclass(frozen=True)
class Picture:
    """A picture by itself.

    Attributes:
        name: Of its file, without extension.
        image: RGB, or gray.
        caption: What it shows.
        pixelated: Whether single pixels are shown as squares rather than blurred.
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
        caption: What it shows.
        height: Of a picture in the file, in pixels.
        pixelated: Whether single pixels are shown as squares.
    """

    name: str
    cells: Sequence[tuple[Translated, Image.Image]]
    columns: int
    caption: Translated
    height: int = 256
    pixelated: bool = False


@dataclass(frozen=True)
class Pair:
    """Two pictures to be compared.

    Attributes:
        title: What is another one in the second.
        first: (caption, picture).
        second: Likewise.
        look: What to look at.
    """

    title: Translated
    first: tuple[Translated, Image.Image]
    second: tuple[Translated, Image.Image]
    look: Translated


@dataclass(frozen=True)
class Pairs:
    """Pairs of pictures, of which none is ever parted.

    Attributes:
        name: Of its file, without extension.
        pairs: In reading order.
        caption: What they show.
    """

    name: str
    pairs: Sequence[Pair]
    caption: Translated


@dataclass(frozen=True)
class Plot:
    """Lines or points.

    Attributes:
        name: Of its files, without extension.
        draw: Makes the figure, with texts by a function that translates them.
        caption: What it shows.
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
        rows: key → number or text; some may be missing.
        caption: What they are.
        print_to_terminal: Whether the command prints it too: the main results of the study.
        collapsed: Whether the page hides it until it is opened: it has many rows.
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


@dataclass(frozen=True)
class Animation:
    """Pictures that change, as one moving file.

    Attributes:
        name: Of its file, without extension.
        frames: Each is a row of (caption, picture), as many in each, with as many lines.
        caption: What it shows.
        height: Of a picture, in pixels.
        milliseconds: How long a frame is shown.
    """

    name: str
    frames: Sequence[Sequence[tuple[Translated, Image.Image]]]
    caption: Translated
    height: int = 192
    milliseconds: int = 250


@dataclass(frozen=True)
class ChannelMatrix:
    """A matrix of channels: a cell shows the maps of its two channels, and where in the picture both answer.

    Attributes:
        name: Of its file, without extension: the largest cell.
        image: The picture, RGB.
        channels: Number → what it is called, in the order of the rows.
        maps: Of them, (k, H, W), from -127 to 127, each in units of its own; H and W at most about a hundred, for all are in the page.
        gram: (k, k).
        texts: What each cell says in numbers, row by row.
        caption: What it shows.
    """

    name: str
    image: Image.Image
    channels: Mapping[int, Translated]
    maps: npt.NDArray[np.int8]
    gram: npt.NDArray[np.float64]
    texts: Sequence[Sequence[Translated]]
    caption: Translated


@dataclass(frozen=True)
class WeightedTerm:
    """A term of a sum, and the weights that it can have.

    Attributes:
        weight: Letter of its weight, such as ``α``.
        cost: What it is called, such as ``J_content``.
        name: What it measures, in a word.
        values: Weights, from small to large.
    """

    weight: str
    cost: str
    name: Translated
    values: Sequence[float]


@dataclass(frozen=True)
class WeightSliders:
    """Pictures that sliders choose, one for each term's weight; the terms and their sum beside them, as numbers and bars.

    Attributes:
        name: Of its file, without extension: all pictures.
        terms: A slider each.
        pictures: Each with its terms, unweighted.
        choices: Number of the picture for each choice of weights, those of the last term changing fastest.
        start: Number of the choice that is shown first.
        caption: What to try.
    """

    name: str
    terms: Sequence[WeightedTerm]
    pictures: Sequence[tuple[Image.Image, Sequence[float]]]
    choices: Sequence[int]
    start: int
    caption: Translated


Block: TypeAlias = (
    Heading | Paragraph | Formula | Picture | Sheet | Plot | Table | Slider | Animation | ChannelMatrix | WeightSliders | Pairs
)


@dataclass(frozen=True)
class Report:
    """The result of a study.

    Attributes:
        name: Of the study, as on the command line.
        title: Of the page.
        lead: The question, and the method.
        blocks: In reading order.
        numbers: Everything measured, ready for JSON.
        settings: Its options, ready for JSON.
        notes: On adjustments and omissions, and that the study was ended early.
        language: Of the page and of what a notebook shows, unless another is asked for.
    """

    name: str
    title: Translated
    lead: Translated
    blocks: Sequence[Block]
    numbers: Mapping[str, Any]
    settings: Mapping[str, Any]
    notes: Sequence[Translated] = field(default_factory=tuple)
    language: Language = "en"

    @checked
    def save(self, folder: str | PathLike[str], *, language: Language | None = None) -> Path:
        """Write the page, every picture as PNG, plots as SVG and PNG, tables as CSV, and all numbers as JSON.

        Args:
            folder: Where to; new or not.
            language: Of the page and the figures, ``en`` or ``es``; that of the report when left out.

        Returns:
            The path of the page.

        Raises:
            OutputError: If a file cannot be written.
        """
        from pincel.studies.write import check_folder, write_report  # noqa: PLC0415 - which writes reports

        page, *_ = write_report(self, check_folder(Path(folder)), language or self.language)
        return page

    def _repr_html_(self) -> str:
        from pincel.studies.preview import preview_html  # noqa: PLC0415 - which shows reports

        return preview_html(self, self.language)
