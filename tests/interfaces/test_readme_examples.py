"""The commands of the README work as printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.run import pincel
from tests.test_readme import blocks

Capture = pytest.CaptureFixture[str]


def test_the_five_examples_work(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> None:
    monkeypatch.chdir(tmp_path)
    for file, source in zip(("photo", "painting", "starry", "scream"), [*photographs, photographs[0]], strict=True):
        Image.open(source).convert("RGB").save(f"{file}.jpg")
    lines = blocks("README.md")[1].splitlines()
    assert len(lines) == 5
    for line in lines:
        shrunk = ["--size", "32", "--steps", "1"] if "transfer" in line else []
        answer = pincel(capsys, *shlex.split(line)[1:], *shrunk)
        assert answer.code == 0, (line, answer.err)
