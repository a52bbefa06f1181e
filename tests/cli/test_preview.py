"""``--preview``: the picture so far, in one small file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from pincel.cli.preview import OVERHEAD, PAUSE, SIDE, Preview
from pincel.engine.events import Notice, Step
from tests.cli.run import pincel, refused

Capture = pytest.CaptureFixture[str]
SMALL = ("--size", "64", "--recipe", "slides", "--device", "cpu", "--precision", "fp32")


def step(number: int, height: int = 48, width: int = 64) -> Step:
    shade = torch.full((1, 3, height, width), number / 10)
    return Step(number, 10, (height, width), 1.0, 0.0, 0, lambda: shade, dict)


class Clock:
    """Stands still unless it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(path: Path) -> int:
    """Return the number of the step a preview shows."""
    with Image.open(path) as image:
        return round(image.convert("L").getpixel((5, 5)) / 25.5)  # type: ignore[operator]


def test_it_is_renewed_once_a_second(tmp_path: Path) -> None:
    path, clock = tmp_path / "preview.jpg", Clock()
    preview = Preview(path, pytest.fail, clock)
    seen = []
    for number in range(11):
        preview.show(step(number))
        preview.show(Notice("of no interest"))
        seen.append(shown(path))
        clock.now += 0.4
    assert seen == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9]
    assert [each.name for each in tmp_path.iterdir()] == ["preview.jpg"]


def test_it_takes_little_of_the_time(tmp_path: Path) -> None:
    clock, looked = Clock(), []

    def slow() -> torch.Tensor:
        looked.append(clock.now)
        clock.now += 2 * PAUSE
        return torch.zeros(1, 3, 8, 8)

    preview = Preview(tmp_path / "preview.png", pytest.fail, clock)
    for _ in range(1000):
        preview.show(Step(1, 2, (8, 8), 1.0, 0.0, 0, slow, dict))
        clock.now += 0.5 * PAUSE
    assert 2 * PAUSE * len(looked) <= 1.1 * OVERHEAD * (clock.now - 100) + 2 * PAUSE


def test_it_is_small(tmp_path: Path) -> None:
    preview = Preview(tmp_path / "preview.jpg", pytest.fail)
    preview.show(step(3, 700, 1400))
    with Image.open(tmp_path / "preview.jpg") as image:
        assert image.size == (SIDE, SIDE // 2)


def test_one_that_cannot_be_written_is_told_once_and_harms_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    clock = Clock()
    preview = Preview(tmp_path / "none" / "preview.jpg", told.append, clock)
    for number in range(5):
        preview.show(step(number))
        clock.now += 2
    assert len(told) == 1
    assert told[0].startswith("There will be no preview. ")
    (tmp_path / "none").mkdir()
    preview.show(step(7))
    assert shown(tmp_path / "none" / "preview.jpg") == 7


def test_a_run_leaves_its_preview_and_so_does_one_that_goes_on(photographs: list[Path], tmp_path: Path, capsys: Capture) -> None:
    content, style, _ = photographs
    preview, kept = tmp_path / "so far.jpg", tmp_path / "kept"
    out = tmp_path / "out.png"
    answer = pincel(
        capsys, "transfer", content, style, "-o", out, *SMALL, "--steps", "2", "--preview", preview, "--checkpoint", kept, "--json"
    )
    assert answer.code == 0, answer.err
    with Image.open(preview) as image, Image.open(out) as result:
        assert image.size == result.size
    assert [json.loads(line)["event"] for line in answer.out.splitlines()][-1] == "saved"
    preview.unlink()
    answer = pincel(capsys, "resume", kept, "--preview", preview, "--quiet")
    assert answer.code == 0, answer.err
    assert preview.is_file()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("p.xyz", "no format is called '.xyz'"),
        ("out.png", "Two outputs would be written to one file"),
        ("out.json", "no format is called '.json'"),
        ("content", "would overwrite the input"),
        (".", "the name has no extension"),
    ],
)
def test_where_no_preview_can_go(name: str, told: str, photographs: list[Path], tmp_path: Path, capsys: Capture) -> None:
    content, style, _ = photographs
    preview = content if name == "content" else tmp_path / name
    before = content.read_bytes()
    answer = pincel(capsys, "transfer", content, style, "-o", tmp_path / "out.png", *SMALL, "--steps", "1", "--preview", preview)
    assert told in refused(answer)
    assert content.read_bytes() == before
