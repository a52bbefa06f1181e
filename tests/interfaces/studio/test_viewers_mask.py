"""Painting a mask, with the mouse, fingers and keys."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.interfaces.studio.viewers_bench import Bench, grave, picture_of, png

Paint = Callable[..., Page]
GIVEN: dict[str, Any] = {"picture": "/api/here.png", "width": 96, "height": 72}


@pytest.fixture
def bench(browser: Browser) -> Iterator[Bench]:
    context = browser.new_context(viewport={"width": 700, "height": 900}, locale="en-GB", has_touch=True)
    made = Bench(context.new_page())
    yield made
    context.close()
    assert made.complaints == []


@pytest.fixture
def paint(bench: Bench) -> Paint:
    """Show a painter for some regions, ready to be painted on."""

    def shown(*regions: str, **changes: Any) -> Page:
        page = bench.mount("mask.js", "MaskPainter", **{**GIVEN, "regions": regions, **changes})
        page.locator(".mask-easel img").wait_for()
        return page

    return shown


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the picture is on the screen."""
    box = page.locator(".mask-easel canvas").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"] / 96, box["y"] + y * box["height"] / 72


def stroke(page: Page, *points: tuple[float, float], button: Any = "left") -> None:
    page.mouse.move(*at(page, *points[0]))
    page.mouse.down(button=button)
    for point in points[1:]:
        page.mouse.move(*at(page, *point), steps=3)
    page.mouse.up(button=button)


def save(page: Page) -> Any:
    """Press "Use this" and return the mask as an array of colors, or of gray."""
    count = page.evaluate("saved.length")
    page.get_by_role("button", name="Use this").click()
    page.locator(f'body[data-saved="{count + 1}"]').wait_for()
    return np.asarray(picture_of(page.evaluate("saved.at(-1)")).convert("RGB"))


def test_a_stroke_gives_the_right_pixels(paint: Paint) -> None:
    page = paint("Impasto")
    assert page.get_by_role("button", name="Use this").is_disabled()
    stroke(page, (20, 30), (70, 30))
    pixels = save(page)
    assert pixels.shape == (72, 96, 3)
    rows, columns = np.mgrid[:72, :96] + 0.5
    # A brush of 8 pixels, a twelfth of the picture, from 20 to 70 on row 30; a pixel of the screen is a seventh of one here.
    far = np.hypot(columns - np.clip(columns, 20, 70), rows - 30)
    assert (pixels[far < 3.7] == 255).all()
    assert (pixels[far > 4.3] == 0).all()


def test_paintings_have_regions_of_their_own(paint: Paint) -> None:
    page = paint("Impasto", "Glass")
    stroke(page, (10, 10), (80, 10))
    assert page.get_by_text("Nothing is painted for Glass yet.").is_visible()
    page.get_by_role("radio", name="Glass").check()
    stroke(page, (10, 60), (80, 60))
    # Erased by the region that is left, and by the other button of the mouse.
    page.get_by_role("radio", name="Erase").check()
    stroke(page, (48, 10), (48, 10))
    page.get_by_role("radio", name="Glass").check()
    stroke(page, (20, 60), (20, 60), button="right")
    pixels = save(page)
    colors = sorted({tuple(pixel) for pixel in pixels.reshape(-1, 3).tolist()})
    assert len(colors) == 3
    assert colors[2] == (255, 255, 255)
    assert [tuple(pixels[y, x]) for x, y in ((30, 10), (60, 60), (48, 10), (20, 60), (48, 35))] == [*colors[:2], *[colors[2]] * 3]


def test_undo_redo_clear_and_fill(paint: Paint) -> None:
    page = paint("Impasto")
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    assert undo.is_disabled()
    stroke(page, (20, 20), (70, 20))
    stroke(page, (20, 50), (70, 50))
    undo.click()
    pixels = save(page)
    assert pixels[20, 40].tolist() == [255] * 3
    assert pixels[50, 40].tolist() == [0] * 3
    redo.click()
    assert save(page)[50, 40].tolist() == [255] * 3
    page.get_by_role("button", name="Clear").click()
    assert page.get_by_role("button", name="Use this").is_disabled()
    undo.click()
    # A wall from border to border, and what is above it filled.
    stroke(page, (1, 50), (95, 50))
    page.get_by_role("radio", name="Fill", exact=True).check()
    page.mouse.click(*at(page, 48, 35))
    pixels = save(page)
    assert (pixels[:50] == 255).all()
    assert (pixels[60:] == 0).all()


