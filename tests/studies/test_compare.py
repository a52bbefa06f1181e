"""Two pictures compared: the figures are those of the formulas, the terms those of evaluate, a record what the run wrote."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from pincel.api.painting import evaluate, transfer
from pincel.cli.studies.declared import study_command
from pincel.errors import OptionError, PictureError, PictureMissingError, PictureSizeError, UnknownNameError
from pincel.functional.metrics import mean_difference, psnr, relative_error
from pincel.images.io import load_picture
from pincel.sources import Source
from pincel.studies.compare import LAYERS, ObjectiveInputs, study
from pincel.studies.declarations import CompareOptions
from pincel.studies.objective_terms import grouped_bars, loss_curves, weighted_term
from pincel.studies.progress import ProgressReporter
from pincel.studies.records import read_record
from pincel.studies.report import Paragraph, Plot, Report, Sheet, Slider, Table
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from tests.tensors import normal
from tests.tensors import picture as waves

QUICK = StudySettings(48, backbone="random-cnn-11", device="cpu")
SMALL = StudySettings(48, device="cpu")
NOTHING = ObjectiveInputs()


def compared(
    pictures: Sequence[Source],
    settings: StudySettings,
    progress: ProgressReporter,
    *,
    layers: str | None = None,
    inputs: ObjectiveInputs = NOTHING,
    record: Path | None = None,
) -> Report:
    content, written = (None if each is None else str(each) for each in (inputs.content, record))
    styles = tuple(f"{source}={weight}" for source, weight in inputs.styles)
    return study(pictures, CompareOptions(content, styles, inputs.recipe, written, layers), settings, progress)


def saved(path: Path, pixels: torch.Tensor) -> Path:
    Image.fromarray(pixels[0].permute(1, 2, 0).round().byte().numpy()).save(path)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return content, style and another of the same shape, and one of another shape."""
    folder = tmp_path_factory.mktemp("pictures")
    pixels = {"content": waves(36, 48), "style": waves(48, 40, seed=3), "other": waves(36, 48, seed=5), "tall": waves(48, 24)}
    return {name: saved(folder / f"{name}.png", each) for name, each in pixels.items()}


@pytest.fixture(scope="module")
def run(pictures: dict[str, Path]) -> Path:
    """Return the picture of a real run of two steps, its record beside it, in the folder of what it began with."""
    result = transfer(pictures["content"], pictures["style"], recipe="gatys2016", size=48, size_of="long", steps=2, device="cpu")
    return result.save(pictures["content"].with_name("painted.png"))


def draw(report: Report) -> None:
    """Draw every plot, in Spanish."""
    for block in report.blocks:
        if isinstance(block, Plot):
            block.draw(lambda message: message.text("es"))


def text(report: Report) -> str:
    return "\n".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


# The formulas


def test_psnr_by_hand() -> None:
    one = torch.tensor([0.0, 100.0, 200.0, 50.0])
    # Squares 0 + 100 + 0 + 300 over 4: 100; 20·log10(255/10).
    other = one + torch.tensor([0.0, 10.0, 0.0, math.sqrt(300)])
    assert psnr(one.double(), other.double()) == pytest.approx(20 * math.log10(25.5), rel=1e-6)
    assert psnr(one, one) == math.inf
    assert mean_difference(one, one + 3) == 3
    assert relative_error(torch.tensor([3.0, 4.0]), torch.tensor([3.0, 1.0])) == pytest.approx(3 / 5)
    assert relative_error(torch.zeros(2), torch.ones(2)) is None


# Two pictures


def test_a_picture_beside_itself_is_no_distance_away(pictures: dict[str, Path], tmp_path: Path) -> None:
    report = compared([pictures["content"], pictures["content"]], SMALL, ProgressReporter())
    for row in report.numbers["layers"]:
        assert (row["content"], row["style"], row["content_error"], row["style_error"]) == (0, 0, 0, 0)
    assert [row["layer"] for row in report.numbers["layers"]] == list(LAYERS)
    assert report.numbers["pixels"] == {"mean": 0, "psnr": math.inf, "most": 0}
    assert "the same, pixel for pixel" in text(report)
    assert report.notes == []
    write_report(report, tmp_path, "es")
    assert json.loads((tmp_path / "numbers.json").read_text())["numbers"]["pixels"]["psnr"] is None


