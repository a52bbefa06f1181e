"""Studies that paint: the pictures, their numbers, what is said of them, and Ctrl-C, at a size that takes seconds."""

from __future__ import annotations

import csv
import json
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pincel.api.painting import evaluate, transfer
from pincel.engine.events import Notice, SetupProgress
from pincel.engine.result import Result
from pincel.errors import OptionError, UnknownNameError
from pincel.images.io import load_picture
from pincel.studies import depth, grid, pooling, pooling_page, reconstruct, separability
from pincel.studies.declarations import DepthOptions, GridOptions, PoolingOptions, ReconstructOptions, SeparabilityOptions
from pincel.studies.features import load_input
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Plot, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.transfers import TransferSpec, transfer_all
from pincel.studies.write import write_report
from tests.cli.run import pincel, process, refused

Capture = pytest.CaptureFixture[str]
SMALL = StudySettings(size=32, steps=3)
TINY = StudySettings(size=24, steps=2, backbone="random-cnn-11")


@pytest.fixture(scope="module")
def pair(photographs: list[Path]) -> tuple[Path, Path]:
    return photographs[0], photographs[1]


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    """Return the recipe of 2015, with a network that need not be calibrated, and noise strong enough to be seen after a step or two."""
    path = tmp_path / "small.toml"
    path.write_text('base = "gatys2015"\nactivations = "raw"\nnoise_level = 30\n')
    return str(path)


def tables(report: Report) -> dict[str, Table]:
    return {block.name: block for block in report.blocks if isinstance(block, Table)}


def sheets(report: Report) -> dict[str, Sheet]:
    return {block.name: block for block in report.blocks if isinstance(block, Sheet)}


def said(report: Report) -> str:
    return " ".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


def test_reconstruct_paints_ten_pictures_and_measures_them(pair: tuple[Path, Path], tmp_path: Path) -> None:
    report = reconstruct.study(*pair, ReconstructOptions(figure="2015", pooling="avg"), SMALL, ProgressReporter())
    assert [len(sheet.cells) for sheet in sheets(report).values()] == [6, 6]
    content, style = report.numbers["content"], report.numbers["style"]
    assert [each["layers"] for each in content] == [[f"relu{n}_1"] for n in range(1, 6)]
    assert [len(each["layers"]) for each in style] == [1, 2, 3, 4, 5]
    assert all(each["losses"][-1] < each["losses"][0] for each in (*content, *style))
    assert all(len(each["losses"]) == SMALL.steps + 1 for each in content)
    # The first layer knows the pixels best.
    assert content[0]["errors"]["relu1_1"] < content[4]["errors"]["relu1_1"]
    write_report(report, tmp_path, "es")
    rows = list(csv.DictReader((tmp_path / "content-table.csv").read_text().splitlines()))
    assert float(rows[1]["error"]) == content[1]["errors"]["relu2_1"]
    assert "relu1_1" in said(report)


def test_reconstruct_of_the_second_paper_has_its_layers(pair: tuple[Path, Path]) -> None:
    settings = StudySettings(size=32, steps=1)
    report = reconstruct.study(*pair, ReconstructOptions(figure="cvpr2016", pooling="max"), settings, ProgressReporter())
    assert [each["layers"] for each in report.numbers["content"]] == [[f"relu{n}_2"] for n in range(1, 6)]
    assert report.settings["pooling"] == "max"


def test_the_loss_told_is_that_of_the_same_run(pair: tuple[Path, Path]) -> None:
    report = reconstruct.study(*pair, ReconstructOptions(figure="2015", pooling="avg"), SMALL, ProgressReporter())
    picture = load_input(pair[0], SMALL)
    values: dict[str, Any] = {
        "activations": "raw",
        "content_layers": "relu3_1",
        "content_weight": 1.0,
        "style_weight": 0.0,
        "canvas": "fourier",
    }
    alone = transfer(picture, picture, recipe="gatys2015", size=32, size_of="long", steps=3, **values)
    assert report.numbers["content"][2]["losses"] == pytest.approx([each["content"] for each in alone.losses])


def test_grid_has_a_row_for_each_set_of_layers_and_a_column_for_each_ratio(pair: tuple[Path, Path], recipe: str) -> None:
    settings = StudySettings(size=32, steps=1)
    report = grid.study(*pair, GridOptions(ratios="1e-4,1", recipe=recipe), settings, ProgressReporter())
    assert [(cell["layers"], cell["ratio"]) for cell in report.numbers["cells"]] == [(n, r) for n in range(1, 6) for r in (1e-4, 1.0)]
    assert sheets(report)["grid"].columns == 2
    assert len(tables(report)["cells"].rows) == 10
    assert "From the first column to the last" in said(report)


