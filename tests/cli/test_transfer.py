"""``pincel transfer``: what it writes, what it prints, how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from rich.console import Console

from pincel.cli.painting import also_as_json
from pincel.engine.events import Event, ScaleStart, SetupProgress, Step, Stopped, TileProgress
from pincel.engine.gradient_mode import GRADIENT_MODES
from pincel.functional.conventions import CONVENTIONS
from pincel.images.resize import RESAMPLERS
from pincel.losses import STYLE_TERMS, VARIATIONS
from pincel.progress import Bar
from pincel.recipes import RECIPES
from pincel.recipes.schema import GROUPS, NAMES, Recipe
from tests.cli.run import pincel, process, refused
from tests.runs import SHALLOW_OPTIONS

Capture = pytest.CaptureFixture[str]
QUICK = ("--size", "48", "--steps", "3", *SHALLOW_OPTIONS)
# Large enough for a scale of half the size.
LADDER = ("--size", "128", "--scales", "1/2=1")


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
    *(("--resample", name) for name in RESAMPLERS),
    *(("--style-size", name) for name in ("same-rule", "content-short")),
    ("--strokes", "0.8"),
    ("--background", "#102030"),
    ("--steps", "1"),
    *(("--scales", ladder) for ladder in ("1/2=1", "1/2=2,0.75=0.4", "none")),
    *(("--coarse-content-factor", factor) for factor in ("0", "10")),
    *(("--detail-transfer", share) for share in ("0", "1.5")),
    ("--tolerance", "0.5"),
    ("--seed", "7"),
    *(("--backbone", name) for name in ("vgg19", "vgg19-torchvision", "vgg19-torchvision-255")),
    ("--pooling", "avg"),
    ("--pool-rounding", "up"),
    *(("--padding", name) for name in ("zero", "replicate", "replicate-first", "reflect", "circular")),
    ("--activations", "normalized"),
    ("--white", "256"),
    *(("--style-terms", term) for term in (*STYLE_TERMS, "gram=1,mean-std=10")),
    ("--style-rotations", "4"),
    *(("--coarse-terms", terms) for terms in ("neighbors", "w2=1,gram=2")),
    ("--match-content", "0.5"),
    *(("--content-terms", terms) for terms in ("self-similarity", "features=1,self-similarity=1e4")),
    *(("--gradients", name) for name in GRADIENT_MODES),
    ("--degrain", "0.05"),
    *(("--propagation", name) for name in ("simple", "all", "inside")),
    *(("--color", name) for name in ("style", "content", "luminance", "match", "hues")),
    ("--color-match", "monge"),
    ("--color-when", "after"),
    *(("--convention", name) for name in CONVENTIONS),
    ("--strength", "0.5"),
    ("--smooth", "2"),
    ("--content-weight", "0"),
    ("--content-weight", "1e2"),
    ("--style-weight", "0"),
    ("--tv-weight", "0"),
    *(("--tv", name) for name in VARIATIONS),
    ("--content-layers", "conv3_1=0.5,pool2=1"),
    ("--style-layers", "conv1_1,relu2_1,pool2"),
    ("--style-layers", "relu1_1=0.2,relu2_1=0.8"),
    *(("--init", name) for name in ("content", "noise", "style", "blend", "blend=0.2")),
    ("--noise", "uniform"),
    ("--noise-level", "30"),
    *(("--canvas", name) for name in ("pixels", "fourier", "laplacian")),
    *(("--optimizer", name) for name in ("lbfgs", "adam", "gradient-descent", "adagrad")),
    ("--learning-rate", "0.5"),
    ("--optimizer-option", "history=2"),
    ("--bounds", "clip"),
    *(("--recipe", name) for name in RECIPES),
    ("--device", "cpu"),
]


# These have nothing to do with each other, so a run may have a value of each.
FREE = frozenset(
    f"--{name}"
    for name in (
        *(
            "size-of",
            "rounding",
            "resample",
            "style-size",
            "strokes",
            "background",
            "seed",
            "pooling",
            "pool-rounding",
            "padding",
            "white",
        ),
        *("style-terms", "content-terms", "gradients", "degrain", "propagation", "color", "color-match", "color-when", "convention"),
        *("tv", "init", "noise", "noise-level", "canvas", "bounds"),
    )
)
CLIMBING = frozenset(["--scales", "--coarse-content-factor", "--detail-transfer", "--tolerance"])


def dealt(options: list[tuple[str, str]], free: frozenset[str]) -> list[tuple[tuple[str, str], ...]]:
    """Deal options out to runs: one value of each free option to a run, and every other to a run of its own."""
    values: dict[str, list[tuple[str, str]]] = {}
    for option in options:
        if option[0] in free:
            values.setdefault(option[0], []).append(option)
    together = [tuple(filter(None, hand)) for hand in zip_longest(*values.values())]
    return [*together, *((option,) for option in options if option[0] not in free)]


@pytest.mark.usefixtures("torchvision")
@pytest.mark.parametrize("options", dealt(OPTIONS, FREE), ids=lambda options: " ".join("=".join(option) for option in options))
def test_every_option_runs(
    options: tuple[tuple[str, str], ...], capsys: Capture, pair: tuple[Path, Path], tmp_path: Path, calibration: Path
) -> None:
    given = dict(options)
    recipe = RECIPES[given.get("--recipe", "pincel")].recipe
    normalized = "normalized" in (recipe.activations, given.get("--activations"))
    extra: tuple[str, ...] = ("--calibration", str(calibration)) if normalized else ()
    if CLIMBING & set(given):
        extra = LADDER
    if not {"--recipe", "--backbone"} & set(given):
        extra = (*SHALLOW_OPTIONS, *extra)
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", "--size", "48", "--steps", "3", *extra, *chain(*options))
    assert answer.code == 0, answer.err
    record = json.loads((tmp_path / "out.json").read_text())
    assert all(isinstance(loss["total"], float) for loss in record["losses"])
    for name, value in options:
        key = name.removeprefix("--").replace("-", "_")
        if key in Recipe.model_fields and isinstance(record["recipe"][key], str | int):
            assert str(record["recipe"][key]) == value


def test_every_value_of_a_recipe_is_an_option_in_some_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted([*(set(Recipe.model_fields) - {*NAMES, "optimizer_options"}), "recipe", "optimizer_option"])
    tested = {option.removeprefix("--").replace("-", "_") for option, _ in OPTIONS}
    assert set(grouped) - tested <= {"calibration", "content_mask", "style_mask", "keep_metadata"}


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
    # And what a program that shows the run needs before its first step.
    notices = [event for event in events if event["event"] == "notice"]
    assert notices[0]["topic"] == "run"
    assert notices[0]["text"].startswith("Painting on cpu")


def test_json_lines_tell_of_preparations_but_not_of_tiles(capsys: Capture) -> None:
    shown: list[object] = []
    events: list[Event] = [SetupProgress("measuring", 1, 2), TileProgress(1, 9)]
    for event in events:
        also_as_json(shown.append, json_lines=True)(event)
    assert shown == events
    assert json.loads(capsys.readouterr().out) == {"event": "preparing", "what": "measuring", "done": 1, "total": 2}


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
    code = "import pincel.run.run\ndef slow(*a, **k): raise KeyboardInterrupt\npincel.run.run.load_networks = slow"
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


# --- coarse to fine ---------------------------------------------------------------------------------------------------------------------


def test_json_lines_tell_each_scale(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *LADDER, "--steps", "2", "--json")
    events = [json.loads(line) for line in answer.out.splitlines()]
    assert [event for event in events if event["event"] == "scale"] == [
        {"event": "scale", "index": 1, "count": 2, "size": [64, 64], "steps": 2, "ahead": 8.0},
        {"event": "scale", "index": 2, "count": 2, "size": [128, 128], "steps": 2, "ahead": 0.0},
    ]
    told = [(event["event"], event.get("scale")) for event in events if event["event"] in ("scale", "step", "stopped")]
    coarse, fine = ([("scale", None), *[("step", [side, side])] * 3] for side in (64, 128))
    assert told == [*coarse, *fine, ("stopped", None)]


def test_without_a_ladder_no_scale_is_told(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *QUICK, "--json")
    assert '"scale", "index"' not in answer.out
    assert " of 1)" not in answer.err


def test_each_scale_has_its_lines_where_there_is_no_terminal(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *LADDER, "--steps", "2")
    lines = [line for line in answer.err.splitlines() if ": step " in line]
    assert [line.partition(" ·")[0] for line in lines] == [
        "64×64 (1 of 2): step 0/2",
        "64×64 (1 of 2): step 2/2",
        "128×128 (2 of 2): step 0/2",
        "128×128 (2 of 2): step 2/2",
    ]
    assert all("content" in line and "style" in line for line in lines)


def step(number: int, steps: int, scale: tuple[int, int], seconds: float) -> Step:
    """Return the event of a step whose terms may be read, but which has no picture."""

    def preview() -> None:
        raise AssertionError("A bar shows no pictures.")

    return Step(number, steps, scale, 100.0 - number, seconds, 0, preview, lambda: {"content": 1.5, "content:relu4_2": 1.5, "style": 2.5})  # type: ignore[arg-type]


# The first scale settles after two of ten steps.
EVENTS: list[Event] = [
    ScaleStart(1, 2, (30, 40), 10),
    *(step(number, 10, (30, 40), 1.0 * number) for number in range(3)),
    ScaleStart(2, 2, (60, 80), 4),
    *(step(number, 4, (60, 80), 12.0 + 3.0 * number) for number in range(5)),
    Stopped("steps", 4, 4),
]


def shown(events: list[Event], *, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a bar writes, each step a second apart."""
    clock = iter(range(1000, 2000))
    monkeypatch.setattr("pincel.progress.time.monotonic", lambda: float(next(clock)))
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=160, highlight=False, color_system=None, legacy_windows=False)
    with Bar(console=console) as bar:
        for event in events:
            bar.show(event)
    return written.getvalue()


