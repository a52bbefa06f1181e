"""The course: its table, its pages, and what is kept when it is made again."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image
from rich.console import Console

from pincel.courses.declaration import CourseFigure, CourseInputs, CoursePage
from pincel.courses.drawn import DRAWN
from pincel.courses.make import Course, CourseMaker, PageProgress, PageShare, chosen, read_digest, select_pages
from pincel.courses.pages import PAGES
from pincel.courses.progress import CourseBar
from pincel.courses.render import render_contents
from pincel.engine.events import SetupProgress
from pincel.errors import PincelError
from pincel.studies.ablations import AblationsOptions
from pincel.studies.declarations import STUDIES
from pincel.studies.progress import ProgressReporter
from pincel.studies.public import ABLATIONS
from pincel.studies.report import Picture, Report
from pincel.studies.settings import StudySettings
from pincel.studies.study_spec import options_of
from pincel.translation import untranslated
from tests.cli.run import pincel

Capture = pytest.CaptureFixture[str]
SMALL = CourseInputs("sample:harbour", "sample:impasto", "es", "cpu")


def texts(page: CoursePage) -> list[str]:
    """Return every text of a page in Spanish."""
    equations = [each.meaning for each in page.equations]
    return [each.text("es") for each in (page.title, *page.text, *equations, page.exercise, page.answer, *page.mistakes)]


class Studies:
    """Stands for studies: returns a picture of one color, and counts."""

    def __init__(self, end_at: str = "") -> None:
        self.made: list[str] = []
        self.end_at = end_at

    def __call__(self, figure: CourseFigure, inputs: CourseInputs, progress: ProgressReporter) -> Report:
        """Return a report with one block of each name that the figure wants."""
        self.made.append(figure.study)
        if figure.study == self.end_at:
            progress.stop("interrupted")
        progress.update(untranslated("working").text("en"), 1, 2)
        names = [name.replace("*", "a") for name in (*figure.show, *figure.reveal)]
        blocks = [Picture(name, Image.new("RGB", (8, 6), "teal"), untranslated(f"picture {name}")) for name in names]
        return Report(figure.study, untranslated(""), untranslated(""), blocks, {}, {})


def make(folder: Path, studies: Studies, *names: str, inputs: CourseInputs = SMALL, show: Callable[[Any], None] = lambda _: None) -> Course:
    return CourseMaker(folder, PAGES, inputs, show, names or None, studies).make()


def test_the_table_is_a_lecture_of_fifty_minutes_and_its_readings() -> None:
    assert len({page.slug for page in PAGES}) == len(PAGES) > 20
    assert "index" not in {page.slug for page in PAGES}
    assert sum(page.minutes for page in PAGES if page.part == "lecture") == 50
    # The lecture comes first, and the bar knows that every page takes time.
    assert [page.part for page in PAGES] == sorted(page.part for page in PAGES)
    assert all(page.seconds > 0 and page.minutes > 0 for page in PAGES)
    assert sum(page.seconds for page in PAGES) < 15 * 60


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_a_page_asks_shows_and_corrects(page: CoursePage) -> None:
    assert page.text
    assert page.figures
    assert "?" in page.exercise.text("en") + page.answer.text("en") or "Draw" in page.exercise.text("en")
    assert len(page.mistakes) >= 2
    assert all(text.startswith("“") for text in (each.text("en") for each in page.mistakes))
    spanish = texts(page)
    assert all(text.startswith("«") for text in spanish[-len(page.mistakes) :])
    # The words of the deck.
    assert [word for text in spanish for word in re.findall(r"\b(?:coste|pixel|kernel|feature)\w*", text, re.IGNORECASE)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_figures_are_of_studies_that_take_such_options(page: CoursePage) -> None:
    for figure in page.figures:
        assert figure.show or figure.reveal
        if figure.study in DRAWN:
            assert figure.command.startswith("pincel ")
            continue
        assert figure.command_line(SMALL).startswith(f"pincel study {figure.study} ")
        if figure.study == ABLATIONS:
            AblationsOptions("sample:textures", **figure.options)
            continue
        spec = STUDIES[figure.study]
        own, common = options_of(spec.options), options_of(StudySettings, size=spec.size, steps=spec.steps or 0)
        fields = {each.field: each for each in (*own, *common)}
        assert set(figure.options) <= set(fields)
        spec.options(**{name: value for name, value in figure.options.items() if name in {each.field for each in own}})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.slug)
def test_formulas_are_set_in_mathml(page: CoursePage) -> None:
    from latex2mathml.converter import convert

    for equation in page.equations:
        tree = ElementTree.fromstring(convert(equation.latex, display="block"))
        assert tree.tag.endswith("math")
        # What is not understood stays as it was written.
        assert "\\" not in "".join(tree.itertext())


def test_pages_are_made_in_order_and_kept_the_next_time(tmp_path: Path) -> None:
    first, again = Studies(), Studies()
    events: list[Any] = []
    course = make(tmp_path, first, "gram", "convolution", show=events.append)
    assert (list(course.made), list(course.kept), list(course.missing)) == (["convolution", "gram"], [], [])
    assert first.made == ["convolution", "correlations"]
    index = course.index.read_text()
    assert index.index("convolution.html") < index.index("gram.html")
    done = [event.done for event in events if isinstance(event, PageProgress)]
    assert done == sorted(done)
    assert done[-1] == events[-1].total > 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    course = make(tmp_path, again, "convolution", "gram")
    assert (again.made, list(course.kept)) == ([], ["convolution", "gram"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_pages_are_made_again_for_other_pictures_another_language_and_other_options(tmp_path: Path) -> None:
    make(tmp_path, Studies(), "gram")
    for inputs in (replace(SMALL, painting="sample:glass"), replace(SMALL, language="en")):
        assert list(make(tmp_path, Studies(), "gram", inputs=inputs).made) == ["gram"]
    [page] = select_pages(PAGES, ["gram"])
    other = replace(page, figures=(replace(page.figures[0], options={"size": 64}),))
    assert list(CourseMaker(tmp_path, [other], replace(SMALL, language="en"), lambda _: None, None, Studies()).make().made) == ["gram"]
    (tmp_path / "gram.html").write_text("<html>something else")
    assert read_digest(tmp_path / "gram.html") == ""
    assert list(make(tmp_path, Studies(), "gram").made) == ["gram"]


def test_pages_of_another_layout_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, Studies(), "gram")
    monkeypatch.setattr("pincel.courses.make.layout_digest", lambda: "other")
    assert list(make(tmp_path, Studies(), "gram").made) == ["gram"]


def test_ended_early_whole_pages_stay_and_the_others_follow(tmp_path: Path) -> None:
    course = make(tmp_path, Studies(end_at="correlations"), "convolution", "gram", "total-variation")
    assert (list(course.made), list(course.missing)) == (["convolution"], ["gram", "total-variation"])
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "convolution.html"}
    assert course.index.read_text().count("aún no está hecha") == 2
    rest = Studies()
    course = make(tmp_path, rest, "convolution", "gram", "total-variation")
    assert rest.made == ["correlations", "total-variation"]
    assert "aún no está hecha" not in course.index.read_text()


def test_a_page_made_anew_stays_a_part_of_the_course(tmp_path: Path) -> None:
    make(tmp_path, Studies(), "convolution", "gram", "total-variation")
    (tmp_path / "gram.html").write_text("<html>something else")
    make(tmp_path, Studies(), "gram")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert 'href="total-variation.html"' in before["index.html"].decode()
    assert 'rel="prev" href="convolution.html"' in before["gram.html"].decode()
    # Of other pictures, the two others are not made again unasked.
    again = Studies()
    make(tmp_path, again, "gram", inputs=replace(SMALL, language="en"))
    assert again.made == ["correlations"]
    assert (tmp_path / "index.html").read_text().count("not made yet") == 2


def test_a_report_is_made_once_for_all_pages_that_show_it(tmp_path: Path) -> None:
    studies = Studies()
    make(tmp_path, studies, "content", "style", "convolution", "filters")
    assert sorted(studies.made) == ["convolution", "correlations", "filters", "reconstruct"]


def test_a_page_says_everything_once_and_asks_for_nothing(tmp_path: Path) -> None:
    make(tmp_path, Studies(), "total-variation", "gram")
    page = (tmp_path / "total-variation.html").read_text()
    answer = page[page.index("<details class=") : page.index("</details>", page.index("<details class="))]
    assert "picture maps" not in answer
    assert "picture smoothed" in answer
    assert "<details open" not in page
    assert r"J_{tv}(G) = \frac{1}{n_H n_W n_C}" in page
    assert "pincel study total-variation sample:harbour -o total-variation --size 160" in page
    assert '<a rel="prev" href="gram.html">' in page
    assert re.findall(r"(?:src|href)=\"(?!data:)([^\"]+)", page) == ["gram.html", "index.html", "gram.html"]
    assert "default-src 'none'" in page


def test_pictures_are_named_in_commands_as_they_were_given() -> None:
    inputs = CourseInputs("my photo.jpg", "other.jpg", "es", "auto")
    [drawn] = [each for page in PAGES for each in page.figures if each.study == "three-pictures"]
    assert drawn.command_line(inputs).startswith("pincel transfer 'my photo.jpg' other.jpg ")
    patches = next(each for page in PAGES for each in page.figures if each.study == "patches")
    assert inputs.sources(patches.pictures)[:2] == ["my photo.jpg", "other.jpg"]
    assert replace(inputs, picture="sample:lake").sources(patches.pictures).count("sample:lake") == 1
    assert chosen(Report("", untranslated(""), untranslated(""), [], {}, {}), ["*"]) == []


def test_the_share_of_a_page_only_grows() -> None:
    share = PageShare()
    seen = []
    for number in range(2):
        share.begin(number, 2)
        for what in ("calibrating", "painting"):
            for done in range(5):
                share.move(SetupProgress(what, done, 4))
                seen.append(share.value)
    assert seen == sorted(seen)
    assert 0.5 < seen[-1] < 1


def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").touch()
    for arguments, words in (
        (["file"], "course: its folder is a file"),
        (["new", "--pages", "convolutoin"], "convolution"),
        (["new", "--pages", "gram", "--picture", "none.jpg"], "none.jpg"),
        (["new", "--lang", "fr"], "--lang"),
    ):
        answer = pincel(capsys, "course", str(tmp_path / arguments[0]), *arguments[1:], "--quiet")
        assert (answer.code, answer.out) == (2, "")
        assert words in answer.err
        assert len(answer.err.strip().splitlines()) == 1 or "Usage" in answer.err
    with pytest.raises(PincelError):
        select_pages(PAGES, ["none"])


def test_one_line_after_the_other_says_how_far_the_course_is(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=200)
    with CourseBar(console=console) as bar:
        make(tmp_path, Studies(), "content", "weights", show=bar.show)
    said = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert said[0].startswith("0% · J(G) y sus pesos")
    assert said[-1] == "100% · Costo de contenido"
    assert any(line.endswith(" left") for line in said)


def test_the_contents_lead_to_a_page_that_paints_where_there_is_one() -> None:
    pages = PAGES[:2]
    shown = [render_contents(pages, [], replace(SMALL, painter=painter)) for painter in ("", "../../try/es.html")]
    assert [text.count('<a href="../../try/es.html">') for text in shown] == [0, 1]
