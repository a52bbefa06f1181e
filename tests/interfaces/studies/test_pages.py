"""Every study's page in a real browser: no error, no request, every picture there; and the examples of its help work as printed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
import pytest

from pincel.cli.study import STUDIES
from pincel.studies.write import write_report
from tests.cli.run import pincel
from tests.cli.test_help import examples
from tests.interfaces.studies.conftest import Opened
from tests.studies.test_report import report

Capture = pytest.CaptureFixture[str]
Visit = Callable[..., Opened]
# Studies with an optimizer: fewer steps show as much here.
PAINTS = {
    "reconstruct",
    "grid",
    "pooling",
    "separability",
    "depth",
    "maximize",
    "inversion",
    "natural",
    "problem",
    "process",
    "objective",
    "choices",
}
# Studies that train networks, on fewer pictures here.
TRAINS = {"ablations"}


def check(opened: Opened) -> None:
    """Check that a page is whole, quiet and to itself."""
    assert opened.complaints == []
    assert [address for address in opened.requests if not address.startswith(("file:", "data:"))] == []
    assert sum(address.startswith("file:") for address in opened.requests) == 1
    pictures = opened.page.evaluate("[...document.images].map(image => [image.complete && image.naturalWidth > 0, image.alt.length])")
    assert all(there for there, _ in pictures)
    across = opened.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert across[0] <= across[1]


@pytest.mark.parametrize("width", [1200, 375])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_of_everything_is_whole(visit: Visit, tmp_path: Path, width: int, scheme: str) -> None:
    page, *_ = write_report(report(), tmp_path, "es")
    opened = visit(page, width, color_scheme=scheme)
    check(opened)
    assert opened.page.locator("h1").inner_text() == "Una prueba"
    assert opened.page.locator("td").first.inner_text() == "relu1_1"


def test_the_slider_moves_the_edge(visit: Visit, tmp_path: Path) -> None:
    page, *_ = write_report(report(), tmp_path, "en")
    opened = visit(page)
    slider, pair = opened.page.locator(".slider input"), opened.page.locator(".pair")
    whole = pair.bounding_box()
    assert whole is not None
    for value in (20, 80):
        slider.fill(str(value))
        edge = opened.page.locator(".edge").bounding_box()
        assert edge is not None
        assert edge["x"] + 1 == pytest.approx(whole["x"] + whole["width"] * value / 100, abs=1.5)
    # By keyboard, too.
    slider.focus()
    opened.page.keyboard.press("ArrowLeft")
    assert slider.input_value() == "79"
    assert opened.complaints == []


def test_cells_of_a_matrix_are_shown_by_mouse_and_by_keyboard(visit: Visit, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page, *_ = write_report(report(), tmp_path, "es")
    opened = visit(page)
    cells, told = opened.page.locator(".cells tbody td"), opened.page.locator(".cells output")
    keyboard = opened.page.keyboard
    # The largest cell off the diagonal comes first.
    expect(opened.page.get_by_role("grid")).to_be_visible()
    expect(told).to_have_text("7 y 9")

    def shown() -> list[str]:
        return [str(image.get_attribute("src")) for image in opened.page.locator(".cells .shown img").all()]

    first = shown()
    cells.nth(1).hover()
    expect(told).to_have_text("4 y 7")
    assert all(now != before for now, before in zip(shown(), first, strict=True))
    opened.page.locator("h1").hover()
    expect(told).to_have_text("7 y 9")
    cells.nth(0).click()
    opened.page.locator("h1").hover()
    expect(told).to_have_text("4 y 4")
    clicked = shown()
    for key, text, at in (("ArrowRight", "4 y 7", 1), ("ArrowDown", "7 y 7", 4), ("End", "7 y 9", 5), ("Control+Home", "4 y 4", 0)):
        keyboard.press(key)
        expect(told).to_have_text(text)
        expect(cells.nth(at)).to_be_focused()
        expect(cells.nth(at)).to_have_attribute("aria-selected", "true")
        assert (shown() == clicked) == (at == 0)
    assert [opened.page.locator(".cells .shown figcaption").nth(place).inner_text() for place in (0, 1)] == ["canal 4", "canal 4"]
    check(opened)


def test_without_scripts_the_largest_cell_is_shown(visit: Visit, tmp_path: Path) -> None:
    page, *_ = write_report(report(), tmp_path, "en")
    opened = visit(page, java_script_enabled=False)
    assert opened.page.locator(".cells output").inner_text() == "7 and 9"
    assert opened.page.locator(".cells .shown figcaption").all_inner_texts() == ["channel 7", "channel 9", "where both answer"]
    assert not opened.page.locator(".cells .hint").is_visible()


def test_sliders_choose_the_picture_and_the_bars_add_up(visit: Visit, tmp_path: Path) -> None:
    page, *_ = write_report(report(), tmp_path, "es")
    opened = visit(page)
    weights = opened.page.locator(".weights")
    first, second = weights.locator("input").all()
    every = [image.get_attribute("src") for image in weights.locator(".all img").all()]

    def shown() -> tuple[int, str, list[float]]:
        """Return which picture is shown, the sum, and the widths of its parts in percent."""
        lengths = weights.locator(".sum .bar").evaluate("bar => [...bar.children].map(part => 100 * part.offsetWidth / bar.offsetWidth)")
        return every.index(weights.locator(".painted img").get_attribute("src")), weights.locator("output").inner_text(), lengths

    assert not weights.locator(".all").is_visible()
    assert (first.get_attribute("aria-valuetext"), second.get_attribute("aria-valuetext")) == ("a = 1", "b = 1")
    number, total, lengths = shown()
    # Of picture 3 the terms are 0.125 and 1.
    assert (number, total) == (3, "J = 0.1250 + 1.000 = 1.125")
    assert lengths == pytest.approx([100 / 9, 800 / 9], abs=0.5)
    first.focus()
    opened.page.keyboard.press("ArrowRight")
    assert shown()[:2] == (5, "J = 0.8333 + 1.500 = 2.333")
    assert first.get_attribute("aria-valuetext") == "a = 10"
    # Both ten times as large: the picture of 1 and 1 again, J ten times as large.
    second.focus()
    opened.page.keyboard.press("ArrowRight")
    assert shown()[:2] == (3, "J = 1.250 + 10.00 = 11.25")
    # By mouse, at the left end of the bar.
    for slider in (first, second):
        box = slider.bounding_box()
        assert box is not None
        opened.page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    assert shown() == (0, "J = 0 + 0 = 0", [0, 0])
    opened.page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = opened.page.evaluate("axe.run('.weights')")
    assert [each["id"] for each in found["violations"] if each["impact"] in ("serious", "critical")] == []
    # On paper all are there, and nothing to move.
    opened.page.emulate_media(media="print")
    assert weights.locator(".all").is_visible()
    assert not first.is_visible()
    check(opened)


def test_a_film_is_played_or_pulled_to_a_frame(visit: Visit, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page, *_ = write_report(report(), tmp_path, "es")
    opened = visit(page)
    film, shown = opened.page.locator(".film"), opened.page.locator(".film .frame:visible figcaption")
    play, step = opened.page.get_by_role("button", name="Reproducir"), film.locator("input")
    expect(shown).to_have_text("uno")
    play.click()
    expect(shown).to_have_text("dos")
    # At the end it rests, and begins anew when it is asked to.
    expect(play).to_have_text("▶")
    play.focus()
    opened.page.keyboard.press("Enter")
    expect(shown).to_have_text("dos")
    step.focus()
    opened.page.keyboard.press("ArrowLeft")
    expect(shown).to_have_text("uno")
    opened.page.emulate_media(media="print")
    expect(shown).to_have_text(["uno", "dos"])
    expect(play).not_to_be_visible()
    check(opened)


def test_without_scripts_all_pictures_are_shown(visit: Visit, tmp_path: Path) -> None:
    page, *_ = write_report(report(), tmp_path, "en")
    opened = visit(page, java_script_enabled=False)
    assert opened.page.locator(".weights .all").is_visible()
    assert not opened.page.locator(".weights input").first.is_visible()
    assert opened.page.locator(".film .frame:visible figcaption").all_inner_texts() == ["one", "two"]
    assert opened.page.locator(".weights .all figcaption").nth(3).inner_text().splitlines()[0] == "a=1 b=1"


@pytest.mark.parametrize("width", [1200, 375])
def test_no_pair_is_parted(visit: Visit, tmp_path: Path, width: int) -> None:
    page, *_ = write_report(report(), tmp_path, "en")
    opened = visit(page, width)
    left, right = (image.bounding_box() for image in opened.page.locator(".pairs img").all())
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("name", STUDIES)
def test_help_teaches_with_two_examples_that_work_and_make_a_page(
    name: str, capsys: Capture, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pincel.classify.textures.COUNT", 50)
    monkeypatch.setattr("pincel.studies.tiny_network.EACH", 10)
    small = tmp_path / "small.toml"
    small.write_text('base = "gatys2015-fast"\nactivations = "raw"\n')
    help_text = pincel(capsys, "study", name, "--help")
    assert help_text.code == 0
    found = examples(help_text.out)
    assert len(found) == 2
    for number, line in enumerate(found):
        # As printed, but for size, steps and a network that need not be calibrated: those are for the reader's patience, not ours.
        words = shlex.split(line)[1:]
        few = ["--size", "40", "--steps", "1"] if name in PAINTS else ["--epochs", "1"] if name in TRAINS else ["--size", "64"]
        own = ["--recipe", str(small)] if "[gatys2015" in help_text.out and name in PAINTS else []
        out = tmp_path / f"out{number}"
        answer = pincel(capsys, *words, *few, *own, "-o", out)
        assert answer.code == 0, (line, answer.err)
        assert answer.out.splitlines()[-1] == str(out / "index.html")
        told = json.loads((out / "numbers.json").read_text())
        assert told["study"] == name
        assert told["numbers"]
        opened = visit(out / "index.html", 375 if number else 1200)
        check(opened)
        assert opened.page.evaluate("document.documentElement.lang") == ("es" if "--lang es" in line else "en")


def test_the_list_of_studies_needs_no_torch(capsys: Capture) -> None:
    answer = pincel(capsys, "study", "--help")
    assert answer.code == 0
    assert all(name in answer.out for name in STUDIES)
