"""``pincel invert``: what it writes, what it says, what it refuses."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import torch

from pincel.images.io import load_picture
from pincel.inversion.run import InversionRun
from tests.cli.run import pincel, process, refused

Capture = pytest.CaptureFixture[str]
QUICK = ["--representation", "random-cnn-11:relu1_1", "--size", "40", "--steps", "3"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Path]) -> Path:
    """A folder with a good picture and some bad ones."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(photographs[0].read_bytes())
    (tmp_path / "words.png").write_text("not a picture")
    (tmp_path / "bad.toml").write_text('base = "mahendran2015"\nbetta = 3\n')
    (tmp_path / "mine.toml").write_text('base = "mahendran2015"\nsize = 24\n')
    return tmp_path


def test_a_picture_its_record_and_its_error(capsys: Capture, here: Path) -> None:
    answer = pincel(capsys, "invert", "photo.png", *QUICK, "-o", "out.png", "--sheet", "sheet.png")
    assert answer.code == 0
    record = json.loads((here / "out.json").read_text())
    said, *files = answer.out.splitlines()
    assert said == f"relative error {record['relative_error']:.3%} (as saved {record['saved']['relative_error']:.3%})"
    assert files == ["out.png", "out.json", "sheet.png"]
    picture = load_picture(here / "out.png")
    assert max(picture.height, picture.width) == 40
    assert record["representation"] == "random-cnn-11:relu1_1"
    assert load_picture(here / "sheet.png").width > 2 * picture.width


def test_repeats_are_written_one_by_one_with_mean_and_deviation(capsys: Capture, here: Path) -> None:
    answer = pincel(capsys, "invert", "photo.png", *QUICK, "--repeats", "2", "-o", "out.png", "--quiet")
    assert (answer.code, answer.out) == (0, "")
    one, two, mean = (load_picture(here / f"out-{name}.png").pixels for name in ("1", "2", "mean"))
    assert not torch.equal(one, two)
    assert torch.allclose(mean, (one + two) / 2, atol=1.1 / 255)
    assert (here / "out-deviation.png").is_file()
    # The sheet of all is larger than any of them.
    assert load_picture(here / "out.png").width > 2 * one.shape[-1]
    assert len(json.loads((here / "out.json").read_text())["relative_errors"]) == 2


def test_events_as_lines(capsys: Capture, here: Path) -> None:
    answer = pincel(capsys, "invert", "photo.png", *QUICK, "--json", "-o", "out.png")
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert [event["step"] for event in events if event["event"] == "step"] == [0, 1, 2, 3]
    assert events[-1]["event"] == "saved"
    assert events[-1]["relative_error"] == json.loads((here / "out.json").read_text())["relative_error"]


def test_a_recipe_from_a_file_and_options_over_it(capsys: Capture, here: Path) -> None:
    given = ["--representation", "hog", "--recipe", "mine.toml", "--steps", "2", "--tv-weight", "hog=7,*=1", "--alpha", "4"]
    answer = pincel(capsys, "invert", "photo.png", *given, "-o", "out.png", "--quiet")
    assert answer.code == 0, answer
    record = json.loads((here / "out.json").read_text())
    assert max(record["size"]) == 24
    assert (record["tv_weight"], record["recipe"]["alpha"], record["recipe"]["name"]) == (7, 4, "mine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("none.png --representation hog -o out.png", "none.png"),
        ("words.png --representation hog -o out.png", "words.png"),
        ("photo.png --representation hogg -o out.png", "Unknown representation 'hogg'"),
        ("photo.png --representation vgg19 -o out.png", "names no layer: write vgg19:pool5"),
        ("photo.png --representation vgg19:relu3-1 -o out.png", "Did you mean 'relu3_1'"),
        ("photo.png --representation alexnet:pool5 -o out.png", "imagenet-caffe-alex.mat"),
        ("photo.png --representation hog --neurons 40x40 -o out.png", "--neurons 40x40 is out of bounds"),
        ("photo.png --representation hog --neurons channels=27 -o out.png", "has channels 0 to 26"),
        ("photo.png --representation hog --norm-weight -1 -o out.png", "--norm-weight: cannot be that · given -1"),
        ("photo.png --representation hog --tv-weight=-1 -o out.png", "--tv-weight must be a number of 0 or more"),
        ("photo.png --representation hog --size 6 -o out.png", "hog sees nothing in one with a side below"),
        ("photo.png --representation hog --repeats 0 -o out.png", "--repeats 0: give 1 to 64"),
        ("photo.png --representation hog --recipe bad.toml -o out.png", "Did you mean 'beta'"),
        ("photo.png --representation hog --recipe mahendran -o out.png", "Unknown recipe of inversion 'mahendran'"),
        ("photo.png --representation hog --schedule fast -o out.png", "--schedule takes steps x factor"),
        ("photo.png --representation hog --optimizer-option momentum -o out.png", "takes KEY=VALUE"),
        ("photo.png --representation hog -o photo.png", "photo.png"),
        ("photo.png --representation hog -o out.gif", "out.gif"),
        ("photo.png --representation hog -o out.png --sheet out.png", "Two outputs would be written to one file"),
    ],
)
def test_mistakes(arguments: str, message: str, capsys: Capture, here: Path) -> None:
    before = sorted(here.iterdir())
    assert message in refused(pincel(capsys, "invert", *arguments.split()))
    assert sorted(here.iterdir()) == before


def test_the_library_and_the_command_make_the_same_picture(capsys: Capture, here: Path) -> None:
    pincel(capsys, "invert", "photo.png", *QUICK, "-o", "out.png", "--quiet")
    run = InversionRun(here / "photo.png", "random-cnn-11:relu1_1", size=40, steps=3)
    list(run)
    assert load_picture(run.result.image).pixels.equal(load_picture(here / "out.png").pixels)


def test_an_interrupted_run_keeps_the_best_picture(here: Path) -> None:
    run = process("invert", "photo.png", *QUICK[:-1], "100000", "-o", "out.png", "--json", cwd=here)
    assert run.stdout is not None
    for line in run.stdout:
        event = json.loads(line)
        if event["event"] == "step" and event["step"] == 2:
            run.send_signal(signal.SIGINT)
            break
    out, err = run.communicate(timeout=120)
    assert run.returncode == 130, err
    assert "Traceback" not in err
    assert json.loads(out.splitlines()[-1])["stopped"] == "interrupted"
    assert (here / "out.png").is_file()
