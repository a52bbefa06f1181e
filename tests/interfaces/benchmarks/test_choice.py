"""The page on which people choose between pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pictures import main
from tests.benchmarks.test_pictures import color_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.mark.parametrize(("chance", "turned"), [(0.0, True), (0.99, False)])
def test_sides_are_left_to_chance(compared: Path, browser: Browser, chance: float, turned: bool) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(f"Math.random = () => {chance}")
        page.goto((compared / "choice.html").resolve().as_uri())
        tasks = json.loads(page.evaluate("localStorage.getItem(Object.keys(localStorage)[0])"))["tasks"]
        orders = page.evaluate("data.pairs.map(({pictures}) => Object.keys(pictures))")
    assert len(tasks) == 6
    for task in tasks:
        left, right = (orders[task["pair"]].index(side) for side in task["sides"])
        assert (left > right) == turned


def test_choices_are_made_by_keys_kept_and_downloaded(
    compared: Path, browser: Browser, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    requests: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((compared / "choice.html").resolve().as_uri())
    # The middle of the picture on each side, as the browser shows it.
    look = """() => ["left", "right"].map((side) => {
        const [image, canvas] = [document.getElementById(side).firstElementChild, document.createElement("canvas")];
        canvas.getContext("2d").drawImage(image, 0, 0);
        return [...canvas.getContext("2d").getImageData(9, 9, 1, 1).data];
    })"""
    loaded = "() => [...document.images].every((image) => image.complete && image.naturalWidth > 0)"

    def shown() -> list[str]:
        page.wait_for_function(loaded)
        return [color_of(pixel) for pixel in page.evaluate(look)]

    # Green over red, blue equal to green, and red over blue, wherever they stand.
    better = {frozenset(("green", "red")): "green", frozenset(("red", "blue")): "red"}

    def choose() -> None:
        sides = shown()
        winner = better.get(frozenset(sides))
        page.keyboard.press("Space" if winner is None else ("ArrowLeft", "ArrowRight")[sides.index(winner)])

    assert page.text_content("#count") == "0 of 6"
    for _ in range(3):
        choose()
    page.reload()
    assert page.text_content("#count") == "3 of 6"
    page.keyboard.press("Backspace")
    assert page.text_content("#count") == "2 of 6"
    for _ in range(3):
        choose()
    sides = shown()
    winner = better.get(frozenset(sides))
    page.click("#tie" if winner is None else ("#left", "#right")[sides.index(winner)])
    assert page.text_content("#count") == "6 of 6"
    assert page.is_hidden("#choices")
    page.keyboard.press("ArrowLeft")
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "choices.json")
    assert download.value.suggested_filename == "choices.json"
    context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert main(["rank", str(compared), str(tmp_path / "choices.json")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "| red over green | 0/2 | 0 (0-66) |" in told
    assert "| red over blue | 2/2 | 100 (34-100) |" in told
    assert "| green over blue | 1/2 | 50 (9-91) |" in told
    assert "Bradley-Terry" in told
