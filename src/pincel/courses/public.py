"""``pincel.course``: the whole lecture from one's own picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path

from pincel.arguments import checked
from pincel.courses.declaration import CourseInputs
from pincel.courses.make import Course, CourseMaker, PageProgress
from pincel.courses.pages import PAGES
from pincel.courses.progress import CourseBar
from pincel.engine.events import Event
from pincel.extras import require_extra
from pincel.progress import showing
from pincel.translation import Language


@checked
def course(  # noqa: PLR0913 - each is a choice of the caller's
    folder: str | PathLike[str],
    *,
    picture: str | PathLike[str] = "sample:harbour",
    painting: str | PathLike[str] = "sample:impasto",
    language: Language = "en",
    pages: Sequence[str] | None = None,
    device: str = "auto",
    progress: bool = False,
    on_event: Callable[[Event | PageProgress], None] | None = None,
) -> Course:
    """Make the course from a photograph and a painting: a page for each topic of the lecture, with formula, figure and exercise.

    Pages that are there, made from the same, are kept.

    Example:
        >>> course = pincel.course("course", picture="photo.jpg", language="es", progress=True)  # doctest: +SKIP
        >>> print(course.index)  # doctest: +SKIP

    Args:
        folder: Where the pages go; new or not.
        picture: The photograph: a file, or ``sample:NAME``.
        painting: The painting, likewise.
        language: Of the pages, ``en`` or ``es``.
        pages: Names of those to make, in the order of the course anyway; all when left out.
        device: As for :func:`pincel.transfer`.
        progress: Show a bar with the time left.
        on_event: Called with each event.

    Returns:
        Which pages were made, which were there, and where the table of contents is.

    Raises:
        UnknownNameError: For a page there is not, with the closest match.
        PincelError: As for :func:`pincel.transfer`.
    """
    require_extra("matplotlib", extra="studies", what="the course")
    require_extra("latex2mathml", extra="studies", what="the course")
    inputs = CourseInputs(fspath(picture), fspath(painting), language, device)
    with showing(CourseBar() if progress else None, on_event) as show:
        return CourseMaker(Path(folder), PAGES, inputs, show, pages).make()