def test_a_terminal_shows_a_bar_for_each_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = shown(EVENTS, terminal=True, monkeypatch=monkeypatch)
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", bars).split("\r")[-1]
    coarse, fine = (line for line in last.splitlines() if line.startswith("painting"))
    # The bar of a scale that ended early is full, not left standing.
    assert coarse.startswith("painting 40×30 (1 of 2)")
    assert " 2/2 " in coarse
    assert fine.startswith("painting 80×60 (2 of 2)")
    assert " 4/4 " in fine
    assert "J 96 · content 1.5 · style 2.5" in fine


def test_no_terminal_shows_a_line_for_each_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(EVENTS, terminal=False, monkeypatch=monkeypatch).splitlines()
    assert lines == [
        "40×30 (1 of 2): step 0/10 · J 100 · content 1.5 · style 2.5",
        "80×60 (2 of 2): step 0/4 · J 100 · content 1.5 · style 2.5",
        "80×60 (2 of 2): step 4/4 · J 96 · content 1.5 · style 2.5 · 0 s left",
    ]


def test_the_time_left_is_that_of_the_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    # Twelve seconds have gone by before this scale; each of its steps takes three.
    monkeypatch.setattr("pincel.progress.PAUSE", 1.0)
    lines = shown(EVENTS, terminal=False, monkeypatch=monkeypatch).splitlines()
    assert lines[1].endswith(" · 9 s left")
    assert [line.rpartition(" · ")[2] for line in lines[4:]] == ["9 s left", "6 s left", "3 s left", "0 s left"]


