"""The commands of the README work as printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.run import pincel
from tests.test_readme import blocks

Capture = pytest.CaptureFixture[str]


def test_the_first_picture_is_painted(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> None:
    monkeypatch.chdir(tmp_path)
    for file, source in zip(("photo", "painting"), photographs, strict=False):
        Image.open(source).convert("RGB").save(f"{file}.jpg")
    [line] = blocks("README.md")[1].splitlines()
    answer = pincel(capsys, *shlex.split(line)[1:], "--size", "32", "--steps", "1")
    assert answer.code == 0, answer.err
    assert Path("photo-painting.png").is_file()
