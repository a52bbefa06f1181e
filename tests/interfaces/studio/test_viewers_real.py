"""The viewers on a real studio: a mask painted in the page reaches the engine, a study is made and read, a run goes for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from pincel.samples import find_sample
from tests.interfaces.studio.conftest import PATIENCE, Studio, Window
from tests.interfaces.studio.viewers_bench import grave

Open = Callable[..., Window]
SLOW = 1000 * PATIENCE


def pixels(path: Path, size: tuple[int, int] | None = None) -> Any:
    """Return the colors of a picture, (height, width, 3), brought to (width, height) if asked."""
    with Image.open(path) as image:
        colors = image.convert("RGB")
    return np.asarray(colors.resize(size, Image.Resampling.BICUBIC) if size else colors, dtype=int)


def test_only_what_was_painted_is_painted_after_a_part_of_the_painting(studio: Studio, window: Open) -> None:
    opened = window("#/")
    page = opened.page
    form = {
        "content": "sample:lake",
        "styles": [{"picture": "sample:glass", "weight": 1, "mask": None}],
        "settings": {"size": 64, "steps": 4, "scales": "none"},
    }
    page.evaluate("(form) => sessionStorage.setItem('pincel.form', form)", json.dumps(form))
    page.reload()
    for button in ("Paint only a part", "The part of Stained glass that counts"):
        page.get_by_role("button", name=button).click()
        page.locator(".mask-easel img").wait_for()
        box = page.locator(".mask-easel canvas").bounding_box()
        assert box is not None
        # A wall down the middle, and all that is left of it.
        middle = box["x"] + box["width"] / 2
        page.mouse.move(middle, box["y"] + 2)
        page.mouse.down()
        page.mouse.move(middle, box["y"] + box["height"] - 2, steps=6)
        page.mouse.up()
        page.get_by_role("radio", name="Fill", exact=True).check()
        page.mouse.click(middle - box["width"] / 4, box["y"] + box["height"] / 2)
        if button == "Paint only a part":
            assert grave(page, "'dialog'") == []
        page.get_by_role("button", name="Use this").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator(".state.done").wait_for(timeout=SLOW)

    run = studio.ask("api/runs")["runs"][0]
    folder = studio.home / "runs" / run["id"]
    lake = find_sample("sample:lake")
    mask = pixels(next((studio.home / "pictures" / run["content_mask"]).glob("original.*")))
    assert mask.shape == pixels(lake).shape
    assert np.unique(mask.reshape(-1, 3), axis=0).tolist() == [[230, 159, 0], [255, 255, 255]]
    painted = pixels(folder / "result.png")
    photograph = pixels(lake, (painted.shape[1], painted.shape[0]))
    far = np.abs(painted - photograph).max(2)
    half = painted.shape[1] // 2
    assert np.median(far[:, : half - 4]) > 4 * max(1, np.median(far[:, half + 6 :]))
    assert opened.complaints == []
    assert opened.strangers == []

    # In the gallery it can be found by the names it has here, and goes for good.
    opened.go("#/gallery")
    page.get_by_label("Search").fill("lake stained")
    expect(page.locator(".card")).to_have_count(1)
    assert page.locator(".card img").evaluate("async (image) => { await image.decode(); return image.naturalWidth > 0; }")
    page.get_by_role("button", name="Delete: Lake × Stained glass").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("Nothing is like that.").wait_for()
    assert not folder.exists()


def test_a_study_is_made_and_read(studio: Studio, window: Open) -> None:
    opened = window("#/studies/filters", locale="es")
    page = opened.page
    page.get_by_label("Tamaño").fill("64")
    page.get_by_label("Canales").fill("4")
    page.get_by_role("button", name="Empezar", exact=True).click()
    inside = page.frame_locator("iframe.study-page")
    inside.get_by_role("heading", level=1).wait_for(timeout=SLOW)
    # In Spanish, as the page is, and all that it needs is in it.
    assert inside.locator("html").get_attribute("lang") == "es"
    assert inside.locator("img").first.evaluate("async (image) => { await image.decode(); return image.naturalWidth > 0; }")
    assert opened.strangers == []
    assert opened.complaints == []
    opened.go("#/studies")
    page.get_by_role("link", name="Filtros", exact=True).first.wait_for()
