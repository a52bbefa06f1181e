"""What the viewers compute, each part by itself."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from pincel.images.masks import load_mask
from tests.interfaces.studio.viewers_bench import Bench

BOX, PICTURE = {"width": 400, "height": 300}, {"width": 1600, "height": 1200}


@pytest.fixture(scope="module")
def bench(browser: Browser) -> Iterator[Bench]:
    """One page for all: nothing here leaves anything behind."""
    context = browser.new_context(locale="en-GB")
    yield Bench(context.new_page())
    context.close()


@pytest.fixture
def view(bench: Bench) -> Callable[..., Any]:
    """Call a function of view.js."""
    return lambda name, *given: bench.call("view.js", "(module, name, ...given) => module[name](...given)", name, *given)


def test_a_picture_that_fits_is_in_the_middle(view: Callable[..., Any]) -> None:
    fit = {"zoom": 1, "x": 0.5, "y": 0.5}
    assert view("placed", fit, BOX, PICTURE) == {"left": 0, "top": 0, "width": 400, "height": 300}
    assert view("placed", fit, BOX, {"width": 100, "height": 100}) == {"left": 50, "top": 0, "width": 300, "height": 300}
    # Twice as large about the middle: a quarter of it is beyond each border.
    assert view("placed", fit | {"zoom": 2}, BOX, PICTURE) == {"left": -200, "top": -150, "width": 800, "height": 600}


def test_what_is_below_the_pointer_stays_there(view: Callable[..., Any]) -> None:
    start, point = {"zoom": 3, "x": 0.4, "y": 0.6}, {"x": 90, "y": 220}

    def below(place: dict[str, float]) -> tuple[float, float]:
        return (point["x"] - place["left"]) / place["width"], (point["y"] - place["top"]) / place["height"]

    before = below(view("placed", start, BOX, PICTURE))
    for zoom in (2.5, 4, 8):
        moved = view("zoomed", start, zoom, point, BOX, PICTURE)
        assert moved["zoom"] == zoom
        assert below(view("placed", moved, BOX, PICTURE)) == pytest.approx(before)


def test_no_more_margin_than_must_be(view: Callable[..., Any]) -> None:
    far = view("panned", {"zoom": 2, "x": 0.5, "y": 0.5}, 5000, -40, BOX, PICTURE)
    assert far == pytest.approx({"zoom": 2, "x": 0.25, "y": 0.5 + 40 / 600})
    assert view("placed", far, BOX, PICTURE)["left"] == 0
    # Zoomed out by a corner, the picture is in the middle again; no farther than to fit, no nearer than eight pixels for one.
    assert view("zoomed", far, 0.1, {"x": 0, "y": 0}, BOX, PICTURE) == {"zoom": 1, "x": 0.5, "y": 0.5}
    assert view("clamped", {"zoom": 1e9, "x": 0.5, "y": 0.5}, BOX, PICTURE)["zoom"] == 32
    # A picture smaller than its stage can be seen pixel for pixel.
    small = {"width": 100, "height": 75}
    assert view("actual", BOX, small, 1) == 0.25
    assert view("clamped", {"zoom": 0.01, "x": 0.5, "y": 0.5}, BOX, small)["zoom"] == 0.25


def test_a_pinch_zooms_by_the_distance_of_two_fingers(bench: Bench) -> None:
    script = """(module, view, box, picture) => {
      const fingers = new Map([[1, { x: 100, y: 150 }], [2, { x: 200, y: 150 }]]);
      return module.pinched(view, fingers, 2, { x: 300, y: 150 }, box, picture);
    }"""
    moved = bench.call("gestures.js", script, {"zoom": 2, "x": 0.5, "y": 0.5}, BOX, PICTURE)
    assert moved["zoom"] == 4
    # Between the fingers, at (150, 150), was the share (150 + 200) / 800 of the width; now it is at (200, 150).
    assert moved["x"] == pytest.approx(350 / 800)
    assert moved["y"] == pytest.approx(0.5)


def painted(bench: Bench, width: int, height: int, script: str, first: int = 0) -> Any:
    """Return labels as an array after a script that has `labels`, and what the script returned."""
    call = f"""({{ Labels }}, width, height, first) => {{
      const labels = new Labels(width, height, first);
      const said = (() => {{ {script} }})();
      return [[...labels.values], said ?? null];
    }}"""
    values, said = bench.call("mask-labels.js", call, width, height, first)
    return np.array(values).reshape(height, width), said


def test_a_line_is_all_pixels_near_enough_to_it(bench: Bench) -> None:
    values, area = painted(bench, 40, 30, "return labels.line({ x: 8, y: 9 }, { x: 30.5, y: 20 }, 4.5, 3);")
    rows, columns = np.mgrid[:30, :40] + 0.5
    along = np.clip(((columns - 8) * 22.5 + (rows - 9) * 11) / (22.5**2 + 11**2), 0, 1)
    near = np.hypot(columns - 8 - along * 22.5, rows - 9 - along * 11) <= 4.5
    assert (values == 3 * near).all()
    assert area["x"] <= columns[near].min() <= columns[near].max() <= area["x"] + area["width"]
    # Half beyond the border, wholly beyond it, and the finest brush there is.
    values, area = painted(
        bench, 5, 5, "labels.line({ x: -20, y: 9 }, { x: -9, y: 9 }, 2, 1); return labels.line({ x: 0, y: 0 }, { x: 0, y: 0 }, 2, 1);"
    )
    assert values.sum() == 3
    assert area == {"x": 0, "y": 0, "width": 2, "height": 2}
    values, _ = painted(bench, 5, 5, "labels.line({ x: 2.5, y: 2.5 }, { x: 2.5, y: 2.5 }, 0.1, 1);")
    assert values.tolist() == np.diag([0, 0, 1, 0, 0]).tolist()


def test_filling_goes_as_far_as_the_border(bench: Bench) -> None:
    chance = random.Random(5)
    walls = np.array([[chance.random() < 0.35 for _ in range(31)] for _ in range(23)])
    walls[11, 15] = False
    put = f"const walls = {[int(wall) for wall in walls.ravel()]}; labels.values.set(walls);"
    values, area = painted(bench, 31, 23, put + "return labels.fill(15.2, 11.9, 2);")
    reached = {(11, 15)}
    border = [(11, 15)]
    while border:
        row, column = border.pop()
        for place in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= place[0] < 23 and 0 <= place[1] < 31 and not walls[place] and place not in reached:
                reached.add(place)
                border.append(place)
    assert {tuple(place) for place in np.argwhere(values == 2).tolist()} == reached
    assert (values[values != 2] == walls[values != 2]).all()
    rows, columns = zip(*reached, strict=True)
    assert area == {"x": min(columns), "y": min(rows), "width": np.ptp(columns) + 1, "height": np.ptp(rows) + 1}
    # Only pixels that are alike; none for a region that is there already, none beyond the picture.
    values, said = painted(bench, 6, 1, "labels.fill(0, 0, 1, (index) => index < 4); return [labels.fill(2, 0, 1), labels.fill(9, 0, 1)];")
    assert values.tolist() == [[1, 1, 1, 1, 0, 0]]
    assert said == [None, None]


def test_undo_and_redo_go_step_by_step(bench: Bench) -> None:
    script = """
      const dot = (x, label) => { labels.line({ x, y: 2 }, { x, y: 2 }, 1, label); return labels.end(); };
      const now = () => labels.values.join("");
      const seen = [now()];
      const ended = [dot(2, 1), dot(4, 2), dot(4, 2), labels.end()];
      labels.clear(3); labels.end();
      seen.push(now());
      const undone = [];
      while (labels.undo()) undone.push(now());
      const redone = [];
      while (labels.redo()) redone.push(now());
      labels.undo(); dot(6, 4);
      return { ended, seen, undone, redone, again: labels.redo() };
    """
    values, said = painted(bench, 8, 4, script)
    assert said["ended"] == [True, True, False, False]
    assert len(said["undone"]) == 3
    assert said["undone"][-1] == said["seen"][0] == "0" * 32
    assert said["redone"] == [said["undone"][1], said["undone"][0], said["seen"][1]]
    assert said["again"] is None
    assert (values == 4).sum() == 4


def files_of(bench: Bench, content: Any, styles: list[Any]) -> list[bytes | None]:
    """Return the content mask and those of the styles for labels that were painted: {width, height, count, values}."""
    script = """async ({ kept, encodeMasks }, content, styles) => {
      const { Labels } = await import("/static/js/mask-labels.js");
      const labels = ({ width, height, values }) => new Labels(width, height, 0, Uint8Array.from(values));
      const plain = (one) => one && kept(labels(one), one.count, one.width, one.height);
      const bytes = async (blob) => blob && [...new Uint8Array(await blob.arrayBuffer())];
      const made = await encodeMasks({ content: await plain(content), styles: await Promise.all(styles.map(plain)) });
      return Promise.all([made.content, ...made.styles].map(bytes));
    }"""
    return [each and bytes(each) for each in bench.call("mask-files.js", script, content, styles)]


def halves(count: int, *labels: int) -> dict[str, Any]:
    return {"width": 2 * len(labels), "height": 3, "count": count, "values": [label for _ in range(3) for label in labels for _ in "12"]}


def regions(data: bytes | None, tmp_path: Any) -> list[tuple[str, int]]:
    """Return the regions pincel itself finds in a mask, in its order, with their pixels."""
    assert data is not None
    (tmp_path / "mask.png").write_bytes(data)
    found = load_mask(str(tmp_path / "mask.png"), "mask").regions
    assert all(bool(((share == 0) | (share == 1)).all()) for share in found.values())
    return [(label, int(share.sum())) for label, share in found.items()]


def test_masks_speak_as_the_engine_listens(bench: Bench, tmp_path: Any) -> None:
    content, *styles = files_of(bench, halves(1, 0, 1, 1), [None])
    assert regions(content, tmp_path) == [("white", 6), ("black", 12)]
    assert styles == []
    content, *_ = files_of(bench, halves(2, 1, 0, 0), [None, None])
    assert regions(content, tmp_path) == [("white", 12), ("black", 6)]
    # With something left alone there are three: flat colors, the rest last.
    content, *_ = files_of(bench, halves(2, 2, 1, 0, 0), [None, None])
    found = regions(content, tmp_path)
    assert [count for _, count in found] == [12, 6, 6]
    assert found[2][0] == "#ffffff"
    content, *_ = files_of(bench, halves(9, *range(10), 8), [None] * 9)
    assert [count for _, count in regions(content, tmp_path)] == [6] * 8 + [12, 6]


def test_masks_of_styles_speak_of_the_same_regions(bench: Bench, tmp_path: Any) -> None:
    _, first, second = files_of(bench, None, [None, halves(1, 0, 1), None])
    assert regions(first, tmp_path) == [("white", 256)]
    assert regions(second, tmp_path) == [("white", 6), ("black", 6)]
    content, first, second = files_of(bench, halves(2, 0, 1, 1, 2), [halves(1, 1, 0), None])
    (one, _), (other, _), rest = regions(content, tmp_path)
    assert rest == ("#ffffff", 6)
    assert regions(first, tmp_path) == [("#000000", 6), (one, 6)]
    assert regions(second, tmp_path) == [(other, 256)]


def test_a_mask_is_as_large_as_the_picture(bench: Bench) -> None:
    script = """async ({ maskPng, readLabels }, labels, colors) => {
      const blob = await maskPng({ ...labels, values: Uint8Array.from(labels.values) }, colors, 7, 5);
      const back = readLabels(await createImageBitmap(blob), colors, 7, 5);
      return [[...new Uint8Array(await blob.arrayBuffer())], [...back]];
    }"""
    data, back = bench.call(
        "mask-png.js", script, {"width": 3, "height": 2, "values": [0, 1, 2, 2, 1, 0]}, ["#ff0000", "#00ff80", "#0000ff"]
    )
    image = Image.open(io.BytesIO(bytes(data)))
    expected = np.array([[0, 1, 2], [2, 1, 0]])[[0, 0, 1, 1, 1]][:, [0, 0, 1, 1, 1, 2, 2]]
    assert (np.asarray(image) == expected).all()
    assert image.convert("RGB").getpixel((3, 0)) == (0, 255, 128)
    assert back == expected.ravel().tolist()


def test_words_are_looked_for_as_the_server_has_them(bench: Bench) -> None:
    script = """async ({ query }, q) => {
      const { store } = await import("/static/js/store.js");
      const { setLanguage } = await import("/static/js/words.js");
      await setLanguage("es");
      store.samples = [{ name: "harbour" }, { name: "impasto" }, { name: "still-life" }];
      store.pictures.set("f00", { name: "Faro viejo.jpg" });
      const asked = String(query({ q, recipe: "", state: "done", since: "", until: "" }));
      localStorage.clear();
      return asked;
    }"""
    assert bench.call("gallery-filters.js", script, " Puer  Empaste activ faro x") == "q=harbour+impasto+activations+faro+x&state=done"