def test_figures_are_those_of_numpy(pictures: dict[str, Path], tmp_path: Path) -> None:
    from pincel.studies.features import features, load_network

    report = compared([pictures["content"], pictures["other"]], QUICK, ProgressReporter())
    loaded = [load_picture(pictures[name]) for name in ("content", "other")]
    one, other = (features(load_network(QUICK), each, ["relu1_1"])["relu1_1"][0].double().flatten(1).numpy() for each in loaded)
    (row,) = report.numbers["layers"]
    assert row["content"] == pytest.approx(np.mean((one - other) ** 2))
    assert row["content_error"] == pytest.approx(np.linalg.norm(one - other) / np.linalg.norm(one))
    grams = [each @ each.T / each.shape[1] for each in (one, other)]
    assert row["style"] == pytest.approx(np.mean((grams[0] - grams[1]) ** 2) / 4)
    assert row["style_error"] == pytest.approx(np.linalg.norm(grams[0] - grams[1]) / np.linalg.norm(grams[0]))
    gray = [255 * each.pixels.double().numpy() for each in loaded]
    assert report.numbers["pixels"]["mean"] == pytest.approx(np.abs(gray[0] - gray[1]).mean())
    assert report.numbers["pixels"]["psnr"] == pytest.approx(10 * math.log10(255**2 / np.mean((gray[0] - gray[1]) ** 2)))
    (slider,) = (block for block in report.blocks if isinstance(block, Slider))
    assert slider.before.size == slider.after.size == (48, 36)
    assert np.array_equal(np.asarray(slider.before), np.asarray(Image.open(pictures["content"])))
    write_report(report, tmp_path, "en")
    (line,) = csv.DictReader((tmp_path / "distances.csv").read_text().splitlines())
    assert float(line["style"]) == row["style"]


def test_the_difference_is_bright_where_it_is(tmp_path: Path) -> None:
    pixels = waves(32, 32)
    changed = pixels.clone()
    changed[..., 4, 20] = 255 - changed[..., 4, 20]
    report = compared(
        [saved(tmp_path / "a.png", pixels), saved(tmp_path / "b.png", changed)],
        StudySettings(32, "random-cnn-11", device="cpu"),
        ProgressReporter(),
    )
    (sheet,) = (block for block in report.blocks if isinstance(block, Sheet))
    drawn = np.asarray(sheet.cells[0][1]).astype(int)
    assert drawn[4, 20].tolist() == [253, 231, 37]
    assert (drawn.reshape(-1, 3) != (68, 1, 84)).any(1).sum() == 1


def test_pictures_of_two_sizes_are_brought_to_one_and_it_is_said(pictures: dict[str, Path]) -> None:
    report = compared([pictures["content"], pictures["tall"]], QUICK, ProgressReporter(), layers="relu1_1")
    assert report.numbers["size"] == [48, 36]
    assert [note.text("en") for note in report.notes] == [
        "B was brought from 24×48 to the size of A, 48×36 pixels. It was stretched: the two have not the same shape."
    ]


def test_a_larger_copy_is_not_stretched(pictures: dict[str, Path], tmp_path: Path) -> None:
    larger = tmp_path / "larger.png"
    Image.open(pictures["content"]).resize((96, 72)).save(larger)
    report = compared([pictures["content"], larger], StudySettings(24, "random-cnn-11", device="cpu"), ProgressReporter())
    assert [note.text("en") for note in report.notes] == ["B was brought from 96×72 to the size of A, 24×18 pixels."]


def test_a_silent_layer_has_no_relative_error(tmp_path: Path) -> None:
    from pincel.studies.image_distance import _layer_figures, _layers_found

    zero, some = torch.zeros(1, 3, 2, 2), normal(1, 3, 2, 2)
    row = _layer_figures("relu1_1", zero.double(), some)
    assert row["content_error"] is None
    assert row["style_error"] is None
    assert "nothing to be relative to" in _layers_found([row]).text("en")