def test_a_bar_reads_no_terms_of_steps_it_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def noted(number: int) -> Step:
        return Step(number, 99, (2, 2), 1.0, 0.0, 0, lambda: None, lambda: read.append(number) or {"content": 1.0})  # type: ignore[arg-type, return-value, func-returns-value]

    monkeypatch.setattr("pincel.progress.time.monotonic", lambda: 1000.0)
    with Bar(console=Console(file=io.StringIO(), force_terminal=True)) as bar:
        for number in range(100):
            bar.show(noted(number))
    assert read == [0, 99]


def test_progress_pictures_of_two_scales_do_not_collide(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *LADDER, "--steps", "4", "--save-every", "2")
    assert answer.code == 0, answer.err
    kept = sorted(path for path in tmp_path.iterdir() if path.stem != "out")
    sizes = []
    for path in kept:
        with Image.open(path) as picture:
            sizes.append(picture.size)
    assert sorted(sizes) == [(64, 64), (64, 64), (128, 128), (128, 128)]
    assert len({path.stem[-5:] for path in kept}) == 2


def test_ctrl_c_in_a_coarse_scale_gives_a_picture_of_the_full_size(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out, sheet = tmp_path / "out.png", tmp_path / "sheet.png"
    ladder = ("--size", "128", "--scales", "1/2=1")
    running = process("transfer", *pair, "-o", out, "--sheet", sheet, *ladder, "--steps", "100000", "--json")
    assert running.stdout is not None
    for line in running.stdout:
        if json.loads(line).get("step") == 1:
            os.kill(running.pid, signal.SIGINT)
            break
    rest, errors = running.communicate(timeout=120)
    assert running.returncode == 130, errors
    assert json.loads(rest.splitlines()[-1])["stopped"] == "interrupted"
    with Image.open(out) as picture:
        assert picture.size == (128, 128)
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["stopped"] == "interrupted"
    assert record["size"] == [128, 128]
    (coarse,) = record["scales"]
    assert (coarse["size"], coarse["stopped"]) == ([64, 64], "interrupted")
    assert 1 <= coarse["steps"] == record["steps"] < 100000
    assert {tuple(loss["size"]) for loss in record["losses"]} == {(64, 64)}
    assert sheet.exists()


@pytest.mark.parametrize(
    ("ladder", "message"),
    [
        ("1/2", "Each coarse scale is a share of the size and a multiple of --steps, as 1/4=4, not '1/2'."),
        ("2=1", "between 0 and 1, such as 1/4, not '2'."),
        ("1/2=1,1/2=3", "is given twice."),
        ("1/2=-1", "--scales: 1/2 cannot be that · given -1"),
    ],
)
def test_a_ladder_that_cannot_be_is_refused(ladder: str, message: str, capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    assert message in refused(pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", "--scales", ladder))
    assert list(tmp_path.iterdir()) == []


def test_a_coarse_scale_with_nothing_to_paint_towards(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    nothing = ("--style-weight", "0", "--tv-weight", "0", "--coarse-content-factor", "0", "--init", "noise")
    answer = pincel(capsys, "transfer", *pair, "-o", tmp_path / "out.png", *LADDER, "--steps", "2", *nothing)
    assert "Traceback" not in answer.err
    assert answer.code in (0, 2), answer.err


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_precision_asked_for_is_used_and_written_down(precision: str, capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "painted.png"
    answer = pincel(capsys, "transfer", *pair, "-o", out, *QUICK, "--device", "cpu", "--precision", precision)
    assert answer.code == 0
    assert re.search(rf"Painting on cpu in {precision}( \(Winograd\))?; 48×\d+ takes about ", answer.err)
    assert json.loads(out.with_suffix(".json").read_text())["precision"].startswith(precision)


def test_tiles_paint_the_same_picture(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    pictures, strip = [], tmp_path / "strip.png"
    Image.open(pair[0]).crop((0, 30, 96, 54)).save(strip)
    for tiles in ("whole", "pool2=256,rest=256"):
        out = tmp_path / f"{tiles}.png"
        given = ("--size", "300", "--steps", "2", "--scales", "none", "--precision", "fp32", "--tiles", tiles)
        assert pincel(capsys, "transfer", strip, pair[1], "-o", out, *given).code == 0
        assert json.loads(out.with_suffix(".json").read_text())["tiles"] == tiles
        pictures.append(np.asarray(Image.open(out)).astype(int))
    assert abs(pictures[0] - pictures[1]).max() == 0


def test_without_memory_the_best_picture_is_kept_and_that_is_said(
    capsys: Capture, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pincel.engine.evaluator import Evaluator

    looks, gradient = [], Evaluator.gradient

    def cramped(evaluator: Evaluator, x: Any, step: int) -> Any:
        looks.append(evaluator.layout)
        if len(looks) > 2:
            raise MemoryError
        return gradient(evaluator, x, step)

    monkeypatch.setattr(Evaluator, "gradient", cramped)
    out = tmp_path / "out.png"
    answer = pincel(capsys, "transfer", *pair, "-o", out, "--size", "48", "--steps", "9", "--quiet")
    assert answer.code == 2
    assert answer.err == f"pincel: Out of memory. The best picture so far was kept as {out}; try a smaller --size.\n"
    assert json.loads(out.with_suffix(".json").read_text())["stopped"] == "out of memory"


def test_what_a_photograph_says_of_itself_is_kept_when_asked_for(capsys: Capture, pair: tuple[Path, Path], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = "(c) Ana"
    with Image.open(pair[0]) as image:
        image.convert("RGB").save(tmp_path / "photo.jpg", exif=exif)
    for options, kept in ((("--keep-metadata",), "(c) Ana"), ((), None)):
        assert pincel(capsys, "transfer", tmp_path / "photo.jpg", pair[1], "-o", tmp_path / "out.jpg", *QUICK, *options).code == 0
        with Image.open(tmp_path / "out.jpg") as image:
            assert image.getexif().get(ExifTags.Base.Copyright) == kept
