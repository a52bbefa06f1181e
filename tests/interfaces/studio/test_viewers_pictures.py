"""A picture before and after, and two runs side by side: slider, zoom, pan, full screen, by mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.interfaces.studio.viewers_bench import Bench, png, run_view

GIVEN = {"before": "/api/before.png", "after": "/api/after.png", "label": "Harbour × Impasto"}


@pytest.fixture
def bench(browser: Browser) -> Iterator[Bench]:
    context = browser.new_context(viewport={"width": 800, "height": 900}, locale="en-GB")
    made = Bench(context.new_page(), pictures={"/api/before.png": png("#204060", (400, 200)), "/api/after.png": png("#e0a020", (200, 100))})
    yield made
    context.close()
    assert made.complaints == []


@pytest.fixture
def viewer(bench: Bench) -> Page:
    page = bench.mount("viewer.js", "Viewer", **GIVEN)
    page.locator(".divider").wait_for()
    return page


def placed(page: Page, picture: str = "after", nth: int = 0) -> dict[str, float]:
    """Where a picture is on its stage, and how much of it is cut off at the left."""
    script = """(image) => {
      const [box, stage] = [image.getBoundingClientRect(), image.parentElement.getBoundingClientRect()];
      const cut = Number(image.style.clipPath.split(" ").at(-1).replace("px)", "")) || 0;
      return { left: box.left - stage.left, top: box.top - stage.top, width: box.width, height: box.height, cut, stage: stage.width };
    }"""
    found: dict[str, float] = page.get_by_alt_text(picture).nth(nth).evaluate(script)
    return found


def test_the_slider_uncovers_the_picture_before(viewer: Page) -> None:
    slider = viewer.get_by_role("slider")
    start = placed(viewer)
    assert start["cut"] == pytest.approx(start["stage"] / 2)
    slider.fill("20")
    assert placed(viewer)["cut"] == pytest.approx(0.2 * start["stage"])
    slider.press("ArrowRight")
    slider.press("PageUp")
    assert float(slider.input_value()) == 31
    assert slider.get_attribute("aria-valuetext") == "31 % before"
    # The line can be taken with the mouse too, and so can the picture while it has nowhere to go.
    line = viewer.locator(".divider").bounding_box()
    assert line is not None
    x, y = line["x"] + line["width"] / 2, line["y"] + 40
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 100, y, steps=4)
    viewer.mouse.up()
    assert float(slider.input_value()) == pytest.approx(31 + 100 * 100 / start["stage"], abs=0.2)
    viewer.mouse.move(x + 300, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 200, y)
    viewer.mouse.up()
    assert float(slider.input_value()) == pytest.approx(31 + 100 * 200 / start["stage"], abs=0.2)


def test_the_wheel_zooms_about_the_pointer(viewer: Page) -> None:
    before = placed(viewer)
    stage = viewer.locator(".easel").bounding_box()
    assert stage is not None
    x, y = 150.0, 60.0
    viewer.mouse.move(stage["x"] + x, stage["y"] + y)
    viewer.mouse.wheel(0, -400)
    viewer.locator(".easel.movable").wait_for()
    after = placed(viewer)
    assert after["width"] / before["width"] == pytest.approx(2.718281828**0.8, rel=1e-4)
    assert (x - after["left"]) / after["width"] == pytest.approx((x - before["left"]) / before["width"], abs=1e-3)
    assert (y - after["top"]) / after["height"] == pytest.approx((y - before["top"]) / before["height"], abs=1e-3)
    assert {key: placed(viewer, "before")[key] for key in ("left", "top", "width", "height")} == pytest.approx(
        {key: after[key] for key in ("left", "top", "width", "height")}
    )
    # Dragged, it follows; the line stays on the stage, at the same share of what is seen.
    viewer.mouse.down()
    viewer.mouse.move(stage["x"] + x - 50, stage["y"] + y - 20, steps=3)
    viewer.mouse.up()
    moved = placed(viewer)
    assert (moved["left"], moved["top"]) == pytest.approx((after["left"] - 50, after["top"] - 20), abs=0.1)
    assert moved["cut"] + moved["left"] == pytest.approx(moved["stage"] / 2, abs=0.1)
    viewer.mouse.dblclick(stage["x"] + x, stage["y"] + y)
    assert placed(viewer)["width"] == before["width"]


def test_at_the_end_of_the_zoom_the_page_scrolls(viewer: Page) -> None:
    viewer.evaluate("document.body.style.minHeight = '3000px'")
    stage = viewer.locator(".easel").bounding_box()
    assert stage is not None
    viewer.mouse.move(stage["x"] + 100, stage["y"] + 100)
    viewer.mouse.wheel(0, 300)
    viewer.wait_for_timeout(150)
    assert viewer.evaluate("scrollY") > 0


def test_keys_and_buttons(viewer: Page) -> None:
    easel = viewer.locator(".easel")
    easel.focus()
    fit = placed(viewer)
    for _ in range(4):
        viewer.keyboard.press("+")
    assert placed(viewer)["width"] == pytest.approx(fit["width"] * 1.25**4, abs=0.1)
    left = placed(viewer)["left"]
    viewer.keyboard.press("ArrowRight")
    assert placed(viewer)["left"] == pytest.approx(left - 60, abs=0.1)
    viewer.keyboard.press("-")
    viewer.keyboard.press("0")
    assert placed(viewer) == fit
    # Pixel for pixel, of the picture after.
    viewer.keyboard.press("1")
    assert placed(viewer)["width"] == 200
    assert viewer.get_by_label("Zoom", exact=True).inner_text() == "100 %"
    viewer.get_by_role("button", name="Fit").click()
    viewer.get_by_role("button", name="Closer").click()
    assert placed(viewer)["width"] == pytest.approx(1.25 * fit["width"], abs=0.1)
    viewer.get_by_role("button", name="Pixel for pixel").click()
    assert placed(viewer)["width"] == 200
    easel.focus()
    viewer.keyboard.press("f")
    expect(viewer.locator(".viewer:fullscreen")).to_be_visible()
    viewer.keyboard.press("f")
    expect(viewer.locator(".viewer:fullscreen")).to_have_count(0)


def test_the_view_stays_while_the_picture_changes(bench: Bench, viewer: Page) -> None:
    viewer.locator(".easel").focus()
    viewer.keyboard.press("+")
    viewer.keyboard.press("+")
    viewer.get_by_role("slider").fill("10")
    zoomed = placed(viewer)
    # While the next picture is on its way, the last one is still there.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    viewer.route("**/api/after.png?v=2", hold)
    bench.mount("viewer.js", "Viewer", **{**GIVEN, "after": "/api/after.png?v=2"})
    viewer.wait_for_timeout(100)
    assert viewer.get_by_alt_text("after").get_attribute("src") == "/api/after.png"
    # The one after it comes first: the other is no longer wanted.
    bench.mount("viewer.js", "Viewer", **{**GIVEN, "after": "/api/after.png?v=3"})
    expect(viewer.get_by_alt_text("after")).to_have_attribute("src", "/api/after.png?v=3")
    held[0].fulfill(body=png("#40c040", (400, 200)), content_type="image/png")
    viewer.wait_for_timeout(150)
    assert viewer.get_by_alt_text("after").get_attribute("src") == "/api/after.png?v=3"
    assert placed(viewer) == pytest.approx(zoomed, abs=0.1)
    # One that cannot be read changes nothing.
    bench.pictures["/api/broken.png"] = b"no picture"
    bench.mount("viewer.js", "Viewer", **{**GIVEN, "after": "/api/broken.png"})
    viewer.wait_for_timeout(100)
    assert placed(viewer) == pytest.approx(zoomed, abs=0.1)


def test_with_one_picture_there_is_nothing_to_slide(bench: Bench) -> None:
    page = bench.mount("viewer.js", "Viewer", **{**GIVEN, "after": None})
    page.get_by_alt_text("before").wait_for()
    assert page.get_by_role("slider").count() == 0
    bench.pictures["/api/broken.png"] = b"no picture"
    bench.mount("viewer.js", "Viewer", before=None, after="/api/broken.png", label="x")
    page.get_by_text("This picture cannot be shown.").wait_for()


def test_two_runs_share_one_zoom_and_show_what_differs(bench: Bench) -> None:
    one = run_view(1, settings={"size": 256, "scales": "none"}, terms={"content": 23481.7, "style": 233.8})
    other = run_view(
        2, style="glass", settings={"size": 256, "steps": 40}, recipe="gatys2016", terms={"content": 1200.0, "tv": 3.5}, total=99.0
    )
    bench.runs = [other, one]
    page = bench.open(f"#/compare/{one['id']}/{other['id']}")
    page.get_by_alt_text("Harbour × Stained glass").wait_for()
    before = [placed(page, name) for name in ("Harbour × Impasto", "Harbour × Stained glass")]
    stage = page.locator(".easel").nth(1).bounding_box()
    assert stage is not None
    page.mouse.move(stage["x"] + 50, stage["y"] + 50)
    page.mouse.wheel(0, -300)
    page.locator(".easel.movable").nth(1).wait_for()
    left, right = (placed(page, name) for name in ("Harbour × Impasto", "Harbour × Stained glass"))
    assert left == pytest.approx(right, abs=0.1)
    assert left["width"] > before[0]["width"]

    def rows(caption: str) -> dict[str, list[str]]:
        table = page.get_by_role("table", name=caption)
        return {row.locator("th").inner_text(): row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()}

    assert rows("What it came to") == {
        "J": ["257,334", "99"],
        "content": ["23,482", "1,200"],
        "style": ["233.8", "–"],
        "total variation": ["–", "3.5"],
        "Steps": ["20", "20"],
        "Pixels": ["96 × 72", "96 × 72"],
        "Time": ["13 s", "13 s"],
    }
    # The ladder of one and the recipe of the other come to the same.
    assert rows("What differs") == {"Painting": ["Impasto", "Stained glass"], "Recipe": ["pincel", "gatys2016"], "Steps": ["100", "40"]}
    page.get_by_label("Show all settings").check()
    everything = rows("All settings")
    assert everything["Size"] == ["256", "256"]
    assert everything["Coarser scales"] == ["none", "none"]
    page.get_by_label("One over the other").check()
    page.locator(".divider").wait_for()
    assert page.get_by_alt_text("A", exact=True).is_visible()


def test_a_run_that_is_gone_is_told(bench: Bench) -> None:
    bench.runs = [run_view(1)]
    page = bench.open(f"#/compare/{bench.runs[0]['id']}/20260131-000000-dead")
    assert page.get_by_role("alert").inner_text().endswith("There is no run '20260131-000000-dead'.")
    bench.complaints = [each for each in bench.complaints if "404" not in each]