@pytest.mark.parametrize(
    ("content", "style", "sense"),
    [
        ((2.0, 3.0), (1.0, 1.5), "In every layer style"),
        ((1.0, 1.0), (2.0, 2.0), "In every layer content"),
        ((1.0, 3.0), (2.0, 2.0), "in b;"),
    ],
)
def test_the_sentence_follows_the_numbers(content: tuple[float, ...], style: tuple[float, ...], sense: str) -> None:
    from pincel.studies.image_distance import _layers_found

    rows = [
        {"layer": layer, "content": 1.0, "style": 1.0, "content_error": one, "style_error": other}
        for layer, one, other in zip("ab", content, style, strict=True)
    ]
    assert sense in _layers_found(rows).text("en")


# Judged by an objective


def test_terms_are_those_of_evaluate(pictures: dict[str, Path], tmp_path: Path) -> None:
    inputs = ObjectiveInputs(pictures["content"], [(pictures["style"], 1.0)], "gatys2016")
    report = compared([pictures["content"], pictures["other"]], SMALL, ProgressReporter(), inputs=inputs)
    rows = {row["term"]: row for row in report.numbers["terms"]}
    for key, name in (("first", "content"), ("second", "other")):
        expected = evaluate(
            pictures[name], pictures["content"], pictures["style"], recipe="gatys2016", device="cpu", size=48, size_of="long"
        )
        assert {term: row[key] for term, row in rows.items() if term != "total"} == pytest.approx(expected["terms"])
        assert {term: rows[term][f"{key}_weighted"] for term in expected["weighted"]} == pytest.approx(expected["weighted"])
        assert rows["total"][f"{key}_weighted"] == pytest.approx(expected["total"])
        layers = [value for term, value in expected["weighted"].items() if term.startswith("style:")]
        assert rows["style"][f"{key}_weighted"] == pytest.approx(sum(layers))
    assert rows["style"]["ratio"] == pytest.approx(rows["style"]["second"] / rows["style"]["first"])
    assert report.settings["recipe"] == "gatys2016"
    totals = rows["total"]
    lower = "A" if totals["first_weighted"] < totals["second_weighted"] else "B"
    assert f"{lower} has the lower total" in text(report)
    write_report(report, tmp_path, "es")
    assert len(list(csv.DictReader((tmp_path / "terms.csv").read_text().splitlines()))) == len(rows)


def test_a_picture_of_another_size_is_judged_at_the_size_asked_for(pictures: dict[str, Path], tmp_path: Path) -> None:
    # 3 × 4 in another size: within rounding it is made from this content.
    large = tmp_path / "large.png"
    Image.open(pictures["other"]).resize((97, 72)).save(large)
    inputs = ObjectiveInputs(pictures["content"], [(pictures["style"], 1.0)], "gatys2016")
    report = compared([large, large], SMALL, ProgressReporter(), inputs=inputs, layers="relu1_1")
    assert report.numbers["size"] == [48, 36]
    totals = report.numbers["terms"][-1]
    assert totals["first_weighted"] == totals["second_weighted"] > 0
    assert "Both have the same total" in text(report)


def test_a_picture_that_cannot_come_from_the_content_is_refused(pictures: dict[str, Path]) -> None:
    inputs = ObjectiveInputs(pictures["content"], [(pictures["style"], 1.0)])
    with pytest.raises(PictureSizeError, match=r"A has not the shape of the photograph.*24×48, and content.png is 48×36"):
        compared([pictures["tall"], pictures["content"]], SMALL, ProgressReporter(), inputs=inputs)


class Ended(ProgressReporter):
    """Asks for the end before pictures are judged."""

    def update(self, what: str, done: int, total: int) -> None:
        if what.startswith("judging"):
            self.stop("interrupted")


def test_ended_early_it_says_what_is_missing(pictures: dict[str, Path], run: Path) -> None:
    inputs = ObjectiveInputs(pictures["content"], [(pictures["style"], 1.0)])
    for report in (
        compared([pictures["content"], pictures["other"]], SMALL, Ended(), inputs=inputs, layers="relu1_1"),
        compared([run], SMALL, Ended(), record=run.with_suffix(".json"), layers="relu1_1"),
    ):
        assert "terms" not in report.numbers
        assert "layers" in report.numbers
        assert [note.text("en") for note in report.notes] == ["The study was ended early: the terms of J were not measured."]
        draw(report)


