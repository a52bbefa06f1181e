"""Makes the pages of a course that are missing: one after the other, each whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from pincel.courses.declaration import CourseFigure, CourseInputs, CoursePage
from pincel.courses.drawn import DRAWN
from pincel.courses.render import Shown, layout_digest, render_contents, render_page
from pincel.engine.events import Event, SetupProgress
from pincel.errors import OutputError, unknown_name
from pincel.files import check_output, one_line, quoted, write_text
from pincel.sources import open_picture
from pincel.studies.progress import ProgressReporter
from pincel.studies.public import ABLATIONS, report_of
from pincel.studies.report import Block, Report, Slider
from pincel.version import __version__

INDEX = "index.html"
# In the head of a page: what it was made from.
MARK = '<meta name="pincel-course" content="{digest}">'
HEAD = 2000

Reporter = Callable[[CourseFigure, CourseInputs, ProgressReporter], Report]


@dataclass(frozen=True)
class PageProgress:
    """How far a course is.

    Attributes:
        page: Name of the page that is being made.
        title: Its title.
        what: What is being done for it, in a few words.
        done: Seconds' worth of work that is behind, about.
        total: The same of all pages that are made.
    """

    kind: ClassVar[str] = "course"
    page: str
    title: str
    what: str
    done: float
    total: float


@dataclass(frozen=True)
class Course:
    """A course as it is in its folder.

    Attributes:
        index: Its table of contents.
        made: Pages that were made.
        kept: Pages that were there, made from the same.
        missing: Pages that are not there because the course was ended early.
    """

    index: Path
    made: Sequence[str]
    kept: Sequence[str]
    missing: Sequence[str]


def select_pages(pages: Sequence[CoursePage], names: Sequence[str] | None) -> list[CoursePage]:
    """Return the pages with these names, in the order of the course; all for None.

    Raises:
        UnknownNameError: For a page there is not, with the closest match.
    """
    known = [page.slug for page in pages]
    for name in names or ():
        if name not in known:
            raise unknown_name("page of the course", name, known)
    return [page for page in pages if names is None or page.slug in names]


def check_course_folder(folder: Path, inputs: CourseInputs) -> None:
    """Raise OutputError for a folder that is a file or cannot be written."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(one_line("course: its folder is a file", quoted(folder), "a folder, new or not", "another name"))
    check_output(folder / INDEX, inputs=[Path(each) for each in (inputs.picture, inputs.painting)], what="course")


def make_report(figure: CourseFigure, inputs: CourseInputs, progress: ProgressReporter) -> Report:
    """Run the study of a figure, or the function that draws it."""
    pictures = inputs.sources(figure.pictures)
    if figure.study in DRAWN:
        return DRAWN[figure.study](*pictures, inputs.device, progress)
    options = {**figure.options, "device": inputs.device}
    if figure.study != ABLATIONS:
        return report_of(figure.study, pictures, options, progress)
    with TemporaryDirectory() as networks:
        return report_of(figure.study, pictures, {**options, "folder": networks}, progress)


