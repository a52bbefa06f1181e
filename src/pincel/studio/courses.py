"""The course as it can be made here: its pages, those that are wanted, those that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pincel.courses.declaration import CoursePage
from pincel.courses.pages import PAGES
from pincel.errors import unknown_name
from pincel.studio.errors import ApiError
from pincel.studio.models import CoursePageView
from pincel.translation import Language

BY_NAME: Mapping[str, CoursePage] = {page.slug: page for page in PAGES}


def page_views(language: Language) -> list[CoursePageView]:
    """Describe every page of the course, in its order."""
    return [CoursePageView(name=page.slug, part=page.part, title=page.title.text(language), minutes=page.minutes) for page in PAGES]


def check_pages(names: Sequence[str]) -> list[str]:
    """Return the pages with these names, in the order of the course; raises ApiError for a name that none has."""
    for name in names:
        if name not in BY_NAME:
            raise ApiError(422, str(unknown_name("page of the course", name[:60], BY_NAME)), "pages")
    return [name for name in BY_NAME if name in names]


def pages_in(folder: Path) -> list[str]:
    """Return the names of the pages whose files are in a folder, in the order of the course."""
    return [name for name in BY_NAME if (folder / f"{name}.html").is_file()]