def test_what_does_not_go_together_is_refused(pictures: dict[str, Path], run: Path) -> None:
    a, record = pictures["content"], run.with_suffix(".json")
    styles = [(pictures["style"], 1.0)]
    cases: list[tuple[str, list[Path], ObjectiveInputs, Path | None]] = [
        ("number of pictures · given 1 ", [a], ObjectiveInputs(), None),
        ("number of pictures · given 3", [a] * 3, ObjectiveInputs(), None),
        ("number of pictures · given 2 .*one with --record", [a, a], ObjectiveInputs(), record),
        ("given --content alone", [a, a], ObjectiveInputs(a), None),
        ("given --style alone", [a, a], ObjectiveInputs(None, styles), None),
        ("given --recipe slides alone", [a, a], ObjectiveInputs(recipe="slides"), None),
        ("the record says which recipe it was", [run], ObjectiveInputs(recipe="slides"), record),
    ]
    for message, given, inputs, written in cases:
        with pytest.raises(OptionError, match=message):
            compared(given, QUICK, ProgressReporter(), inputs=inputs, record=written)
    with pytest.raises(UnknownNameError, match="gatys2016"):
        compared([a, a], QUICK, ProgressReporter(), inputs=ObjectiveInputs(a, styles, "gatys2061"))
    with pytest.raises(UnknownNameError, match="relu1_1"):
        compared([a, a], QUICK, ProgressReporter(), layers="relu1_9")
    with pytest.raises(PictureMissingError, match="picture B: no such file"):
        compared([a, a.with_name("gone.png")], QUICK, ProgressReporter())


# A run and its record


def test_a_real_record_is_read(pictures: dict[str, Path], run: Path) -> None:
    written = json.loads(run.with_suffix(".json").read_text())
    report = compared([run], SMALL, ProgressReporter(), record=run.with_suffix(".json"))
    rows = {row["term"]: row for row in report.numbers["terms"]}
    now = {term: row["now"] for term, row in rows.items() if term != "total"}
    assert now == pytest.approx(written["saved"]["terms"], rel=1e-4)
    assert {term: row["recorded"] for term, row in rows.items() if term != "total"} == written["saved"]["terms"]
    assert rows["total"]["start"] == written["losses"][0]["total"]
    assert "Record and picture agree" in text(report)
    losses = report.numbers["losses"]
    assert losses["total"] == [step["total"] for step in written["losses"]]
    assert losses["style"] == [written["recipe"]["style_weight"] * step["style"] for step in written["losses"]]
    (slider,) = (block for block in report.blocks if isinstance(block, Slider))
    assert np.array_equal(np.asarray(slider.before), np.asarray(Image.open(pictures["content"])))
    assert np.array_equal(np.asarray(slider.after), np.asarray(Image.open(run).convert("RGB")))
    (recipe,) = (block for block in report.blocks if isinstance(block, Table) and block.name == "recipe")
    assert {row["name"]: row["setting"] for row in recipe.rows} == {name: str(value) for name, value in written["recipe"].items()}
    assert {"losses", "terms", "distances"} == {block.name for block in report.blocks if isinstance(block, Plot)}
    draw(report)


def test_parts_of_the_objective_add_up_to_its_total(run: Path) -> None:
    _, losses = loss_curves(read_record(run.with_suffix(".json")))
    for step, total in enumerate(losses["total"]):
        assert losses["content"][step] + losses["style"][step] + losses["tv"][step] == pytest.approx(total)


def test_a_small_result_is_not_enlarged(run: Path) -> None:
    report = compared([run], StudySettings(200, "random-cnn-11", device="cpu"), ProgressReporter(), record=run.with_suffix(".json"))
    assert max(report.numbers["size"]) == 48


