"""A page of the course, and its table of contents, as HTML that needs nothing else: no other file, no network."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

from PIL import Image

from pincel.colors import DEFAULT_BACKGROUND
from pincel.courses.declaration import CourseFigure, CourseInputs, CoursePage, Part
from pincel.images.io import to_pil
from pincel.images.resize import target_size
from pincel.sources import open_picture
from pincel.studies.page import kinds_of, templates
from pincel.studies.plots import as_svg
from pincel.studies.report import Block, Plot
from pincel.translation import Language, Translated
from pincel.translation import gettext_lazy as _

ROOM = "courses"
# Long side of the two pictures beside the table of contents.
SMALL = 320
# Lines for an answer on paper.
LINES = 5
# Sizes and costs in the midst of a sentence.
SUBSCRIPT = re.compile(r"\b([nJ])_([A-Za-z]+)\b")

TITLE = _("Neural style transfer: the course")
PARTS: dict[Part, tuple[Translated, Translated]] = {
    "lecture": (_("The lecture"), _("In the order of the slides. The column on the right says how far into the lecture a page ends.")),
    "readings": (_("The papers behind it"), _("What the lecture rests on, page by page; each can be taught by itself.")),
}
WORDS = {
    "answer": _("Answer"),
    "asking": _("Ask first"),
    "command": _("The commands that make these figures; put your own pictures in"),
    "contents": _("Contents"),
    "copied": _("Copied"),
    "copy": _("Copy"),
    "course": TITLE,
    "ends": _("ends at"),
    "exercise": _("Predict first"),
    "formula": _("Formula"),
    "keys": _("The keys ← and → turn pages."),
    "latex": _("LaTeX"),
    "lecture": _("Lecture mode"),
    "lecture_keys": _(
        "L is the lecture mode, in large type: there PageDown and PageUp, as the remote of a presenter sends them, go on by a screen, "
        "and at the end of a page to the next. A opens the answer, as does the remote’s button for a black screen. P is the switch "
        "“ask first”: on, answers are folded until they are opened; off, they are open on every page."
    ),
    "lead": _("Each page has a formula, a figure made from these two pictures, something to predict, and what is often misunderstood."),
    "minutes": _("minutes"),
    "missing": _("not made yet: the same command makes it"),
    "mistakes": _("What is often misunderstood"),
    "next": _("Next"),
    "out_of": _("of"),
    "page": _("page"),
    "painting": _("the painting"),
    "picture": _("the photograph"),
    "previous": _("Previous"),
    "print": _(
        "Every page prints on A4 in black and white; the answer stays off the sheet unless it is open, and leaves lines to write on."
    ),
    "try_it": _("Paint a photograph of your own in the browser: nothing is installed, nothing is uploaded."),
    "turn": _("Turn pages"),
}


@dataclass(frozen=True)
class Shown:
    """A figure with the blocks that it shows.

    Attributes:
        figure: The figure.
        blocks: In the open.
        revealed: Inside the answer.
    """

    figure: CourseFigure
    blocks: Sequence[Block]
    revealed: Sequence[Block]


@dataclass(frozen=True)
class Row:
    """A line of the table of contents.

    Attributes:
        page: The page.
        begins: Minutes into its part at which it begins.
        ends: Minutes into its part at which it ends.
        there: Whether its file is there.
    """

    page: CoursePage
    begins: int
    ends: int
    there: bool


def render_page(page: CoursePage, pages: Sequence[CoursePage], shown: Sequence[Shown], inputs: CourseInputs, mark: str) -> str:
    """Return a page as HTML.

    Args:
        page: The page.
        pages: All pages of the course, in order.
        shown: Its figures.
        inputs: What it is made from.
        mark: Goes into its head.
    """
    place = pages.index(page)
    language = inputs.language
    rows = list(_rows(pages, page.part, ()))
    return _render(
        "course.html.j2",
        inputs,
        page=page,
        number=place + 1,
        count=len(pages),
        before=pages[place - 1] if place else None,
        after=pages[place + 1] if place + 1 < len(pages) else None,
        figures=[_markup(each.blocks, language) for each in shown],
        revealed=[_markup(each.revealed, language) for each in shown],
        commands=list(dict.fromkeys(each.figure.command_line(inputs) for each in shown)),
        lines=LINES,
        row=next(row for row in rows if row.page == page),
        minutes=rows[-1].ends,
        mathml=_mathml,
        mark=mark,
    )


def render_contents(pages: Sequence[CoursePage], there: Sequence[str], inputs: CourseInputs) -> str:
    """Return the table of contents as HTML; ``there`` names the pages whose files are there."""
    parts = [(title, text, list(_rows(pages, part, there))) for part, (title, text) in PARTS.items()]
    pictures = [(WORDS["picture"], _small(inputs.picture)), (WORDS["painting"], _small(inputs.painting))]
    return _render(
        "contents.html.j2", inputs, parts=[each for each in parts if each[2]], pictures=pictures, first=pages[0], painter=inputs.painter
    )


def layout_digest() -> str:
    """Return a hash of all templates that pages are made with."""
    places = (files(f"pincel.{room}").iterdir() for room in ("studies", ROOM))
    texts = {each.name: each.read_bytes() for place in places for each in place if each.name.endswith(".j2")}
    return hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()


def _rows(pages: Sequence[CoursePage], part: Part, there: Sequence[str]) -> Iterator[Row]:
    ends = 0
    for page in pages:
        if page.part == part:
            begins, ends = ends, ends + page.minutes
            yield Row(page, begins, ends, page.slug in there)


def _render(name: str, inputs: CourseInputs, **values: Any) -> str:

    def prose(text: Translated) -> str:
        return SUBSCRIPT.sub(r"<i>\1</i><sub>\2</sub>", escape(text.text(inputs.language)))

    words = SimpleNamespace(**{key: text.text(inputs.language) for key, text in WORDS.items()})
    return templates(inputs.language, {}, ROOM).get_template(name).render(words=words, prose=prose, **values)


def _markup(blocks: Sequence[Block], language: Language) -> str:
    """Return blocks of a report as HTML."""

    def translate(text: Translated) -> str:
        return text.text(language)

    plots = {block.name: as_svg(block.draw(translate)) for block in blocks if isinstance(block, Plot)}
    return templates(language, plots).get_template("blocks.html.j2").render(blocks=kinds_of(blocks))


def _mathml(latex: str) -> str:
    """Return a formula as MathML, which browsers set without anything else."""
    from latex2mathml.converter import convert  # noqa: PLC0415 - which takes a second to load

    return convert(latex, display="block")


@cache
def _small(source: str) -> Image.Image:
    """Return a picture in the size of the table of contents."""
    picture = open_picture(source, "picture", DEFAULT_BACKGROUND, fit=lambda height, width: target_size(height, width, SMALL))
    image = to_pil(picture.pixels)
    image.thumbnail((SMALL, SMALL))
    return image
