"""For everybody: axe finds nothing serious, a phone is wide enough, and all can be done by keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe_playwright_python  # type: ignore[import-untyped]
import pytest

from tests.interfaces.studio.conftest import PATIENCE, Studio, Window

Open = Callable[..., Window]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# What is too small for a finger; links within a text are as high as the text.
SMALL = """() => [...document.querySelectorAll("button, a[href], select, input")].filter((each) => {
    if (each.closest("p, dd") || !each.checkVisibility({ opacityProperty: true })) return false;
    const box = (each.closest("label") ?? each).getBoundingClientRect();
    return box.width && (box.width < 24 || box.height < 24);
}).map((each) => each.outerHTML.slice(0, 120))"""
FORM = {"content": "sample:harbour", "styles": [{"picture": f"sample:{name}", "weight": 1, "mask": None} for name in ("impasto", "glass")]}


@pytest.fixture(scope="module")
def routes(studio: Studio) -> list[str]:
    """Return every route of the page, that of a picture that is done among them."""
    values = {"size": 48, "steps": 1, "scales": "none"}
    run = studio.ask("api/runs", {"content": "sample:lake", "styles": [{"picture": "sample:woodcut"}], "settings": values})
    for _ in range(int(PATIENCE)):
        if studio.ask(f"api/runs/{run['id']}")["state"] not in ("queued", "running"):
            break
        time.sleep(1)
    assert studio.ask(f"api/runs/{run['id']}")["state"] == "done"
    return ["#/", f"#/run/{run['id']}", "#/gallery", f"#/compare/{run['id']}/{run['id']}", "#/studies", "#/course", "#/about"]


def filled(window: Open, **options: Any) -> Window:
    """Open the page with a form that shows all it can."""
    opened = window("#/", **options)
    opened.page.evaluate("(form) => sessionStorage.setItem('pincel.form', form)", json.dumps(FORM))
    opened.page.reload()
    return opened


def settled(opened: Window, route: str) -> None:
    """Go somewhere, and wait until it is there."""
    opened.go(route)
    opened.page.locator("h1").first.wait_for(state="attached")
    opened.page.wait_for_timeout(300)


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en"), ("dark", "es")])
def test_axe_finds_nothing_serious(window: Open, routes: list[str], scheme: str, locale: str) -> None:
    opened = filled(window, color_scheme=scheme, locale=locale)
    for route in routes:
        settled(opened, route)
        for details in opened.page.locator("details:not([open]) > summary").all():
            if details.is_visible():
                details.click()
        opened.page.evaluate(AXE)
        found = opened.page.evaluate("axe.run()")
        told = [
            (each["impact"], each["id"], [node["html"][:160] for node in each["nodes"]][:3])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert told == [], route
    assert opened.complaints == []
    assert opened.strangers == []


def test_a_phone_is_wide_enough(window: Open, routes: list[str]) -> None:
    opened = filled(window, width=375, height=740, has_touch=True, is_mobile=True, locale="es")
    for route in routes:
        settled(opened, route)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 375, route
        small = opened.page.evaluate(SMALL)
        assert small == [], f"too small for a finger on {route}"
    assert opened.complaints == []


def test_it_can_be_put_together_by_keys_alone(window: Open) -> None:
    page = window().page
    page.get_by_role("button", name="Harbour").wait_for()

    def reach(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText ?? ''")
            if focused.strip().startswith(name):
                return
        raise AssertionError(name)

    reach("Skip to the content")
    page.keyboard.press("Enter")
    reach("Harbour")
    page.keyboard.press("Space")
    reach("Impasto")
    page.keyboard.press("Enter")
    reach("Paint")
    assert page.locator("#paint-summary").inner_text() == "Harbour after Impasto"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid", "the focus can be seen"