def test_a_picture_that_was_changed_does_not_agree(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "painted.png"
    Image.open(run).convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(other)
    report = compared([other], SMALL, ProgressReporter(), record=run.with_suffix(".json"), layers="relu1_1")
    assert "Record and picture do not agree" in text(report)


def moved(run: Path, folder: Path, change: Callable[[dict[str, Any]], object] = lambda _: None) -> tuple[Path, Path]:
    """Return copies of picture and record, far from what the run began with."""
    picture, record = folder / "moved.png", folder / "moved.json"
    picture.write_bytes(run.read_bytes())
    values = json.loads(run.with_suffix(".json").read_text())
    change(values)
    record.write_text(json.dumps(values))
    return picture, record


def test_inputs_are_found_again_by_name_and_hash(
    pictures: dict[str, Path], run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture, record = moved(run, tmp_path)
    with pytest.raises(PictureMissingError, match=r"content: not found again .* content.png with SHA-256 .* --content FILE"):
        compared([picture], SMALL, ProgressReporter(), record=record)
    (tmp_path / "content.png").write_bytes(pictures["content"].read_bytes())
    with pytest.raises(PictureMissingError, match=r"style: not found again .* --style FILE"):
        compared([picture], SMALL, ProgressReporter(), record=record)
    # Under another name it is the same picture.
    renamed = tmp_path / "renamed.png"
    renamed.write_bytes(pictures["style"].read_bytes())
    report = compared([picture], SMALL, ProgressReporter(), record=record, inputs=ObjectiveInputs(None, [(renamed, 1.0)]), layers="relu1_1")
    assert "Record and picture agree" in text(report)
    # Of the same name, it is another.
    (tmp_path / "content.png").write_bytes(pictures["other"].read_bytes())
    with pytest.raises(PictureError, match=r"content: not the picture the run began with, or changed since .* --content FILE"):
        compared([picture], SMALL, ProgressReporter(), record=record, inputs=ObjectiveInputs(None, [(renamed, 1.0)]))


def test_a_sample_is_found_wherever_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = transfer("sample:harbour", "sample:impasto", recipe="gatys2016", size=32, size_of="long", steps=1, device="cpu")
    picture = result.save(tmp_path / "p.png")
    report = compared([picture], SMALL, ProgressReporter(), record=picture.with_suffix(".json"), layers="relu1_1")
    assert report.numbers["size"] == [32, 24]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda values: values.pop("pincel"), "is not of pincel"),
        (lambda values: values.pop("losses"), "is not of a run: it has no losses"),
        (lambda values: values.update(recipe=[], size=3), "it has no recipe, size"),
        (lambda values: values["content"].pop("sha256"), "from which pictures"),
        (lambda values: values.update(styles=[]), "from which pictures"),
        (lambda values: values["styles"][0].pop("weight"), "how much each style counts"),
        (lambda values: values.update(size=[1, "2"]), "how large the picture is"),
        (lambda values: values["losses"][0].pop("total"), "steps without a total"),
        (lambda values: values["recipe"].update(steps="many"), "steps: cannot be that · given 'many'"),
    ],
)
def test_a_foreign_record_is_refused(run: Path, tmp_path: Path, damage: Callable[[dict[str, Any]], object], message: str) -> None:
    picture, record = moved(run, tmp_path, damage)
    with pytest.raises(OptionError, match=message) as caught:
        compared([picture], QUICK, ProgressReporter(), record=record)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b'{"pincel": "0.1', "is damaged"), (b"\xff\xfe\x00", "is no text"), (b"[1]", "not of pincel"), (None, "no such file")],
)
def test_a_damaged_record_is_refused(run: Path, tmp_path: Path, content: bytes | None, message: str) -> None:
    record = tmp_path / "record.json"
    if content is not None:
        record.write_bytes(content)
    with pytest.raises(OptionError, match=message):
        compared([run], QUICK, ProgressReporter(), record=record)


def test_the_record_of_another_picture_is_refused(run: Path, pictures: dict[str, Path]) -> None:
    with pytest.raises(PictureSizeError, match=r"record: is of another picture .* tall.png of 24×48 .* one of 48×36"):
        compared([pictures["tall"]], QUICK, ProgressReporter(), record=run.with_suffix(".json"))


def test_a_record_without_judgment_or_steps_is_read(run: Path, pictures: dict[str, Path], tmp_path: Path) -> None:
    picture, record = moved(run, tmp_path, lambda values: values.update(saved=None, losses=[]))
    inputs = ObjectiveInputs(pictures["content"], [(pictures["style"], 1.0)])
    report = compared([picture], SMALL, ProgressReporter(), record=record, inputs=inputs, layers="relu1_1")
    assert "judging it was interrupted" in text(report)
    assert report.numbers["losses"] == {}
    (table,) = (block for block in report.blocks if isinstance(block, Table) and block.name == "terms")
    assert "recorded" not in table.columns
    draw(report)


