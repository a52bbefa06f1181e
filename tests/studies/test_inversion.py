"""The study of inversion: its errors by hand, what it reads, what it says of the numbers, and what it does without weights or time."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pincel.backbones import BACKBONES
from pincel.backbones.vgg import load_vgg
from pincel.engine.events import Notice, SetupProgress
from pincel.errors import OptionError, PictureError, UnknownNameError, WeightsError
from pincel.inversion.run import InversionRun, resolve_inversion
from pincel.studies.declarations import InversionOptions
from pincel.studies.inversion import study
from pincel.studies.inversion_baseline import baseline_finding as of_baseline
from pincel.studies.inversion_baseline import roughness
from pincel.studies.inversion_errors import code_distances
from pincel.studies.inversion_findings import findings
from pincel.studies.inversion_halves import colorful, halves_finding
from pincel.studies.inversion_invariance import deviation
from pincel.studies.inversion_invariance import invariance_finding as of_invariance
from pincel.studies.inversion_locality import determined_mask, window_field
from pincel.studies.inversion_locality import locality_finding as of_locality
from pincel.studies.inversion_options import read_experiments, read_lambdas, read_representations
from pincel.studies.inversion_plan import InversionPlan, make_plan
from pincel.studies.inversion_runs import RebuildSpec, cost, rebuild_all
from pincel.studies.inversion_table import summarize
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Report, Sheet, Table
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from tests.cli.run import pincel, refused

Capture = pytest.CaptureFixture[str]
TINY = StudySettings(size=32, steps=3, backbone="random-cnn-11")
VGG = StudySettings(size=40, steps=1)
MISSING = "vgg19-torchvision:relu1_1"


@pytest.fixture(scope="module")
def shots(photographs: list[Path]) -> list[str]:
    return [str(path) for path in photographs[:3]]


@pytest.fixture(scope="module")
def whole(shots: list[str]) -> Report:
    """Return all experiments with two photographs of different shapes, one layer and two descriptors."""
    return study(shots[:2], InversionOptions("relu1_1,hog,hogb", lambdas="0.5,5", repeats=3), TINY, ProgressReporter())


def tables(report: Report) -> dict[str, Table]:
    return {block.name: block for block in report.blocks if isinstance(block, Table)}


def sheets(report: Report) -> dict[str, Sheet]:
    return {block.name: block for block in report.blocks if isinstance(block, Sheet)}


def said(report: Report) -> str:
    return " ".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


# Errors


def test_both_published_errors_by_hand() -> None:
    # Three codes: distances 5, 3 and 4. All nine pairs: 2·(25 + 9 + 16)/9.
    codes = code_distances([torch.tensor([3.0, 4.0]), torch.tensor([0.0, 0.0]), torch.tensor([3.0, 0.0])])
    assert codes.lengths == (25.0, 0.0, 9.0)
    assert codes.square == pytest.approx(100 / 9)
    assert codes.distance == pytest.approx((5 + 4 + 3) / 3)
    # A run of the first with relative error 0.04 is off by a squared distance of 1.
    assert codes.by_code(0.04, 0) == pytest.approx(9 / 100)
    assert codes.by_text(0.04, 0) == pytest.approx(1 / 4)


@given(st.integers(2, 5), st.integers(0, 99))
def test_distances_between_codes_are_those_of_plain_loops(count: int, seed: int) -> None:
    codes = list(torch.randn(count, 2, 3, 3, generator=torch.Generator().manual_seed(seed)))
    found = code_distances(codes)
    squares = [[sum(((a - b) ** 2).double().flatten().tolist()) for b in codes] for a in codes]
    assert found.square == pytest.approx(sum(map(sum, squares)) / count**2, rel=1e-5)
    apart = [math.sqrt(squares[i][j]) for i in range(count) for j in range(count) if i < j]
    assert found.distance == pytest.approx(sum(apart) / len(apart), rel=1e-5)


def test_one_photograph_or_twins_have_no_published_error() -> None:
    code = torch.ones(4)
    for codes in ([code], [code, code]):
        assert code_distances(codes).by_code(0.5, 0) is None
        assert code_distances(codes).by_text(0.5, 0) is None


def test_means_and_deviations_over_photographs() -> None:
    common = {"representation": "hog", "lambda": 5.0, "saved": 0.0, "root": 0.0, "by_text": None}
    rows = summarize([{**common, "error": 0.1, "by_code": 1.0}, {**common, "error": 0.3, "by_code": 3.0}])
    (row,) = rows
    assert (row["error"], row["error_deviation"], row["photographs"]) == (pytest.approx(0.2), pytest.approx(0.02**0.5), 2)
    assert (row["by_code"], row["by_text"], row["by_text_deviation"]) == (2.0, None, None)
    assert summarize([{**common, "error": 7.0, "by_code": 7.0}])[0]["error_deviation"] is None


# What is read


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("relu3_1", ["vgg19:relu3_1"]),
        ("hog, dsift,hog", ["hog", "dsift"]),
        ("hog*", ["hog", "hogb"]),
        ("relu*_1", [f"vgg19:relu{n}_1" for n in range(1, 6)]),
        ("vgg19:relu[12]_1,random-cnn-11:relu?_1", ["vgg19:relu1_1", "vgg19:relu2_1", "random-cnn-11:relu1_1"]),
    ],
)
def test_representations_are_read(text: str, names: list[str]) -> None:
    assert list(read_representations(text, VGG)) == names


def test_default_representations_are_those_the_network_has() -> None:
    assert read_representations(None, VGG) == (*(f"vgg19:relu{n}_1" for n in range(1, 6)), "hog", "hogb", "dsift")
    assert read_representations(None, TINY)[0] == "random-cnn-11:relu1_1"
    alexnet = read_representations(None, StudySettings(size=32, backbone="alexnet"))
    assert alexnet[0] == "alexnet:relu1"
    assert len(alexnet) == 3 + sum(layer.kind == "relu" for layer in BACKBONES["alexnet"].layers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "--representations takes names with commas between"),
        ("relu3-1", "Unknown layer of backbone vgg19 'relu3-1'.*Did you mean 'relu3_1'"),
        ("hgo", "Unknown representation 'hgo'.*Did you mean 'hog'"),
        ("vgg19", "names no layer: write vgg19:"),
        ("vgg18:relu1_1", "Unknown representation 'vgg18:relu1_1'.*Did you mean"),
        ("vgg19:relu9*", "Unknown layer of backbone vgg19 'relu9\\*'"),
        ("x*", "Unknown layer of backbone vgg19 'x\\*'"),
    ],
)
def test_representations_that_are_none_are_refused(text: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        read_representations(text, VGG)


def test_weights_of_the_total_variation_are_read() -> None:
    of_2015, of_2016 = (resolve_inversion(name, {}) for name in ("mahendran2015", "mahendran2016"))
    assert read_lambdas("50,0.5,5,5", of_2015) == (0.5, 5.0, 50.0)
    assert read_lambdas(None, of_2015) == (0.5, 5.0, 50.0)
    # Total variation over an area has another unit: the recipe's own weight is in the middle.
    assert read_lambdas(None, of_2016) == pytest.approx([(6.5 / 80) ** 2 * times for times in (0.1, 1, 10)])
    for bad in ("", "a", "-1", "nan", "1,inf", "1,,2"):
        with pytest.raises(OptionError, match="--lambdas takes numbers of 0 or more"):
            read_lambdas(bad, of_2015)


def test_experiments_and_repeats_are_checked() -> None:
    assert read_experiments("baseline,table") == ("table", "baseline")
    with pytest.raises(UnknownNameError, match=r"Unknown experiment 'lokality'.*Did you mean 'locality'"):
        read_experiments("lokality")
    with pytest.raises(OptionError, match="--experiments takes names"):
        read_experiments(" ,")
    with pytest.raises(OptionError, match=r"repeats: so many starts cannot be compared · given 1 · accepted: 2 to 16"):
        InversionOptions(repeats=1)


# The whole study


def test_the_table_holds_the_errors_of_the_same_runs(whole: Report, shots: list[str]) -> None:
    runs = whole.numbers["table"]["runs"]
    assert len(runs) == 2 * 3 * 2
    # The photographs have different shapes: both are cropped.
    assert any("cropped to a square" in note.text("en") for note in whole.notes)
    assert whole.settings["fit"] == "crop"
    alone = [InversionRun(shot, "hogb", recipe="mahendran2015", size=32, steps=3, fit="crop", tv_weight=5.0) for shot in shots[:2]]
    codes = [run.representation.code(255 * run.picture.pixels).double() for run in alone]
    between = float((codes[0] - codes[1]).square().sum())
    for number, run in enumerate(alone):
        list(run)
        (row,) = [each for each in runs if (each["representation"], each["lambda"], each["number"]) == ("hogb", 5.0, number)]
        away = run.result.record["relative_error"] * float(codes[number].square().sum())
        assert row["error"] == pytest.approx(run.result.record["relative_error"])
        assert row["root"] == pytest.approx(row["error"] ** 0.5)
        assert row["by_code"] == pytest.approx(away / (between / 2), rel=1e-4)
        assert row["by_text"] == pytest.approx((away / between) ** 0.5, rel=1e-4)


def test_sheets_have_a_row_for_each_representation(whole: Report) -> None:
    found = sheets(whole)
    assert {name: (len(sheet.cells), sheet.columns) for name, sheet in found.items()} == {
        "table": (9, 3),
        "invariance": (5, 5),
        "locality": (4, 4),
        "halves": (3, 3),
        "baseline": (6, 4),
    }
    assert list(tables(whole)) == ["table", "errors", "invariance", "locality", "baseline"]


def test_both_languages_are_written(whole: Report, tmp_path: Path) -> None:
    for language, words in (("en", "What the code leaves free"), ("es", "Lo que el código deja libre")):
        write_report(whole, tmp_path / language, language)  # type: ignore[arg-type]
        page = (tmp_path / language / "index.html").read_text()
        assert words in page
        assert "{" not in said(whole)
    rows = list(csv.DictReader((tmp_path / "en" / "errors.csv").read_text().splitlines()))
    kept = json.loads((tmp_path / "en" / "numbers.json").read_text())["numbers"]["table"]["rows"]
    assert [float(row["error"]) for row in rows] == pytest.approx([100 * row["error"] for row in kept])


def test_one_photograph_keeps_its_shape_and_has_no_published_errors(shots: list[str]) -> None:
    report = study(shots[:1], InversionOptions("hogb", experiments="table"), TINY, ProgressReporter())
    assert report.settings["fit"] == "keep"
    assert "two photographs or more" in said(report)
    assert "by_code" not in tables(report)["errors"].columns
    assert report.numbers["table"]["runs"][0]["by_code"] is None


def test_recipes_of_another_unit_run_too(shots: list[str]) -> None:
    report = study(shots[:1], InversionOptions("hogb", recipe="mahendran2016", experiments="table,baseline"), TINY, ProgressReporter())
    assert report.settings["lambdas"][1] == pytest.approx((6.5 / 80) ** 2)
    assert len(report.numbers["baseline"]) == 1


def test_missing_weights_leave_a_representation_out_with_a_note(shots: list[str]) -> None:
    other = MISSING.replace("relu1_1", "relu2_1")
    report = study(shots[:1], InversionOptions(f"{MISSING},relu1_1,{other}", experiments="table", lambdas="5"), TINY, ProgressReporter())
    assert report.settings["representations"] == ["random-cnn-11:relu1_1"]
    (note,) = report.notes
    assert note.text("en").startswith(f"Left out: {MISSING}, {other}. The weights")
    assert "download" in note.text("en")
    with pytest.raises(WeightsError, match="download"):
        study(shots[:1], InversionOptions(MISSING), TINY, ProgressReporter())


def test_pictures_too_small_leave_a_representation_out(shots: list[str]) -> None:
    asked = InversionOptions("dsift,hogb", experiments="table", lambdas="5")
    report = study(shots[:1], asked, StudySettings(size=24, steps=1, backbone="random-cnn-11"), ProgressReporter())
    assert report.settings["representations"] == ["hogb"]
    assert "sees nothing in one with a side below 27" in report.notes[0].text("en")
    with pytest.raises(PictureError, match="sees nothing"):
        study(shots[:1], InversionOptions("dsift"), StudySettings(size=24, steps=1), ProgressReporter())


def test_a_code_of_nothing_is_left_out(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32), (128, 128, 128)).save(tmp_path / "flat.png")
    with pytest.raises(OptionError, match=r"dsift: its code is zero all over · given flat\.png"):
        study([str(tmp_path / "flat.png")], InversionOptions("dsift"), TINY, ProgressReporter())


def test_pictures_that_cannot_be_read_are_left_out_and_copies_too(shots: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(Path(shots[0]).read_bytes())
    (tmp_path / "b.png").write_bytes(b"no picture")
    made = make_plan([str(tmp_path), shots[0]], InversionOptions("hogb"), TINY, ProgressReporter())
    assert len(made.photographs) == 1
    assert "b.png" in made.notes[0].text("en")
    with pytest.raises(PictureError):
        make_plan([str(tmp_path / "b.png")], InversionOptions("hogb"), TINY, ProgressReporter())


def test_only_layers_of_one_network_are_shallow_and_deep(shots: list[str]) -> None:
    made = make_plan(shots[:1], InversionOptions("random-cnn-11:relu1_1,hog,vgg19:relu1_1"), VGG, ProgressReporter())
    assert (made.networks, made.layer_series) == (("random-cnn-11:relu1_1", "vgg19:relu1_1"), ("random-cnn-11:relu1_1",))
    assert made.short("vgg19:relu1_1") == "vgg19:relu1_1"
    turned = make_plan(shots[:1], InversionOptions("relu2_1,relu1_1"), VGG, ProgressReporter())
    assert turned.layer_series == ("vgg19:relu1_1", "vgg19:relu2_1")
    assert turned.short("vgg19:relu1_1") == "relu1_1"
    # Among descriptors none is deeper: each is told by itself.
    report = study(shots[:1], InversionOptions("hog,hogb", experiments="invariance", repeats=2), TINY, ProgressReporter())
    assert "deeper" not in said(report)
    assert "From hogb, pictures differ by" in said(report)


def test_the_same_run_is_made_once(shots: list[str]) -> None:
    made = make_plan(shots[:1], InversionOptions("hogb"), TINY, ProgressReporter())
    told: list[Any] = []
    job = RebuildSpec("hogb", 0.5)
    done = rebuild_all([job, RebuildSpec("hogb", 5.0), job], made, ProgressReporter(told.append))
    assert list(done.found) == [job, RebuildSpec("hogb", 5.0)]
    parts = [event for event in told if isinstance(event, SetupProgress)]
    assert [part.done for part in parts] == sorted(part.done for part in parts)
    assert (parts[0].done, parts[-1].done, parts[-1].total) == (0, 1000, 1000)
    assert "rebuilding 2 pictures" in parts[0].what


def test_a_run_of_nothing_is_left_out(shots: list[str], tmp_path: Path) -> None:
    # Gray but for the left: the middle answers nothing.
    picture = Image.new("RGB", (96, 96), (128, 128, 128))
    picture.paste((0, 0, 0), (0, 0, 8, 48))
    picture.save(tmp_path / "corner.png")
    made = make_plan(
        [str(tmp_path / "corner.png")],
        InversionOptions("hogb"),
        StudySettings(size=96, steps=1, backbone="random-cnn-11"),
        ProgressReporter(),
    )
    told: list[Any] = []
    done = rebuild_all([RebuildSpec("hogb", 5.0, neurons="2x2"), RebuildSpec("hogb", 5.0)], made, ProgressReporter(told.append))
    assert list(done.found) == [RebuildSpec("hogb", 5.0)]
    assert "zero in all that counts" in done.notes[0].text("en")
    assert any(isinstance(event, Notice) and "zero in all that counts" in event.text for event in told)


def test_work_grows_with_depth_steps_and_starts(shots: list[str]) -> None:
    made = make_plan(shots[:1], InversionOptions("relu1_1,relu2_1,hog"), VGG, ProgressReporter())
    shallow, deep, hog = (cost(RebuildSpec(name, 5.0), made) for name in ("vgg19:relu1_1", "vgg19:relu2_1", "hog"))
    assert hog < shallow < deep
    assert cost(RebuildSpec("hog", 5.0, repeats=4), made) == 4 * hog
    # conv1_1 alone: 3·3·3·64 products a pixel.
    assert shallow - hog == made.settings.steps * 27 * 64 * made.size[0] * made.size[1]


def ended(after: int) -> ProgressReporter:
    """Return a watch that asks for the end once a share of the work is told, in thousandths."""

    def hear(event: Any) -> None:
        if isinstance(event, SetupProgress) and event.what.startswith("rebuilding") and event.done >= after:
            progress.stop("interrupted")

    progress = ProgressReporter(hear)
    return progress


@pytest.mark.parametrize("after", [0, 1, 300, 700])
def test_a_study_that_is_ended_early_writes_what_is_finished(after: int, shots: list[str], tmp_path: Path) -> None:
    report = study(shots[:2], InversionOptions("relu1_1,hogb", lambdas="0.5,5", repeats=2), TINY, ended(after))
    assert "ended early" in report.notes[-1].text("en")
    if not after:
        assert "0 of" in report.notes[-1].text("en")
    write_report(report, tmp_path, "es")
    assert "antes de tiempo" in (tmp_path / "index.html").read_text()


def test_an_end_asked_for_at_once_leaves_a_page(shots: list[str], tmp_path: Path) -> None:
    progress = ProgressReporter()
    progress.stop("interrupted")
    write_report(study(shots[:1], InversionOptions(), TINY, progress), tmp_path, "en")
    assert "ended early: 0 of" in (tmp_path / "index.html").read_text()


# What is measured


def test_deviation_is_that_of_plain_loops() -> None:
    pictures = torch.rand(4, 3, 2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = deviation(pictures)
    for row in range(2):
        for column in range(3):
            values = (255 * pictures[:, :, row, column]).tolist()
            means = [sum(value[c] for value in values) / 4 for c in range(3)]
            square = sum((value[c] - means[c]) ** 2 for value in values for c in range(3)) / 12
            assert float(found[row, column]) == pytest.approx(square**0.5)


@pytest.mark.parametrize("layer", ["relu1_1", "relu2_1", "relu3_1"])
def test_the_field_of_5x5_neurons_is_where_their_gradient_is(layer: str, shots: list[str]) -> None:
    made = make_plan(shots[:1], InversionOptions(layer, experiments="locality"), StudySettings(size=64, steps=1), ProgressReporter())
    box = window_field(made, f"vgg19:{layer}")
    backbone = load_vgg(BACKBONES["vgg19"], pooling="avg")
    pixels = torch.rand(1, 3, *made.size, requires_grad=True)
    # Convolutions before the ReLU see the same and let everything through.
    answer = backbone.features(255 * pixels, [layer.replace("relu", "conv")]).popitem()[1]
    height, width = answer.shape[-2:]
    # The paper's place, counted from 0.
    top, left = (math.ceil((side - 5 + 1) / 2) - 1 for side in (height, width))
    (slope,) = torch.autograd.grad(answer[..., top : top + 5, left : left + 5].square().sum(), pixels)
    rows, columns = (slope[0].abs().sum((0, axis)).nonzero().flatten() for axis in (2, 1))
    seen = box.clipped(*made.size)
    assert (int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1) == (seen.top, seen.bottom, seen.left, seen.right)


def test_what_is_determined_is_seen_and_the_same_from_each_start() -> None:
    middle = torch.tensor([100.0, 100.0, 100.0])
    pictures = torch.full((2, 3, 30, 40), 100 / 255)
    pictures[:, :, 0:10, 0:10] = 0.9  # both show it
    pictures[0, :, 15:25, 0:10] = 1.0  # they contradict each other
    pictures[1, :, 15:25, 0:10] = 0.0
    pictures[:, :, 0:10, 30:40] = 104 / 255  # hardly anything is there
    kept = determined_mask(pictures, middle)
    assert kept[:10, :10].all()
    assert not kept[15:25, :10].any()
    assert not kept[:10, 30:].any()
    assert not kept[14:, 14:].any()


def test_roughness_by_hand() -> None:
    # Steps of 1 and 2 to the right, in each of three rows but for those downwards, which are 0.
    photograph = torch.tensor([[0.0, 0.1]]).expand(1, 3, 2, 2)
    picture = torch.tensor([[0.0, 0.2]]).expand(1, 3, 2, 2)
    assert roughness(picture, photograph) == pytest.approx(4)
    assert roughness(picture, torch.zeros(1, 3, 2, 2)) == math.inf


def test_color_is_the_distance_from_gray() -> None:
    assert colorful(torch.full((3, 2, 2), 0.3)) == 0
    assert colorful(torch.tensor([0.3, 0.0, 0.0]).view(3, 1, 1)) == pytest.approx(255 * ((0.2**2 + 2 * 0.1**2) / 3) ** 0.5)


# What is said


@pytest.fixture(scope="module")
def planned(shots: list[str]) -> InversionPlan:
    return make_plan(shots[:1], InversionOptions("relu1_1,hog,hogb"), TINY, ProgressReporter())


def made_up(of: Callable[[str, float], float], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{"representation": n, "lambda": w, "number": 0, "error": of(n, w), "by_code": None} for n in names for w in (0.5, 5.0, 50.0)]


@pytest.mark.parametrize(
    ("errors", "parts"),
    [
        ({"hog": 0.1, "hogb": 0.05}, ["exceeds 20 %”, the paper says. Here it does in 0 of 6", "holds here", "3 of 3", "as in the paper"]),
        ({"hog": 0.1, "hogb": 0.3}, ["in 3 of 6 runs (50%), and in 1 of 2", "not borne out", "in 0 of 3", "found the opposite"]),
    ],
)
def test_sentences_about_errors_follow_the_numbers(errors: dict[str, float], parts: list[str], planned: InversionPlan) -> None:
    text = " ".join(each.text("en") for each in findings(planned, made_up(lambda name, _: errors[name], list(errors))))
    assert all(part in text for part in parts), text


def test_what_smoothing_costs_follows_the_numbers(planned: InversionPlan) -> None:
    growing = findings(planned, made_up(lambda name, weight: weight / 1000, ["hog", "hogb"]))[-1].text("en")
    assert "the error grows for 2 of 2" in growing
    falling = findings(planned, made_up(lambda name, weight: 1 / weight, ["hog", "hogb"]))[-1].text("en")
    assert "the error grows for none of 2" in falling


@pytest.mark.parametrize(
    ("deep", "begins"),
    [
        ((20.0, 0.1), "So the deeper pictures are freer while their code matches"),
        ((20.0, 0.5), "The deeper pictures differ more, but their codes do not match"),
        ((2.0, 0.1), "So on this photograph the deeper layer does not leave more free, and its code matches"),
        ((2.0, 0.5), "So on this photograph the deeper layer does not leave more free, but its code"),
    ],
)
def test_what_is_said_of_invariance_follows_the_numbers(deep: tuple[float, float], begins: str) -> None:
    rows = [{"layer": "a", "deviation": 5.0, "error": 0.05}, {"layer": "b", "deviation": deep[0], "error": deep[1]}]
    assert begins in of_invariance(rows).text("en")


@pytest.mark.parametrize(
    ("within", "determined_", "parts"),
    [
        ((0.9, 0.3), (0.1, 0.4), ["determine more of the picture", "In 1 of 2 layers neurons determine less than half"]),
        ((0.9, 0.6), (0.4, 0.1), ["do not determine more", "In every layer they determine half of it or more"]),
    ],
)
def test_what_is_said_of_locality_follows_the_numbers(
    within: tuple[float, float], determined_: tuple[float, float], parts: list[str]
) -> None:
    rows = [{"layer": name, "field": 0.5, "within": w, "determined": d} for name, w, d in zip("ab", within, determined_, strict=True)]
    assert all(part in of_locality(rows).text("en") for part in parts)


@pytest.mark.parametrize(
    ("plain", "begins"),
    [
        ((0.01, 9.0), "So a better match is no better picture"),
        ((0.5, 9.0), "So leaving them out makes pictures rougher"),
        ((0.01, 0.1), "So here regularizers cost accuracy"),
        ((0.5, 0.1), "So here regularizers make little difference"),
    ],
)
def test_what_is_said_of_the_baseline_follows_the_numbers(plain: tuple[float, float], begins: str) -> None:
    row = {"error": 0.1, "roughness": 1.0, "plain_error": plain[0], "plain_roughness": plain[1]}
    assert begins in of_baseline([row, row, row]).text("en")


def test_what_is_said_of_halves_follows_the_numbers() -> None:
    def parts(first: float, last: float) -> list[dict[str, Any]]:
        return [{"layer": "relu1", "half": half, "color": color} for half, color in (("first-half", first), ("last-half", last))]

    assert "one half keeps more of the colors in relu1" in halves_finding(parts(2, 20), 22.0).text("en")
    assert "neither half has the colors to itself" in halves_finding(parts(18, 20), 22.0).text("en")


# The command


def test_the_command_prints_its_figures_and_its_page(shots: list[str], capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "study"
    options = ("--backbone", "random-cnn-11", "--size", "32", "--steps", "2", "--representations", "relu1_1,hogb", "--repeats", "2")
    answer = pincel(capsys, "study", "inversion", shots[0], "-o", out, *options)
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert lines[0].split() == ["representation", "λ", "=", "0.5", "λ", "=", "5", "λ", "=", "50"]
    assert [line.split()[0] for line in lines[1:3]] == ["relu1_1", "hogb"]
    assert lines[-1] == str(out / "index.html")


def test_mistakes_are_told_in_a_line(shots: list[str], capsys: Capture, tmp_path: Path) -> None:
    cases = {
        ("--representations", "hgo"): "Did you mean 'hog'",
        ("--recipe", "mahendran2017"): "Did you mean 'mahendran201",
        ("--lambdas", "much"): "--lambdas takes numbers",
        ("--experiments", "tabel"): "Did you mean 'table'",
        ("--repeats", "99"): "accepted: 2 to 16",
        ("--size", "0"): "--size 0: a study takes pictures of",
    }
    for options, text in cases.items():
        assert text in refused(pincel(capsys, "study", "inversion", shots[0], "-o", tmp_path / "out", *options))
    missing = pincel(capsys, "study", "inversion", shots[0], "-o", tmp_path / "out", "--representations", MISSING)
    assert (missing.code, missing.out) == (2, "")
    assert "download" in missing.err.splitlines()[-1]
    assert "no such file" in refused(pincel(capsys, "study", "inversion", tmp_path / "none.jpg", "-o", tmp_path / "out"))
