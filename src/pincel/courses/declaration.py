"""What a page of the course says and shows."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pincel.studies.declarations import STUDIES
from pincel.studies.settings import StudySettings
from pincel.studies.study_spec import options_of
from pincel.translation import Language, Translated

Part: TypeAlias = Literal["lecture", "readings"]


@dataclass(frozen=True)
class CourseInputs:
    """What a course is made from.

    Attributes:
        picture: The photograph: a file, or ``sample:NAME``.
        painting: The painting, likewise.
        language: Of the pages.
        device: To compute on.
        painter: Address of a page that paints in the browser, as seen from the course; empty where there is none.
    """

    picture: str
    painting: str
    language: Language
    device: str
    painter: str = ""

    def sources(self, roles: Iterable[str]) -> list[str]:
        """Return pictures by role: ``picture``, ``painting``, or another, as ``sample:lake``, which is left out if it is one of the two."""
        own = {"picture": self.picture, "painting": self.painting}
        return [own.get(role, role) for role in roles if role in own or role not in own.values()]


@dataclass(frozen=True)
class Equation:
    """A formula.

    Attributes:
        latex: As LaTeX, without words of any language.
        meaning: What it says, and what its letters are.
    """

    latex: str
    meaning: Translated


@dataclass(frozen=True)
class CourseFigure:
    """Figures of a page: some blocks of the report of a study.

    Attributes:
        study: Name of a study, or of a function of :data:`pincel.courses.drawn.DRAWN`.
        pictures: Roles, as :meth:`CourseInputs.sources` takes them.
        options: Of the study, by field; they keep it short.
        show: Names of blocks in the open, in the order of the report; ``*`` stands for any characters.
        reveal: Names of blocks inside the answer.
        command: Of a figure that no study makes: its command, with {picture}, {painting} and {lang}.
    """

    study: str
    pictures: tuple[str, ...] = ("picture",)
    options: Mapping[str, Any] = field(default_factory=dict)
    show: tuple[str, ...] = ()
    reveal: tuple[str, ...] = ()
    command: str = ""

    @property
    def key(self) -> str:
        """The same for figures that are of one report."""
        return repr((self.study, self.pictures, sorted(self.options.items())))

    def command_line(self, inputs: CourseInputs) -> str:
        """Return the command that makes the whole report."""
        if self.command:
            own = {"picture": shlex.quote(inputs.picture), "painting": shlex.quote(inputs.painting), "lang": inputs.language}
            return self.command.format(**own)
        names = {each.field: each.name for each in (*options_of(StudySettings, size=0, steps=0), *self._own_options())}
        options = [word for field, value in self.options.items() for word in (f"--{names.get(field, field)}", str(value))]
        words = ["pincel", "study", self.study, *inputs.sources(self.pictures), "-o", self.study, *options, "--lang", inputs.language]
        return shlex.join(words)

    def _own_options(self) -> Iterable[Any]:
        return options_of(STUDIES[self.study].options) if self.study in STUDIES else ()


@dataclass(frozen=True)
class CoursePage:
    """A page of the course.

    Attributes:
        slug: Name of its file, without extension.
        part: The lecture, or the papers behind it.
        minutes: To teach it.
        seconds: To make it, on one core, about: its share of the bar.
        title: What it is about.
        text: Paragraphs.
        equations: Its formulas.
        figures: What is shown, and what is revealed with the answer.
        exercise: What to predict before the answer is opened.
        answer: The answer.
        mistakes: What students get wrong, and what is right.
    """

    slug: str
    part: Part
    minutes: int
    seconds: int
    title: Translated
    text: tuple[Translated, ...]
    equations: tuple[Equation, ...]
    figures: tuple[CourseFigure, ...]
    exercise: Translated
    answer: Translated
    mistakes: tuple[Translated, ...]