@pytest.mark.parametrize("given", ["", "a", "1e-3,", "0", "-1", "1e400", "nan"])
def test_ratios_that_are_none_are_refused(given: str, pair: tuple[Path, Path], recipe: str) -> None:
    with pytest.raises(OptionError, match="--ratios takes numbers above 0"):
        grid.study(*pair, GridOptions(ratios=given, recipe=recipe), TINY, ProgressReporter())


def test_depth_takes_the_content_from_each_layer(pair: tuple[Path, Path], recipe: str) -> None:
    report = depth.study(*pair, DepthOptions(layers="relu2_2,relu1_1", ratio=0.3, recipe=recipe), SMALL, ProgressReporter())
    assert [each["layer"] for each in report.numbers["runs"]] == ["relu1_1", "relu2_2"]
    first = report.numbers["runs"][0]
    assert first["own"] == first["content"]["relu1_1"]
    assert ("bears" in said(report)) or ("claim" in said(report))


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("inf"), float("nan")])
def test_a_ratio_that_is_none_is_refused(ratio: float, pair: tuple[Path, Path]) -> None:
    with pytest.raises(OptionError, match="give a number above 0"):
        depth.study(*pair, DepthOptions(layers=None, ratio=ratio, recipe="gatys2015"), TINY, ProgressReporter())


def test_pooling_paints_with_both_from_the_same_noise(pair: tuple[Path, Path], recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[TransferSpec] = []

    def painted(jobs: Sequence[TransferSpec], *others: Any) -> list[Result]:
        seen.extend(jobs)
        return transfer_all(jobs, *others)

    monkeypatch.setattr(pooling, "transfer_all", painted)
    report = pooling.study(*pair, PoolingOptions(repeats=2, recipe=recipe), SMALL, ProgressReporter())
    assert [(job.values["pooling"], job.values["seed"]) for job in seen] == [("avg", 0), ("max", 0), ("avg", 1), ("max", 1)]
    assert {kind: len(falls) for kind, falls in report.numbers["fall"].items()} == {"avg": 2, "max": 2}
    assert [(row["painter"], row["judge"]) for row in report.numbers["judged"]] == [(a, b) for b in ("avg", "max") for a in ("avg", "max")]
    assert [flow["layer"] for flow in report.numbers["flow"]["avg"]] == ["picture", *pooling.POOLED]
    (flow,) = (block for block in report.blocks if isinstance(block, Plot) and block.name == "flow-alive")
    ticks = flow.draw(lambda text: text.text("es")).axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks] == ["imagen", *pooling.POOLED]


@pytest.mark.parametrize(
    ("falls", "begins"),
    [
        ({"avg": [0.1, 0.2], "max": [0.3, 0.4]}, "With average pooling J falls further: to 15.00% of its start, against 35.00%"),
        ({"avg": [0.5, 0.6], "max": [0.3, 0.4]}, "With maximum pooling J falls further: to 35.00%"),
        ({"avg": [0.1, 0.4], "max": [0.3, 0.5]}, "J falls to 25.00% of its start with average pooling and to 40.00% with the other, but"),
    ],
)
def test_what_is_said_of_pooling_follows_the_numbers(falls: dict[Any, list[float]], begins: str) -> None:
    assert pooling_page._run_finding(falls).text("en").startswith(begins)


def test_pooling_needs_a_network_that_pools_and_a_run(pair: tuple[Path, Path]) -> None:
    with pytest.raises(OptionError, match="has no pooling to compare; give --backbone vgg19"):
        pooling.study(*pair, PoolingOptions(repeats=1, recipe="gatys2015"), TINY, ProgressReporter())
    with pytest.raises(OptionError, match="--repeats 0: give 1 or more"):
        pooling.study(*pair, PoolingOptions(repeats=0, recipe="gatys2015"), SMALL, ProgressReporter())


