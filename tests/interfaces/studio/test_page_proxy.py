"""The page below a path, as a proxy serves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from pincel.studio.commands import RECORD, RESULT, RunSpec
from pincel.studio.data_dir import DataDir
from pincel.studio.models import RunView, StylePart
from pincel.studio.records import Record, now, save, scan_files
from tests.interfaces.studio.conftest import PATIENCE, Studio, Window, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser


RUN = "20260131-142501-3f9a"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Start a studio whose page is below a path, with a run that is done."""
    made = Studio(tmp_path_factory.mktemp("below"), free_port(), "/paint")
    keep_finished_run(DataDir(made.home))
    made.start()
    yield made
    made.kill()


def keep_finished_run(home: DataDir) -> None:
    """Put a run into a home as one leaves it that has ended."""
    (folder := home.run(RUN)).mkdir(parents=True)
    Image.new("RGB", (48, 32), "teal").save(folder / RESULT)
    (folder / RECORD).write_text("{}")
    parts = [StylePart(picture="sample:woodcut")]
    view = RunView(id=RUN, kind="transfer", state="done", created=now(), content="sample:lake", styles=parts, title="lake", recipe="pincel")
    order = RunSpec(verb=["transfer"], arguments=[("sample:lake", None), ("sample:woodcut", None)], options=[], output="lake.png")
    record = Record(view=view, order=order)
    scan_files(folder, record)
    save(home, record)


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
    page.get_by_role("button", name="Paint", exact=True).click()
    page.wait_for_url("**/paint/#/run/*")
    page.locator("p.state").wait_for()
    window.go(f"#/run/{RUN}")
    page.locator("p.state.done").wait_for(timeout=1000 * PATIENCE)
    page.locator("img.painted, .viewer").first.wait_for()
    for route in ("#/gallery", "#/studies", "#/course", "#/about"):
        window.go(route)
        page.locator("h1").first.wait_for(state="attached")
    assert window.complaints == []
    assert window.strangers == []
    for path in ("events", f"runs/{RUN}/result.png"):
        assert any(f"/paint/api/{path}" in url for url in window.requests), path
    context.close()
