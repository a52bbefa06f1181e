"""The course in a real browser: by keyboard from page to page, answers folded, in Spanish throughout, and nothing asked of anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python  # type: ignore[import-untyped]
import pytest

from pincel.courses.declaration import CourseInputs
from pincel.courses.pages import PAGES
from pincel.courses.public import course as make_course
from tests.courses.test_course import Studies, make

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Words of a sentence in English that none in Spanish has.
ENGLISH = re.compile(r"\b(?:the|and|with|which|from|of|it|is)\b", re.IGNORECASE)
LARGEST = 3_000_000


@dataclass(frozen=True)
class Reader:
    """A window on a course.

    Attributes:
        page: To be asked.
        folder: Where the course is.
        requests: Every address that was asked for.
        complaints: What the console or a script complained of.
    """

    page: Page
    folder: Path
    requests: list[str]
    complaints: list[str]

    def go(self, name: str) -> None:
        """Open a page."""
        self.page.goto((self.folder / f"{name}.html").as_uri())

    @property
    def at(self) -> str:
        """Name of the page that is shown."""
        return Path(self.page.url).stem


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the course with all its texts in Spanish, and three pages with figures."""
    folder = tmp_path_factory.mktemp("course")
    make(folder, Studies(), inputs=CourseInputs("sample:harbour", "sample:impasto", "es", "cpu"))
    return folder


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three pages as a user does."""
    folder = tmp_path_factory.mktemp("figures")
    make_course(folder, language="es", pages=["convolution", "gram", "tools"])
    return folder


@pytest.fixture
def reader(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """Open a window, with the options of a parameter if there is one."""
    context = browser.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    opened = Reader(page, Path(), [], [])
    page.on("request", lambda asked: opened.requests.append(asked.url))
    page.on("console", lambda message: opened.complaints.append(message.text))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    yield opened
    assert opened.complaints == []
    context.close()


def on(reader: Reader, folder: Path) -> Reader:
    return Reader(reader.page, folder, reader.requests, reader.complaints)


def test_arrows_lead_through_the_lecture_in_spanish_and_nowhere_else(reader: Reader, course: Path) -> None:
    reader = on(reader, course)
    reader.go("index")
    for page in PAGES:
        reader.page.keyboard.press("ArrowRight")
        reader.page.wait_for_url(f"**/{page.slug}.html")
        assert reader.page.evaluate("document.documentElement.lang") == "es"
        answer = reader.page.locator("details.answer")
        assert answer.get_attribute("open") is None
        # By keyboard: the answer is opened.
        answer.locator("summary").focus()
        reader.page.keyboard.press("Enter")
        assert answer.locator("p").first.is_visible()
        # Commands and names of figures are the same in all languages.
        shown = reader.page.evaluate(
            "[...document.querySelectorAll('nav, h1, h2, p, li, summary, button')].map(e => e.innerText).join('\\n')"
        )
        assert ENGLISH.findall(shown) == []
        assert reader.page.evaluate("[...document.querySelectorAll('math')].every(e => e.getBoundingClientRect().height > 10)")
    reader.page.keyboard.press("ArrowRight")
    reader.page.keyboard.press("ArrowLeft")
    reader.page.wait_for_url(f"**/{PAGES[-2].slug}.html")
    asked = [address for address in reader.requests if not address.startswith("data:")]
    assert all(address.startswith(course.as_uri() + "/") for address in asked)
    assert len(asked) == len(PAGES) + 2


@pytest.mark.parametrize(
    "reader",
    [{"viewport": {"width": 375, "height": 800}}, {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"}],
    indirect=True,
    ids=["phone", "dark"],
)
def test_pages_with_figures_fit_and_can_be_used_by_everybody(reader: Reader, figures: Path) -> None:
    reader = on(reader, figures)
    for name in ("index", "convolution", "gram", "tools"):
        reader.go(name)
        assert (figures / f"{name}.html").stat().st_size < LARGEST
        for summary in reader.page.locator("summary").all():
            summary.click()
        across = reader.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert across[0] <= across[1], name
        pictures = reader.page.evaluate("[...document.images].map(image => image.complete && image.naturalWidth > 0)")
        assert all(pictures)
        assert pictures or name == "tools"
        # The policy of a page forbids scripts from elsewhere, axe too, but not those of its own kind.
        reader.page.evaluate(AXE)
        found = reader.page.evaluate("axe.run()")
        serious = [
            (each["id"], each["nodes"][0]["html"][:160]) for each in found["violations"] if each["impact"] in ("serious", "critical")
        ]
        assert serious == [], name


def test_a_lecture_is_given_by_a_remote_from_page_to_page(reader: Reader, course: Path) -> None:
    reader = on(reader, course)
    reader.page.set_viewport_size({"width": 1280, "height": 720})
    press, evaluate = reader.page.keyboard.press, reader.page.evaluate
    reader.go("index")
    size = evaluate("parseFloat(getComputedStyle(document.querySelector('.lead')).fontSize)")
    press("l")
    assert evaluate("parseFloat(getComputedStyle(document.querySelector('.lead')).fontSize)") > 1.5 * size
    press("ArrowRight")
    reader.page.wait_for_url(f"**/{PAGES[0].slug}.html#lecture")
    # Two buttons: on, to the end of the page, and only then to the next one.
    seen = 0
    while evaluate("document.documentElement.scrollHeight - innerHeight - scrollY") > 8:
        press("PageDown")
        reader.page.wait_for_function("seen => scrollY > seen", arg=seen)
        seen = evaluate("scrollY")
    assert seen > 0
    press("PageDown")
    reader.page.wait_for_url(f"**/{PAGES[1].slug}.html#lecture")
    first, second = PAGES[0].minutes, PAGES[0].minutes + PAGES[1].minutes
    assert reader.page.locator(".place").inner_text() == f"2/{len(PAGES)} · minutos {first}–{second} de 50"
    press("PageUp")
    reader.page.wait_for_url(f"**/{PAGES[0].slug}.html#lecture")
    # The answer is folded until it is asked for; the third button of a remote, which makes a screen black, opens it.
    answer = reader.page.locator("details.answer")
    assert answer.get_attribute("open") is None
    press(".")
    assert answer.locator("p").first.is_visible()
    reader.page.get_by_role("button", name="Preguntar antes").click()
    assert reader.page.get_by_role("button", name="Preguntar antes").get_attribute("aria-pressed") == "false"
    press("ArrowRight")
    reader.page.wait_for_url(f"**/{PAGES[1].slug}.html#lecture&answers")
    assert answer.locator("p").first.is_visible()
    evaluate(AXE)
    assert [each["id"] for each in evaluate("axe.run()")["violations"] if each["impact"] in ("serious", "critical")] == []
    press("Escape")
    assert reader.page.url.endswith("#answers")
    assert evaluate("document.documentElement.className") == ""


def test_a_formula_is_copied_as_latex(reader: Reader, course: Path) -> None:
    reader = on(reader, course)
    reader.go("total-variation")
    reader.page.locator(".equation summary").click()
    reader.page.locator(".equation button").click()
    assert reader.page.locator(".equation button").inner_text() == "Copiado"
    assert reader.page.evaluate("getSelection().toString()").startswith("J_{tv}(G) = ")


def test_on_paper_an_answer_is_lines_unless_it_is_open(reader: Reader, course: Path) -> None:
    reader = on(reader, course)
    reader.go("gram")
    reader.page.emulate_media(media="print")
    lines, answer = reader.page.locator(".lines"), reader.page.locator("details.answer")
    assert lines.is_visible()
    assert not answer.is_visible()
    assert not reader.page.locator("nav").first.is_visible()
    reader.page.evaluate("document.querySelector('details.answer').open = true")
    assert answer.locator("p").first.is_visible()
    assert not lines.is_visible()
    # All colors are gray.
    assert "grayscale" in reader.page.evaluate("getComputedStyle(document.images[0]).filter")