@dataclass
class CourseMaker:
    """Makes a course.

    Attributes:
        folder: Where its pages go.
        table: All pages that there can be, in order.
        inputs: What it is made from.
        show: Called with each event.
        names: Of the pages to make; all for None. Those that are in the folder stay parts of the course.
        reporter: Makes the report of a figure.
    """

    folder: Path
    table: Sequence[CoursePage]
    inputs: CourseInputs
    show: Callable[[Event | PageProgress], None]
    names: Sequence[str] | None = None
    reporter: Reporter = make_report
    _reports: dict[str, Report] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wanted = select_pages(self.table, self.names)
        self.pages = [page for page in self.table if page in self._wanted or read_digest(self.folder / f"{page.slug}.html")]
        self.progress = ProgressReporter(self._studied)
        self._page: CoursePage | None = None
        self._share = PageShare()
        self._done, self._total = 0.0, 0.0

    def stop(self, reason: str = "stopped") -> None:
        """Request the end: the page that is being made is given up, the others stay."""
        self.progress.stop(reason)

    def make(self) -> Course:
        """Make the pages that are missing, and the table of contents after each.

        Raises:
            PincelError: If a picture cannot be used, or a page cannot be written.
        """
        check_course_folder(self.folder, self.inputs)
        digests = self._digests()
        kept = [page for page in self.pages if read_digest(self.folder / f"{page.slug}.html") == digests[page.slug]]
        todo = [page for page in self._wanted if page not in kept]
        self._total = float(sum(page.seconds for page in todo))
        made: list[CoursePage] = []
        self._write_contents(kept)
        for page in todo:
            self._page, self._share = page, PageShare()
            shown = self._shown(page)
            if self.progress.stopped:
                break
            text = render_page(page, self.pages, shown, self.inputs, MARK.format(digest=digests[page.slug]))
            write_text(self.folder / f"{page.slug}.html", text, what="course")
            made.append(page)
            self._done, self._share = self._done + page.seconds, PageShare()
            self._tell("")
            self._write_contents([*kept, *made])
        there = {page.slug for page in (*kept, *made)}
        missing = [page.slug for page in self._wanted if page.slug not in there]
        return Course(self.folder / INDEX, [page.slug for page in made], [page.slug for page in kept], missing)

    def _write_contents(self, there: Sequence[CoursePage]) -> None:
        write_text(self.folder / INDEX, render_contents(self.pages, [page.slug for page in there], self.inputs), what="course")

    def _digests(self) -> Mapping[str, str]:
        """Return page → what it is made from: texts, options, the pages beside it, pictures, layout, version."""
        given = (self.inputs.picture, self.inputs.painting)
        hashes = [open_picture(source, what).sha256 for source, what in zip(given, ("picture", "painting"), strict=True)]
        order = [page.slug for page in self.pages]
        common = (__version__, layout_digest(), order, given, hashes, self.inputs.language)
        # How long a page takes to make is not on it.
        shown = [replace(page, seconds=0) for page in self.pages]
        return {page.slug: hashlib.sha256(repr((common, page)).encode()).hexdigest() for page in shown}

    def _shown(self, page: CoursePage) -> list[Shown]:
        """Return the figures of a page; some are of a report that an earlier page had made."""
        shown = []
        for number, figure in enumerate(page.figures):
            self._share.begin(number, len(page.figures))
            self._tell("")
            if figure.key not in self._reports:
                self._reports[figure.key] = self.reporter(figure, self.inputs, self.progress)
            if self.progress.stopped:
                break
            report = self._reports[figure.key]
            shown.append(Shown(figure, chosen(report, figure.show), chosen(report, figure.reveal)))
        return shown

    def _studied(self, event: Event) -> None:
        """Show an event of a study: a sentence as it is, its progress as a part of the whole."""
        if isinstance(event, SetupProgress):
            self._share.move(event)
            self._tell(event.what)
        else:
            self.show(event)

    def _tell(self, what: str) -> None:
        page = self._page
        if page is not None:
            behind = self._done + page.seconds * self._share.value
            self.show(PageProgress(page.slug, page.title.text(self.inputs.language), what, behind, self._total))


class PageShare:
    """The share of a page that is done, from the progress of its studies.

    A study has several phases, and says of none how much comes after it: each is taken for half of what is left of its figure.
    """

    def __init__(self) -> None:
        self.value = 0.0
        self._begin, self._end, self._what = 0.0, 1.0, ""

    def begin(self, number: int, count: int) -> None:
        """Begin a figure: the number of it, from 0, and how many there are."""
        self.value, self._begin, self._end, self._what = number / count, number / count, (number + 1) / count, ""

    def move(self, event: SetupProgress) -> None:
        """Move on to where a study says that it is."""
        if event.what != self._what:
            self._begin, self._what = self.value, event.what
        ahead = (self._end - self._begin) / 2
        self.value = max(self.value, self._begin + ahead * min(1.0, event.done / max(1, event.total)))


def chosen(report: Report, names: Sequence[str]) -> list[Block]:
    """Return the blocks of a report with these names, in its order; ``slider`` for its slider."""
    named = [(getattr(block, "name", "slider" if isinstance(block, Slider) else ""), block) for block in report.blocks]
    return [block for name, block in named if any(fnmatchcase(name, pattern) for pattern in names)]


def read_digest(path: Path) -> str:
    """Return what a page says it was made from; empty if it is not there, or no page of a course."""
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            head = stream.read(HEAD)
    except OSError:
        return ""
    found = re.search(re.escape(MARK).replace(re.escape("{digest}"), r"(\w+)"), head)
    return found[1] if found else ""
