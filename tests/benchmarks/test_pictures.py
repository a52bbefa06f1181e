"""A comparison paints what is missing, one after the other, keeps what is finished, and shows it without saying whose it is."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console
from torch import Tensor

import pictures
import pincel
from _judge import MEASURES
from _results import COPIES, load_results, picture_id
from _tables import grid
from pictures import Watch, main
from pincel.recipes.schema import Recipe

PAIRS = ["--contents", "sample:lake", "coffee", "--styles", "sample:woodcut", "sample:cubist", "--size", "48", "--device", "cpu"]
FLAT = "import sys; from PIL import Image; Image.new('RGB', (64, 48), sys.argv[4]).save(sys.argv[1])"


def flat(name: str, color: str) -> str:
    """Return a program that paints a picture in one color, in a size that nobody asked for."""
    return f"command:{name}={shlex.quote(sys.executable)} -c {shlex.quote(FLAT)} {{output}} {{content}} {{style}} {color}"


class Indifferent:
    """A judge to whom all pictures are the same."""

    def __init__(self, photograph: Tensor, *_: Any) -> None:
        self.size = tuple(photograph.shape[-2:])

    def measure(self, pixels: Tensor) -> dict[str, float]:
        assert tuple(pixels.shape[-2:]) == self.size
        return {measure.name: 1.0 for measure in MEASURES}

    def measure_copies(self) -> dict[str, dict[str, float]]:
        return {name: {measure.name: 1.0 for measure in MEASURES} for name in COPIES}


class Machine:
    """Paints in place of pincel, one shade after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: list[tuple[str, float, int]] = []
        self.interrupted_at = 10**9
        monkeypatch.setattr(pincel, "transfer", self.transfer)

    def transfer(self, content: Path, _: Path, *, recipe: Recipe, **__: Any) -> pincel.Result:
        if len(self.runs) == self.interrupted_at:
            raise KeyboardInterrupt
        self.runs.append((content.stem, recipe.tv_weight, recipe.steps))
        return pincel.Result(Image.new("RGB", (recipe.size, recipe.size // 2), (20 * len(self.runs) % 256, 90, 90)), (), {}, "steps")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.fixture
def paint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(pictures, "Judge", Indifferent)

    def run(*systems: str, pairs: str = "2", **more: str) -> int:
        options = [word for key, value in more.items() for word in (f"--{key}", value)]
        return main(["paint", *PAIRS, "--pairs", pairs, "--systems", *systems, *options, "-o", str(tmp_path)])

    return run


def test_everything_is_painted_in_turns_and_measured(
    paint: Callable[..., int], machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert paint("pincel:tv_weight=1,steps=50", "pincel:tv_weight=2,steps=50", flat("red", "red")) == 0
    # A step to warm up; then another one begins.
    lake, coffee = "scene-lake", "coffee"
    assert machine.runs == [(lake, 1, 1), (lake, 1, 50), (lake, 2, 50), (coffee, 2, 50), (coffee, 1, 50)]
    found = load_results(tmp_path)
    assert found.systems == ["pincel:tv_weight=1,steps=50", "pincel:tv_weight=2,steps=50", "red"]
    assert found.complete == ["lake × woodcut", "coffee × cubist"]
    assert {name: list(copies) for name, copies in found.copies.items()} == {name: list(COPIES) for name in found.complete}
    for row in found.rows:
        assert row.seconds >= 0
        with Image.open(found.picture(row)) as image:
            assert image.size in ((48, 24), (64, 48))
    table = (tmp_path / "table.md").read_text()
    assert capsys.readouterr().out == table
    assert [line for line in table.splitlines() if line.startswith("#")] == [
        "### Means of 2 pairs that all have painted",
        "### lake × woodcut",
        "### coffee × cubist",
    ]
    assert table.count("| copy of content") == 3
    assert "Features of vgg19" in table


def test_what_is_there_is_not_painted_again_unless_it_would_be_another(paint: Callable[..., int], machine: Machine, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('base = "pincel"\ntv_weight = 1.0\n')
    paint(str(recipe))
    first = len(machine.runs)
    before = load_results(tmp_path)
    paint(str(recipe))
    assert len(machine.runs) == first
    # One more system, and one more pair: a step to warm up, and what is missing.
    paint(str(recipe), "slides")
    assert len(machine.runs) == first + 3
    paint(str(recipe), "slides", pairs="3")
    assert len(machine.runs) == first + 6
    before.picture(before.rows[0]).unlink()
    paint(str(recipe))
    assert len(machine.runs) == first + 8
    assert [(row.pair, row.system) for row in load_results(tmp_path).rows][:2] == [(row.pair, "mine") for row in before.rows]
    assert len(load_results(tmp_path).rows) == 6
    recipe.write_text('base = "pincel"\ntv_weight = 2.0\n')
    paint(str(recipe))
    after = load_results(tmp_path)
    assert machine.runs[-1][1] == 2
    # The third pair was painted by a recipe of that name that is no more.
    assert [(row.pair, row.system) for row in after.rows if row.system == "mine"] == [(row.pair, "mine") for row in before.rows]
    assert sum(row.system == "slides" for row in after.rows) == 3
    assert not {picture_id(row) for row in before.rows} & {picture_id(row) for row in after.rows}


def test_other_bytes_under_the_same_name_are_another_picture(paint: Callable[..., int], machine: Machine, tmp_path: Path) -> None:
    picture = tmp_path / "mine.png"
    for shade, runs in ((90, 2), (90, 2), (91, 4)):
        Image.new("RGB", (96, 48), (shade, 90, 90)).save(picture)
        paint("pincel:tv_weight=1", pairs="1", contents=str(picture))
        assert len(machine.runs) == runs


def test_steps_are_found_for_those_that_take_them(paint: Callable[..., int], machine: Machine, tmp_path: Path) -> None:
    # Nothing takes any time here, so the last number of steps is large, and each of the two pictures is tried.
    paint("pincel:tv_weight=1", flat("red", "red"), pairs="1", seconds="0.001")
    assert [steps for _, _, steps in machine.runs[:3]] == [1, 2, 5]
    by_name = load_results(tmp_path).of_pair("lake × woodcut")
    assert by_name["pincel:tv_weight=1"].steps == machine.runs[-1][2]
    assert by_name["red"].steps is None
    red = next(line for line in (tmp_path / "table.md").read_text().splitlines() if line.startswith("| red") and "own" in line)
    # A process does not start in a thousandth of a second.
    assert " ! " in red


def test_ctrl_c_keeps_what_is_finished(paint: Callable[..., int], machine: Machine, tmp_path: Path) -> None:
    machine.interrupted_at = 4
    assert paint("pincel:tv_weight=1", "pincel:tv_weight=2") == 130
    assert len(load_results(tmp_path).rows) == 3
    assert "Means of 1 pairs" in (tmp_path / "table.md").read_text()
    assert sorted(path.suffix for path in (tmp_path / "pictures").iterdir()) == [".png"] * 3
    machine.interrupted_at = 10**9
    assert paint("pincel:tv_weight=1", "pincel:tv_weight=2") == 0
    assert len(load_results(tmp_path).rows) == 4


def test_a_picture_that_cannot_be_painted_is_named_and_left_out(
    paint: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = f"command:broken={shlex.quote(sys.executable)} -c 'raise SystemExit(\"no luck\")' {{content}} {{style}} {{output}}"
    assert paint(broken, flat("red", "red"), pairs="1") == 1
    assert "lake × woodcut · broken: has painted nothing, status 1, and said: no luck" in capsys.readouterr().err
    assert [row.system for row in load_results(tmp_path).rows] == ["red"]


def test_what_cannot_be_used_is_said_in_one_line_before_anything_is_painted(
    paint: Callable[..., int], machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paint("pincel:tv_weight=1", pairs="1")
    painted = len(machine.runs)
    for arguments, message in [
        ({"size": "64"}, "another size"),
        ({"seconds": "9"}, "another seconds"),
        ({"network": "alexnet"}, "alexnet"),
    ]:
        capsys.readouterr()
        assert paint("pincel:tv_weight=3", **arguments) == 2
        told = capsys.readouterr().err.splitlines()
        assert len(told) == 1
        assert message in told[0]
    assert main(["rank", str(tmp_path / "nothing")]) == 2
    (tmp_path / "results.json").write_text('{"rows": [')
    assert main(["rank", str(tmp_path)]) == 2
    assert "damaged" in capsys.readouterr().err
    assert len(machine.runs) == painted


def test_a_tiny_comparison_of_the_real_thing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["paint", *PAIRS, "--pairs", "1", "--systems", "pincel:steps=1,scales=none", "-o", str(tmp_path)]) == 0
    (row,) = load_results(tmp_path).rows
    assert all(math.isfinite(row.values[measure.name]) for measure in MEASURES)
    with Image.open(tmp_path / "pictures" / row.picture) as image:
        assert max(image.size) == 48
    capsys.readouterr()
    assert main(["rank", str(tmp_path)]) == 0
    assert "By each measure" in capsys.readouterr().out


def test_the_time_left_follows_what_was_done() -> None:
    watch = Watch(4, Console(stderr=True))
    assert watch.left() == ""
    watch.finished("one")
    watch._began -= 100
    assert watch.left() == "5 min 00 s left"


def test_tables_stand_in_line() -> None:
    lines = grid(["name", "n"], [["é", "10"], ["longer", "1"]]).splitlines()
    assert lines == ["| name   |  n |", "| ------ | -: |", "| é      | 10 |", "| longer |  1 |"]


# What is looked at


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    systems = [flat("red", "red"), flat("green", "lime"), flat("blue", "blue")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "Judge", Indifferent)
        assert main(["paint", *PAIRS, "--pairs", "2", "--systems", *systems, "-o", str(folder)]) == 0
    return folder


def color_of(pixel: Any) -> str:
    """Return which of the three a pixel is of, whatever JPEG has made of it."""
    return ("red", "green", "blue")[max(range(3), key=lambda channel: pixel[channel])]


def test_the_sheet_has_a_row_a_pair_and_the_key_says_whose_is_which(compared: Path) -> None:
    key = json.loads((compared / "key.json").read_text())
    margin = 4
    with Image.open(compared / "sheet.jpg") as sheet:
        assert sheet.width == 5 * 48 + 6 * margin
        lines = (sheet.height - margin) // 2
        for line, numbers in enumerate(key["sheets"].values()):
            for number, system in numbers.items():
                left, top = margin + (48 + margin) * (1 + int(number)) + 24, margin + line * lines + 18
                assert color_of(sheet.getpixel((left, top))) == system
    found = load_results(compared)
    assert {id_: (each["pair"], each["system"]) for id_, each in key["pictures"].items()} == {
        picture_id(row): (row.pair, row.system) for row in found.rows
    }


def test_the_page_names_nobody(compared: Path) -> None:
    page = (compared / "choice.html").read_text()
    assert not [name for name in ("woodcut", "coffee", "green", "command", str(compared)) if name in page]
    assert "http" not in page
