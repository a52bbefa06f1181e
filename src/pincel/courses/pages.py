"""All pages of the course, in order."""

from __future__ import annotations

from pincel.courses.declaration import CoursePage
from pincel.courses.lecture import LECTURE
from pincel.courses.readings import READINGS

PAGES: tuple[CoursePage, ...] = (*LECTURE, *READINGS)
