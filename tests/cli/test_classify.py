"""``pincel classify`` says what pictures show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pincel.backbones.native import write_network
from pincel.classify.predict import predict
from tests.backbones.stand_ins import drawn_weights
from tests.classify.test_predict import CARD
from tests.classify.thin import have_thin_alexnet
from tests.cli.run import pincel, refused
from tests.cli.test_help import examples

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a folder as ``pincel train`` leaves it."""
    folder = tmp_path / "run"
    folder.mkdir()
    write_network(folder / "network.safetensors", CARD, drawn_weights(CARD))
    return folder


def test_a_table_a_picture(run: Path, photographs: list[Path], capsys: Capture) -> None:
    done = pincel(capsys, "classify", *photographs[:2], "--backbone", run, "--device", "cpu")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == str(photographs[0])
    assert lines[4] == str(photographs[1])
    assert len(lines) == 8
    expected = predict(photographs[0], backbone=str(run), device="cpu")
    for line, answer in zip(lines[1:4], expected, strict=True):
        assert line.split()[0] == f"{answer.probability:.2%}"
        assert line.rstrip().endswith(answer.name)
        # Of 24 columns, as many as the probability says.
        assert abs(line.count("█") - 24 * answer.probability) < 1.01


def test_as_lines_of_json(run: Path, photographs: list[Path], capsys: Capture) -> None:
    done = pincel(capsys, "classify", *photographs, "--backbone", run, "--json", "--top", "2", "--ten-crops", "--device", "cpu")
    assert done.code == 0, done.err
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [each["picture"] for each in told] == [str(path) for path in photographs]
    assert [len(each["answers"]) for each in told] == [2, 2, 2]
    first = predict(photographs[0], backbone=str(run), crops=10, top=2, device="cpu")
    assert told[0]["answers"] == [{"class": each.name, "index": each.index, "probability": each.probability} for each in first]
    assert told[0]["backbone"] == "small"


def test_an_imported_network_is_called_by_its_name(
    photographs: list[Path], capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINCEL_WEIGHTS", str(tmp_path))
    write_network(tmp_path / "mine.safetensors", replace(CARD, name="mine"), drawn_weights(CARD))
    done = pincel(capsys, "classify", photographs[0], "--backbone", "mine", "--top", "1", "--device", "cpu")
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backbone", "vgg19"], "vgg19 has no classifier"),
        (["--backbone", "alexnt"], "Did you mean 'alexnet'?"),
        (["--top", "0"], "top: is how many answers are given"),
        (["--top", "many"], "'many' is not a valid integer"),
        (["--device", "abacus"], "Device 'abacus' is not on this machine"),
        ([], "The weights of alexnet are not here"),
        (["gone.png"], "gone.png"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments: list[str], message: str, run: Path, photographs: list[Path], capsys: Capture) -> None:
    backbone = ["--backbone", str(run)] if "--device" in arguments else []
    assert message in refused(pincel(capsys, "classify", photographs[0], *backbone, *arguments))


def test_a_picture_that_is_none_is_told_before_anything_is_answered(
    run: Path, photographs: list[Path], capsys: Capture, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    assert "text.png" in refused(pincel(capsys, "classify", photographs[0], tmp_path / "text.png", "--backbone", run))


def test_no_picture_at_all(capsys: Capture) -> None:
    assert "Missing argument" in refused(pincel(capsys, "classify"))


def test_the_examples_of_the_help_work(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have_thin_alexnet(tmp_path, monkeypatch)
    lines = [line.split()[1:] for line in examples(pincel(capsys, "classify", "--help").out)]
    assert len(lines) == 2
    counts = []
    for line in lines:
        done = pincel(capsys, *line)
        assert done.code == 0, done.err
        counts.append(len(done.out.splitlines()))
    # A picture and five answers; two pictures and three answers each.
    assert counts == [6, 8]
