"""Every example of every help works as printed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from PIL import Image

from pincel.cli.app import VERBS
from pincel.samples import find_sample, sample_names
from tests.classify.thin import have_thin_alexnet
from tests.cli.run import pincel
from tests.cli.test_help import examples

PAINTS = {"transfer", "texture", "grid", "blend", "batch"}
# What is rebuilt needs a size that has a code.
REBUILDS = {"invert"}
LEARNS = {"train-style"}
Capture = pytest.CaptureFixture[str]


def _all_examples(capsys: Capture) -> list[str]:
    # Those of ``studio`` and ``mcp`` take for ever: tests/cli/test_studio.py and tests/interfaces/mcp/test_stdio.py end them; those of
    # ``video`` have many frames: tests/cli/test_video.py runs them with a few.
    return [line for verb in VERBS if verb not in ("studio", "mcp", "video") for line in examples(pincel(capsys, verb, "--help").out)]


@pytest.fixture
def small_samples(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sample pictures be small ones: most of the time of an example is that of its pixels."""
    folder = tmp_path_factory.mktemp("small")
    for path in sample_names().values():
        with Image.open(path) as picture:
            picture.thumbnail((96, 96))
            picture.save(folder / path.name)
    monkeypatch.setattr("pincel.sources.find_sample", lambda text: folder / find_sample(text).name)
    monkeypatch.setattr("pincel.classify.textures.COUNT", 50)
    monkeypatch.setattr("pincel.backbones.calibrate.SIDE", 64)


@pytest.mark.usefixtures("small_samples")
def test_examples_work_as_printed(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calibration: Path) -> None:
    monkeypatch.chdir(tmp_path)
    have_thin_alexnet(tmp_path, monkeypatch)
    for line in _all_examples(capsys):
        command = line.partition(" > ")[0].partition(" && ")[0]
        # As printed, but for the size, the number of steps and what is calibrated on: those are for the reader's patience, not ours.
        study = shlex.split(command)[1] == "study"
        small = ["--size", "32", "--steps", "1", "--calibration", str(calibration)] if PAINTS & set(command.split()) else []
        small = ["--size", "48", *(["--steps", "1"] if "reconstruct" in command else [])] if study else small
        small = ["--size", "64", "--steps", "2"] if REBUILDS & set(command.split()) else small
        small = ["--steps", "1", "--crop", "32", "--device", "cpu"] if LEARNS & set(command.split()) else small
        small = ["--pages", "total-variation"] if shlex.split(command)[1] == "course" else small
        shrunk = [*shlex.split(command)[1:], *small]
        answer = pincel(capsys, *shrunk)
        assert answer.code == 0, (line, answer.err)
    assert (tmp_path / "harbour-impasto.png").is_file()
    assert (tmp_path / "mix.jpg").is_file()
    assert (tmp_path / "pictures").is_dir()
