"""From a dropped photograph to a downloaded painting, as a person goes; small pictures, few steps, the real server and engine."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tests.interfaces.studio.conftest import Studio, Window, setting

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Open = Callable[..., Window]

DROP = """([target, bytes, name, type]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0))], name, { type }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.querySelector(target).dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""


def drop(page: Page, target: str, file: Path) -> None:
    """Let a file fall on a place of the page."""
    page.evaluate(DROP, [target, base64.b64encode(file.read_bytes()).decode(), file.name, "image/jpeg"])


def state(page: Page, name: str) -> Locator:
    """Return what says in which state the run on the page is."""
    return page.locator(f"p.state.{name}")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Return a photograph and a painting, as a person may have them."""
    made = {"photograph": tmp_path / "Grandma's boat.jpg", "painting": tmp_path / "señal.jpg"}
    Image.linear_gradient("L").convert("RGB").resize((96, 72)).save(made["photograph"])
    Image.radial_gradient("L").convert("RGB").resize((80, 80)).save(made["painting"])
    return made


def test_from_drop_to_download(window: Open, files: dict[str, Path], tmp_path: Path) -> None:
    opened = window()
    page = opened.page
    drop(page, ".drop", files["photograph"])
    page.get_by_role("img", name="Grandma's boat").wait_for()
    page.get_by_role("button", name="Woodcut").click()
    page.get_by_label("Add a painting of your own").set_input_files(files["painting"])
    page.get_by_label("How much of señal").press("ArrowLeft")
    assert page.locator("#paint-summary").inner_text() == "Grandma's boat after Woodcut + señal"
    page.get_by_label("Another size, in pixels").fill("176")
    for name, value in {"steps": "3", "scales": "1/2=1", "tolerance": "0"}.items():
        setting(page, name, value)
    page.get_by_role("button", name="Paint", exact=True).click()

    page.wait_for_url("**/#/run/*")
    page.locator("img.painted, .viewer").first.wait_for()
    state(page, "done").wait_for()
    assert page.locator("h1").inner_text() == "Grandma's boat × woodcut + señal"
    page.locator(".plot polyline").nth(1).wait_for(state="attached")
    assert page.locator(".plot polyline").count() == 2, "a line for each scale"

    for label, kind in {"PNG": "PNG", "JPEG": "JPEG", "TIFF": "TIFF"}.items():
        with page.expect_download() as download:
            page.get_by_role("link", name=label).click()
        kept = tmp_path / download.value.suggested_filename
        download.value.save_as(kept)
        with Image.open(kept) as image:
            assert (image.format, image.size) == (kind, (176, 132))
    with page.expect_download() as download:
        page.get_by_role("link", name="Record").click()
    record = json.loads(Path(download.value.path()).read_text())
    assert record["recipe"]["steps"] == 3
    page.get_by_text("Make it again without this page").click()
    command = page.get_by_role("region", name="Command line").inner_text()
    assert command.startswith("pincel transfer")
    assert "--size 176" in command
    assert "import pincel" in page.get_by_role("region", name="Python").inner_text()

    page.get_by_label("More steps").fill("2")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Continues").wait_for()
    state(page, "done").wait_for()
    page.get_by_role("button", name="Paint another like it").click()
    page.get_by_role("heading", name="How it should look").wait_for()
    assert page.get_by_label("Another size, in pixels").input_value() == "176"
    assert opened.complaints == []
    assert opened.strangers == []


def test_a_long_run_is_watched_left_killed_resumed_and_stopped(window: Open, studio: Studio) -> None:
    opened = window()
    page = opened.page
    page.get_by_role("button", name="Lake").click()
    page.get_by_role("button", name="Impasto").click()
    page.get_by_label("Another size, in pixels").fill("64")
    for name, value in {"steps": "100000", "scales": "none"}.items():
        setting(page, name, value)
    page.get_by_role("button", name="Paint", exact=True).click()
    page.locator("img.painted").wait_for()
    page.locator(".plot polyline").wait_for()

    # Two tabs.
    other = window("#/", beside=opened).page
    pill = other.get_by_role("link", name="Painting")
    pill.wait_for()
    other.get_by_role("button", name="Stop Lake × Impasto").wait_for()
    other.set_viewport_size({"width": 375, "height": 700})
    assert other.evaluate("document.documentElement.scrollWidth") <= 375
    assert other.get_by_role("button", name="Appearance").bounding_box()["x"] < 335, "there is room for all in the head"  # type: ignore[index]

    # A reload in mid-run: what was, is there again, and it goes on.
    page.reload()
    page.locator(".plot polyline").wait_for()
    before = page.locator("img.painted").get_attribute("src")
    page.wait_for_function("(before) => document.querySelector('img.painted').getAttribute('src') !== before", arg=before)
    assert opened.complaints == []

    # The server dies, and comes back: the page says so, and mends itself.
    studio.kill()
    for tab in (page, other):
        tab.get_by_text("The studio does not answer.").wait_for()
    studio.start()
    for tab in (page, other):
        tab.get_by_text("The studio does not answer.").wait_for(state="detached")
    state(page, "interrupted").wait_for()
    pill.wait_for(state="detached")
    page.get_by_role("button", name="Go on where it stopped").click()
    page.get_by_role("button", name="Stop and keep the best picture").wait_for()

    # Stopped in one tab, it is stopped in the other, and the best picture is kept.
    resumed = page.locator(".progress .hint")
    text = resumed.inner_text()
    page.wait_for_function("(text) => document.querySelector('.progress .hint').innerText !== text", arg=text)
    other.get_by_role("button", name="Stop Lake × Impasto").click()
    state(page, "cancelled").wait_for()
    page.get_by_role("link", name="PNG").wait_for()
    page.get_by_role("button", name="Go on where it stopped").wait_for()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it for good").click()
    page.wait_for_url("**/#/gallery")
    assert studio.ask("api/runs?state=cancelled")["runs"] == []
