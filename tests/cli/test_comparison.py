"""``pincel texture``, ``pincel grid``, ``pincel blend``."""

from __future__ import annotations

import csv
import json
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pincel import Run
from pincel.cli import painting
from tests.cli.run import pincel, refused

Capture = pytest.CaptureFixture[str]
QUICK = ("--size", "32", "--steps", "2", "--scales", "none", "--precision", "fp32")


@pytest.fixture
def texture(calibration: Path) -> tuple[str, ...]:
    return ("--calibration", str(calibration), "--size", "48", "--steps", "3", "--scales", "none")


def test_a_texture_of_some_shape(capsys: Capture, photographs: list[Path], texture: tuple[str, ...], tmp_path: Path) -> None:
    out, sheet = tmp_path / "wall.png", tmp_path / "sheet.png"
    answer = pincel(capsys, "texture", photographs[1], "-o", out, *texture, "--aspect", "2:1", "--sheet", sheet)
    assert answer.code == 0, answer.err
    with Image.open(out) as image:
        # Of the area of the side asked for, unless --size says how long.
        assert image.size == (48, 24)
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["recipe"]["name"] == "texture-fast"
    assert record["losses"][-1]["total"] < record["losses"][0]["total"]
    assert "content" not in record["losses"][0]
    assert answer.out.split() == [str(out), str(out.with_suffix(".json")), str(sheet)]


def test_a_texture_goes_on_after_a_checkpoint(capsys: Capture, photographs: list[Path], texture: tuple[str, ...], tmp_path: Path) -> None:
    out, kept = tmp_path / "wall.png", tmp_path / "kept"
    assert pincel(capsys, "texture", photographs[1], "-o", out, *texture, "--checkpoint", kept, "--checkpoint-every", "0.001").code == 0
    first = out.read_bytes()
    out.unlink()
    assert pincel(capsys, "resume", kept).code == 0
    assert out.read_bytes() == first


def test_a_tileable_texture(capsys: Capture, photographs: list[Path], texture: tuple[str, ...], tmp_path: Path) -> None:
    answer = pincel(capsys, "texture", photographs[1], "-o", tmp_path / "tile.png", *texture, "--tileable")
    assert answer.code == 0, answer.err
    assert json.loads((tmp_path / "tile.json").read_text())["recipe"]["padding"] == "circular"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--aspect", "wide"), "--aspect takes W:H, such as 1:1 or 4:3, not 'wide'"),
        (("--aspect", "0:1"), "--aspect takes W:H"),
        (("--tileable", "--padding", "zero"), "--tileable and --padding zero contradict each other"),
    ],
)
def test_textures_that_cannot_be(
    arguments: tuple[str, ...], message: str, capsys: Capture, photographs: list[Path], texture: tuple[str, ...], tmp_path: Path
) -> None:
    assert message in refused(pincel(capsys, "texture", photographs[1], "-o", tmp_path / "out.png", *texture, *arguments))


def test_a_grid_of_two_options(capsys: Capture, photographs: list[Path], tmp_path: Path, networks_loaded: list[str]) -> None:
    out, folder = tmp_path / "grid.png", tmp_path / "each"
    axes = ("--rows", "style-weight=1e3,1e5", "--columns", "style-layers=relu1_1;relu1_1,relu2_1;relu3_1")
    answer = pincel(capsys, "grid", *photographs[:2], "-o", out, *QUICK, *axes, "--folder", folder)
    assert answer.code == 0, answer.err
    assert answer.out.split() == [str(out), str(out.with_suffix(".csv"))]
    rows = list(csv.DictReader(out.with_suffix(".csv").read_text().splitlines()))
    assert [(row["style_weight"], row["style_layers"]) for row in rows[2:4]] == [("1e3", "relu3_1"), ("1e5", "relu1_1")]
    assert all(float(row["total"]) > 0 and float(row["content"]) >= 0 for row in rows)
    assert rows[0]["style:relu2_1:w2"] == ""
    assert float(rows[1]["style:relu2_1:w2"]) > 0
    assert len(list(folder.glob("*.png"))) == 6
    assert networks_loaded == ["vgg19"]
    kept = json.loads((folder / "004.json").read_text())
    assert kept["recipe"]["style_weight"] == 1e5
    with Image.open(out) as sheet:
        assert sheet.width > 3 * 256 * 0.6
        assert sheet.height > 2 * 256


def test_a_blend_begins_and_ends_with_one_style(capsys: Capture, photographs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "each"
    answer = pincel(capsys, "blend", *photographs, "-o", tmp_path / "strip.png", "--count", "3", *QUICK, "--folder", folder)
    assert answer.code == 0, answer.err
    alone = [tmp_path / "first.png", tmp_path / "second.png"]
    for style, out in zip(photographs[1:], alone, strict=True):
        assert pincel(capsys, "transfer", photographs[0], style, "-o", out, *QUICK).code == 0
    pixels = [np.asarray(Image.open(folder / f"{number:03d}.png")) for number in (1, 2, 3)]
    for found, expected in zip((pixels[0], pixels[2]), alone, strict=True):
        assert (found == np.asarray(Image.open(expected))).all()
    assert (pixels[1] != pixels[0]).any()
    assert [row["share"] for row in csv.DictReader((tmp_path / "strip.csv").read_text().splitlines())] == ["0", "0.5", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--rows", "style-wait=1"), "There is no option 'style-wait' to try values of. Did you mean 'style_weight'?"),
        (("--rows", "style-weight"), "Values are given as style-weight=VALUE"),
        (("--rows", "style-weight=1,2", "--columns", "style-weight=3"), "Rows and columns are both of style-weight"),
        (("--rows", "style-weight=1,heavy"), "--style-weight: cannot be that · given 'heavy'"),
        (("--rows", "style-layers=relu1_1;relu9_9"), "Unknown style layer of backbone vgg19 'relu9_9'"),
        (("--rows", "seed=" + ",".join(map(str, range(401)))), "at most 400"),
        (("--rows", "recipe=pincel,pencil"), "pencil"),
        (("--rows", "seed=1,2", "--table", "grid.png"), "Two outputs"),
    ],
    ids=lambda given: given[1][:20] if isinstance(given, tuple) else "",
)
def test_grids_that_cannot_be(
    arguments: tuple[str, ...], message: str, capsys: Capture, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    line = refused(pincel(capsys, "grid", *photographs[:2], "-o", "grid.png", *QUICK, *arguments))
    assert message in line, line


def test_a_grid_that_is_interrupted_has_what_there_is(
    capsys: Capture, photographs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[Run] = []
    plain = painting.stopped_by_signals

    def second_is_stopped(run: Run) -> AbstractContextManager[None]:
        runs.append(run)
        if len(runs) == 2:
            run.stop("interrupted")
        return plain(run)

    monkeypatch.setattr("pincel.cli.painting.stopped_by_signals", second_is_stopped)
    out = tmp_path / "grid.png"
    answer = pincel(capsys, "grid", *photographs[:2], "-o", out, *QUICK, "--rows", "seed=1,2,3,4")
    assert answer.code == 130
    assert [row["stopped"] for row in csv.DictReader(out.with_suffix(".csv").read_text().splitlines())] == ["steps", "interrupted"]