def test_filling_by_color_stops_where_the_picture_changes(bench: Bench, paint: Paint) -> None:
    sky = np.zeros((72, 96, 3), np.uint8)
    sky[:30], sky[30:] = (90, 140, 220), (60, 90, 40)
    sky[:30, ::2, 2] += 6
    out = io.BytesIO()
    Image.fromarray(sky).save(out, "PNG")
    bench.pictures["/api/here.png"] = out.getvalue()
    page = paint("Impasto")
    page.get_by_role("radio", name="Fill by color").check()
    page.mouse.click(*at(page, 50, 5))
    pixels = save(page)
    assert (pixels[:30] == 255).all()
    assert (pixels[30:] == 0).all()


def test_by_keys_alone(paint: Paint) -> None:
    page = paint("Impasto", "Glass")
    keys = page.keyboard
    page.locator(".mask-easel").focus()
    for _ in range(3):
        keys.press("[")
    size = int(page.get_by_label("Brush", exact=True).last.get_attribute("aria-valuetext").split()[0])  # type: ignore[union-attr]
    assert size == 4
    # It begins in the middle; held down, Space paints on the way.
    keys.down(" ")
    for _ in range(10):
        keys.press("ArrowLeft")
    keys.up(" ")
    keys.press("2")
    for _ in range(20):
        keys.press("Shift+ArrowDown")
    assert page.get_by_role("status").inner_text() == "40 % from the left, 78 % from the top"
    keys.press("Enter")
    assert page.get_by_role("status").inner_text() == "The brush is down"
    for _ in range(5):
        keys.press("ArrowRight")
    keys.press("Enter")
    keys.press("e")
    keys.press("Control+z")
    keys.press("Control+Shift+z")
    assert page.get_by_role("radio", name="Erase").is_checked()
    pixels = save(page)
    first, second, rest = sorted({tuple(pixel) for pixel in pixels.reshape(-1, 3).tolist()})
    assert rest == (255, 255, 255)
    assert {x for x in range(96) if tuple(pixels[36, x]) == first} >= set(range(38, 50))
    assert {x for x in range(96) if tuple(pixels[56, x]) == second} == set(range(36, 45))


def test_what_was_painted_can_be_painted_on(paint: Paint, bench: Bench) -> None:
    page = paint("Impasto")
    stroke(page, (20, 30), (70, 30))
    before = save(page)
    painted = page.evaluate("saved.at(-1).painted")
    page.goto("about:blank")
    page = paint("Impasto", painted=painted)
    page.locator(".mask-end .primary:enabled").wait_for()
    assert (save(page) == before).all()
    stroke(page, (50, 60), (60, 60))
    assert save(page)[60, 55].tolist() == [255] * 3


def test_two_fingers_zoom_and_paint_nothing(paint: Paint) -> None:
    page = paint("Impasto")
    wide = page.locator(".mask-easel canvas").evaluate("(canvas) => canvas.getBoundingClientRect().width")
    touches = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    x, y = at(page, 48, 24)
    touch("touchStart", (x - 40, y))
    touch("touchStart", (x - 40, y), (x + 40, y))
    touch("touchMove", (x - 80, y), (x + 80, y))
    touch("touchEnd")
    assert page.locator(".mask-easel canvas").evaluate("(canvas) => canvas.getBoundingClientRect().width") == pytest.approx(2 * wide)
    assert at(page, 48, 24) == pytest.approx((x, y), abs=0.1)
    for button in ("Use this", "Undo", "Redo"):
        assert page.get_by_role("button", name=button).is_disabled()
    # One finger paints, where it is on the picture that is larger now; what was below the first of two is not painted.
    touch("touchStart", at(page, 36, 40))
    touch("touchMove", at(page, 60, 40))
    touch("touchEnd")
    rows, columns = np.nonzero(save(page)[..., 0])
    assert (columns.min(), columns.max()) == pytest.approx((36 - 4, 60 + 3), abs=1)
    assert (rows.min(), rows.max()) == pytest.approx((40 - 4, 40 + 3), abs=1)


def test_a_large_picture_has_a_mask_of_its_size(paint: Paint, bench: Bench) -> None:
    bench.pictures["/api/here.png"] = png(size=(500, 250))
    page = paint("Impasto", width=4000, height=2000)
    assert page.locator(".mask-easel canvas").get_attribute("width") == "1600"
    page.get_by_role("radio", name="Fill", exact=True).check()
    page.mouse.click(*at(page, 48, 36))
    pixels = save(page)
    assert pixels.shape == (2000, 4000, 3)
    assert (pixels == 255).all()


def test_on_a_phone(paint: Paint) -> None:
    page = paint("Impasto", "Glass", "Watercolor", "Woodcut")
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert grave(page) == []
    page.touchscreen.tap(*at(page, 48, 36))
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing is painted for Impasto yet.").wait_for()