def test_separability_measures_each_picture_against_all_sources(photographs: list[Path], recipe: str) -> None:
    a, b, c = photographs
    report = separability.study(a, c, SeparabilityOptions(str(b), str(a), recipe), StudySettings(size=32, steps=2), ProgressReporter())
    assert [(each["content"], each["style"]) for each in report.numbers["pairs"]] == [("A", "A"), ("A", "B"), ("B", "A"), ("B", "B")]
    assert [each["ratio"] for each in report.numbers["sweep"]] == [0.01, 0.1, 0.3, 1, 10]
    for kind in ("maps", "grams"):
        for shares in report.numbers["effects"][kind].values():
            # So small a picture may leave a deep layer silent, and then nothing differs there.
            assert sum(shares.values()) == pytest.approx(1) or not any(shares.values())
        assert sum(report.numbers["effects"][kind]["relu1_1"].values()) == pytest.approx(1)
    # The second photograph has the shape of the first.
    assert len({image.size for caption, image in sheets(report)["pairs"].cells if "×" in caption.text("en")}) == 1


def test_studies_take_a_network_that_was_never_trained(pair: tuple[Path, Path]) -> None:
    rebuilt = reconstruct.study(*pair, ReconstructOptions(figure="2015", pooling="avg"), TINY, ProgressReporter())
    assert [each["layers"] for each in rebuilt.numbers["content"]] == [["relu1_1"]]
    assert len(grid.study(*pair, GridOptions(ratios="1e-3", recipe="gatys2015"), TINY, ProgressReporter()).numbers["cells"]) == 1
    assert len(depth.study(*pair, DepthOptions(layers=None, ratio=0.3, recipe="gatys2015"), TINY, ProgressReporter()).numbers["runs"]) == 1
    assert separability.study(
        pair[0], pair[0], SeparabilityOptions(str(pair[1]), str(pair[1]), "gatys2015"), TINY, ProgressReporter()
    ).numbers["effects"]["grams"]


def test_a_set_of_layers_that_is_none_is_refused(pair: tuple[Path, Path]) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'cvpr2016'"):
        reconstruct.study(*pair, ReconstructOptions(figure="cvpr2015", pooling="avg"), TINY, ProgressReporter())


def stopping(after: int) -> tuple[ProgressReporter, list[Any]]:
    """Return a watch that asks for the end once so many parts were told."""
    told: list[Any] = []

    def hear(event: Any) -> None:
        told.append(event)
        if isinstance(event, SetupProgress) and event.done >= after:
            progress.stop("interrupted")

    progress = ProgressReporter(hear)
    return progress, told


