"""The page below a path, as a proxy serves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.studio.conftest import PATIENCE, Studio, Window, free_port, setting

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Start a studio whose page is below a path."""
    made = Studio(tmp_path_factory.mktemp("below"), free_port(), "/paint")
    made.start()
    yield made
    made.kill()


def test_the_page_finds_everything_below_its_path(browser: Browser, below: Studio, tmp_path: Path) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    window = Window(page, below)
    page.on("console", lambda message: window.complaints.append(message.text))
    page.on("request", lambda request: window.requests.append(request.url))
    Image.linear_gradient("L").convert("RGB").resize((60, 40)).save(tmp_path / "boat.jpg")
    window.go("#/")
    page.get_by_role("button", name="Woodcut").click()
    page.locator("input[type=file]").first.set_input_files(tmp_path / "boat.jpg")
    page.get_by_role("img", name="boat").wait_for()
    page.get_by_label("Another size, in pixels").fill("48")
    for name, value in {"steps": "1", "ladder": "none"}.items():
        setting(page, name, value)
    page.get_by_role("button", name="Paint", exact=True).click()
    page.wait_for_url("**/paint/#/run/*")
    page.locator("p.state.done").wait_for(timeout=1000 * PATIENCE)
    for route in ("#/gallery", "#/studies", "#/about"):
        window.go(route)
        page.locator("h1").first.wait_for(state="attached")
    assert window.complaints == []
    assert window.strangers == []
    assert any("/paint/api/events" in url for url in window.requests)
    context.close()