def test_how_the_total_fell_is_told_by_its_numbers(run: Path, tmp_path: Path) -> None:
    def losses(totals: list[float], contents: list[float], styles: list[float], size: tuple[int, int] = (48, 36)) -> list[dict[str, Any]]:
        return [{"size": list(size), "total": t, "content": c, "style": s} for t, c, s in zip(totals, contents, styles, strict=True)]

    def told(steps: list[dict[str, Any]]) -> str:
        _, record = moved(run, tmp_path, lambda values: values.update(losses=steps))
        blocks, _ = loss_curves(read_record(record))
        return "\n".join(block.text.text("en") for block in blocks if isinstance(block, Paragraph))

    # √(100·1) = 10 is reached at step 2.
    paid = told(losses([100, 20, 9, 1], [0, 1, 2, 3], [9, 5, 2, 1]))
    assert "from 100 down to 1, 100 times less, in 3 steps" in paid
    assert "after step 2" in paid
    assert "bought with content" in paid
    assert "both fell" in told(losses([100, 1], [5, 1], [9, 1]))
    assert "J_style did not fall" in told(losses([100, 1], [5, 1], [1, 1]))
    assert "did not fall below its first value, 7" in told(losses([7, 8], [1, 1], [1, 1]))
    ladder = told(losses([50, 5], [1, 1], [2, 1], (24, 18)) + losses([20, 2], [1, 1], [2, 1]))
    assert "coarse to fine (24×18, 48×36)" in ladder
    assert "from 20 down to 2" in ladder


# How it is drawn


def test_bars_stand_side_by_side_and_zeros_do_no_harm() -> None:
    figure = grouped_bars(["x", "y"], {"A": [1.0, 0.0], "B": [100.0, 1e-20]}, "J")
    (axes,) = figure.axes
    places = [(bar.get_x(), bar.get_width()) for bar in axes.patches]  # type: ignore[attr-defined]
    assert [round(x, 6) for x, _ in places] == [-0.4, 0.6, 0.0, 1.0]
    assert {round(width, 6) for _, width in places} == {0.4}
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] == pytest.approx(1e-7)
    assert grouped_bars(["x"], {"A": [0.0]}, "J").axes[0].get_yscale() == "linear"


def test_what_a_group_of_terms_adds() -> None:
    judged = {"weighted": {"style:a": 1.0, "style:b": 2.0, "styles": 9.0, "tv": 4.0}}
    assert (weighted_term(judged, "style"), weighted_term(judged, "tv"), weighted_term(judged, "style:b")) == (3, 4, 2)


# The command


def invoke(*arguments: str | Path) -> str:
    result = CliRunner().invoke(study_command("compare"), [str(each) for each in arguments])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_the_command_judges(pictures: dict[str, Path], tmp_path: Path) -> None:
    common: list[str | Path] = ["--size", "48", "--device", "cpu", "--layers", "relu1_1,relu2_1", "--lang", "es", "-o", tmp_path / "out"]
    style = f"{pictures['style']}=0.5"
    invoke(pictures["content"], pictures["other"], "--content", pictures["content"], "--style", style, "--recipe", "gatys2016", *common)
    told = json.loads((tmp_path / "out" / "numbers.json").read_text())
    assert told["settings"]["recipe"] == "gatys2016"
    assert told["settings"]["layers"] == ["relu1_1", "relu2_1"]
    assert {row["term"] for row in told["numbers"]["terms"]} >= {"content", "style", "total"}
    assert "Todos los términos de J" in (tmp_path / "out" / "index.html").read_text()


def test_the_command_reads_a_record(run: Path, tmp_path: Path) -> None:
    invoke(run, "--record", run.with_suffix(".json"), "-o", tmp_path / "out", "--device", "cpu", "--layers", "relu1_1", "--quiet")
    assert (tmp_path / "out" / "losses.svg").is_file()
    assert (tmp_path / "out" / "recipe.csv").is_file()


def test_the_command_overwrites_no_input(run: Path, tmp_path: Path) -> None:
    # The page is checked before any work is done; the record is an input like any other.
    result = CliRunner().invoke(
        study_command("compare"), [str(run), "--record", str(run.with_suffix(".json")), "-o", str(run.with_suffix(".json"))]
    )
    assert "its folder is a file" in str(result.exception)
