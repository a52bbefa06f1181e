"""The course that the documentation has, from pictures that come with pincel: docs/_build/course/en and docs/_build/course/es.

    python scripts/docs_course.py          # make what is missing; print seconds and bytes of each page

Pages that are there, made from the same texts and pictures, are kept: remove the folder to make all anew.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast, get_args

from pincel.courses.declaration import CourseFigure, CourseInputs
from pincel.courses.make import CourseMaker, PageProgress, make_report
from pincel.courses.pages import PAGES
from pincel.courses.progress import CourseBar
from pincel.engine.events import Event
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Report
from pincel.translation import Language

COURSE = Path(__file__).parents[1] / "docs" / "_build" / "course"
PICTURE, PAINTING = "sample:harbour", "sample:impasto"


class Clock:
    """Notes how many seconds pages took, from the events of a course."""

    def __init__(self, bar: CourseBar) -> None:
        self.seconds: dict[str, float] = {}
        self._bar = bar
        self._began: dict[str, float] = {}

    def show(self, event: Event | PageProgress) -> None:
        """Take one event, and show it."""
        if isinstance(event, PageProgress):
            now = time.perf_counter()
            self.seconds[event.page] = now - self._began.setdefault(event.page, now)
        self._bar.show(event)


def make_courses(painter: str = "") -> None:
    """Make the course in every language, each report once; print what was made.

    Args:
        painter: Address of the page that paints in the browser, with ``{language}`` in it; empty where there is none.
    """
    reports: dict[str, Report] = {}

    def report_once(figure: CourseFigure, inputs: CourseInputs, progress: ProgressReporter) -> Report:
        if figure.key not in reports:
            reports[figure.key] = make_report(figure, inputs, progress)
        return reports[figure.key]

    took: dict[str, float] = {}
    for language in sorted(get_args(Language), reverse=True):
        inputs = CourseInputs(PICTURE, PAINTING, cast("Language", language), "cpu", painter.format(language=language))
        with CourseBar() as bar:
            clock = Clock(bar)
            CourseMaker(COURSE / language, PAGES, inputs, clock.show, reporter=report_once).make()
        for name, seconds in clock.seconds.items():
            took[name] = took.get(name, 0.0) + seconds
    print("page\tteach, min\tmake, s\ten, kB\tes, kB")
    for page in PAGES:
        sizes = [(COURSE / language / f"{page.slug}.html").stat().st_size / 1000 for language in ("en", "es")]
        print(f"{page.slug}\t{page.minutes}\t{took.get(page.slug, 0.0):.1f}\t{sizes[0]:.0f}\t{sizes[1]:.0f}")


if __name__ == "__main__":
    make_courses()