Study = Callable[[tuple[Path, Path], ProgressReporter], Report]
STUDIES: dict[str, Study] = {
    "reconstruct": lambda pair, progress: reconstruct.study(*pair, ReconstructOptions(figure="2015", pooling="avg"), SMALL, progress),
    "grid": lambda pair, progress: grid.study(*pair, GridOptions(ratios=None, recipe="gatys2015"), TINY, progress),
    "depth": lambda pair, progress: depth.study(*pair, DepthOptions(layers=None, ratio=0.3, recipe="gatys2015"), TINY, progress),
    "separability": lambda pair, progress: separability.study(
        pair[0], pair[0], SeparabilityOptions(str(pair[1]), str(pair[1]), "gatys2015"), TINY, progress
    ),
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_that_is_ended_early_writes_what_there_is(name: str, pair: tuple[Path, Path], tmp_path: Path) -> None:
    progress, told = stopping(after=1)
    report = STUDIES[name](pair, progress)
    assert "ended early: 1 of" in report.notes[0].text("en")
    write_report(report, tmp_path, "en")
    assert "ended early" in (tmp_path / "index.html").read_text()
    assert isinstance(told[-1], SetupProgress)


def test_an_end_asked_for_before_the_start_leaves_a_page_without_pictures(pair: tuple[Path, Path], tmp_path: Path) -> None:
    for name, study in STUDIES.items():
        progress = ProgressReporter()
        progress.stop("interrupted")
        report = study(pair, progress)
        assert "0 of" in report.notes[0].text("en"), name
        write_report(report, tmp_path / name, "es")


def test_progress_counts_all_steps_of_all_pictures(pair: tuple[Path, Path]) -> None:
    told: list[Any] = []
    picture = load_picture(Image.open(pair[0]).resize((24, 18)))
    jobs = [TransferSpec(picture, picture, {"activations": "raw", "content_layers": "relu1_1", "style_layers": "relu1_1"})] * 2
    results = transfer_all(jobs, TINY, ProgressReporter(told.append))
    parts = [event for event in told if isinstance(event, SetupProgress)]
    assert [part.done for part in parts] == sorted(part.done for part in parts)
    assert (parts[0].done, parts[-1].done, parts[-1].total) == (0, 4, 4)
    assert [result.record["steps"] for result in results] == [2, 2]


def test_pictures_that_share_a_network_load_it_once(pair: tuple[Path, Path], recipe: str, networks_loaded: list[str]) -> None:
    cells = grid.study(*pair, GridOptions(ratios="1e-3,1e-2", recipe=recipe), replace(SMALL, steps=1), ProgressReporter()).numbers["cells"]
    assert len(cells) == 10
    assert networks_loaded == ["vgg19"]


def test_how_long_it_takes_is_said_if_it_is_known(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    picture = load_picture(Image.open(pair[0]).resize((24, 18)))
    job = TransferSpec(picture, picture, {"activations": "raw", "content_layers": "relu1_1", "style_layers": "relu1_1"})
    for seconds, said in ((None, []), (10.0, ["20 s"]), (100.0, ["3 min"])):
        told: list[Any] = []
        monkeypatch.setattr("pincel.run.machine.Machine.seconds_for", lambda *_, known=seconds: known)
        transfer_all([job, job], TINY, ProgressReporter(told.append))
        notices = [event.text for event in told if isinstance(event, Notice)]
        assert [text.partition("steps, ")[2].partition(" at most")[0] for text in notices] == said


def test_the_terms_of_a_picture_are_those_of_evaluate(pair: tuple[Path, Path], tmp_path: Path) -> None:
    # What the study calls the loss after N steps is J of the deck: the same verb finds the same for the picture kept.
    settings = StudySettings(size=32, steps=3)
    photograph = load_input(pair[0], settings)
    job = reconstruct._content_spec(photograph, "relu2_1", "avg")
    (result,) = transfer_all([job], settings, ProgressReporter())
    path = tmp_path / "one.png"
    result.save(path)
    values = {**job.values, "size_of": "long"}
    found = evaluate(path, photograph, photograph, recipe="gatys2015", **values)
    assert found["terms"]["content"] == pytest.approx(result.record["saved"]["terms"]["content"])


def test_the_command_prints_its_figures_and_its_page(pair: tuple[Path, Path], capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "study"
    answer = pincel(capsys, "study", "reconstruct", *pair, "-o", out, "--backbone", "random-cnn-11", "--size", "24", "--steps", "2")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].split()[:3] == ["from", "steps", "J_content"]
    assert lines[1].split()[:2] == ["relu1_1", "2"]
    assert lines[-1] == str(out / "index.html")
    assert "relu1_1" in json.loads((out / "numbers.json").read_text())["numbers"]["content"][0]["errors"]
    quiet = pincel(
        capsys, "study", "reconstruct", *pair, "-o", out, "--backbone", "random-cnn-11", "--size", "24", "--steps", "1", "--quiet"
    )
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_mistakes_are_told_in_a_line(pair: tuple[Path, Path], capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "out"
    cases = {
        ("study", "pathces", "x", "-o", out): "There is no study 'pathces'",
        ("study", "depth", *pair, "-o", pair[0]): "study: its folder is a file",
        ("study", "depth", pair[0], tmp_path / "none.jpg", "-o", out): "STYLE: no such file",
        ("study", "depth", *pair, "-o", out, "--backbone", "vgg18"): "Did you mean 'vgg19'",
        ("study", "depth", *pair, "-o", out, "--layers", "relu9_1"): "relu9_1",
        ("study", "depth", *pair, "-o", out, "--size", "0"): "--size 0: a study takes pictures of",
        ("study", "depth", *pair, "-o", out, "--steps", "0"): "--steps",
        ("study", "depth", *pair, "-o", out, "--size", "8"): "nothing of it is left in relu5_1",
        ("study", "depth", *pair): "Missing option '-o'",
    }
    for arguments, text in cases.items():
        assert text in refused(pincel(capsys, *arguments))
    assert "Did you mean 'patches'?" in refused(pincel(capsys, "study", "pathces", "x", "-o", out))


def test_ctrl_c_ends_with_a_page(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "study"
    arguments = ("study", "reconstruct", *pair, "-o", out, "--backbone", "random-cnn-11", "--size", "48", "--steps", "100000")
    child = process(*arguments)
    assert child.stderr is not None
    for line in child.stderr:
        if line.startswith("painting"):
            break
    time.sleep(1)
    child.send_signal(signal.SIGINT)
    shown, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert shown.strip().endswith("index.html")
    assert "ended early: 1 of 2 pictures" in (out / "index.html").read_text()
