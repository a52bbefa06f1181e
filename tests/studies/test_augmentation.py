"""The study of augmentation: what is drawn is what training draws, components by hand, and the expectation that a factor keeps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pincel.classify.augment import CropTransform, random_crop
from pincel.classify.statistics import Statistics
from pincel.errors import OptionError
from pincel.studies.augmentation import CROP, MANY, SIDE, drawn_crop, picture_statistics, study
from pincel.studies.augmentation_page import Dropout, expectation, framed_square, rate_drops, units_image
from pincel.studies.declarations import AugmentationOptions
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Heading, Paragraph, Plot, Report, Sheet
from pincel.studies.settings import StudySettings

SMALL = StudySettings(size=48)


@pytest.fixture(scope="module")
def report() -> Report:
    return study("sample:harbour", AugmentationOptions(draws=3), SMALL, ProgressReporter())


def test_a_crop_is_the_one_that_training_takes() -> None:
    square = torch.arange(3 * 40 * 40).remainder(251).view(3, 40, 40).to(torch.uint8)
    own = picture_statistics(square)
    transform = CropTransform(32, Statistics(torch.zeros_like(own.mean), own.directions, own.variances), 0.1, 1.0, 3)
    for index in range(6):
        crop = drawn_crop(transform, square, index)
        torch.testing.assert_close(crop.pixels + crop.noise[:, None, None], random_crop(transform, square, 0, index)[0])
    framed = framed_square(square, [crop])
    top, left = crop.corner
    # The lower right corner of the first frame, in the first color.
    assert framed.getpixel((left + 31, top + 31)) == (0x00, 0x72, 0xB2)


def test_components_of_a_picture_of_two_colors() -> None:
    square = torch.zeros(3, 2, 2, dtype=torch.uint8)
    square[0, 0] = 255
    own = picture_statistics(square)
    # Half of the pixels are red, half black: only red varies, by ½ to either side.
    torch.testing.assert_close(own.variances, torch.tensor([0.25, 0, 0], dtype=torch.float64))
    torch.testing.assert_close(own.directions[:, 0], torch.tensor([1.0, 0, 0], dtype=torch.float64))


def test_numbers_of_the_page(report: Report) -> None:
    crops = report.numbers["crops"]
    assert (crops["side"], crops["crop"], crops["places"], crops["count"]) == (SIDE, CROP, 33, 2178)
    assert len(crops["drawn"]) == 3
    assert all(0 <= each["top"] <= 32 and 0 <= each["left"] <= 32 for each in crops["drawn"])
    components = report.numbers["components"]
    assert sum(row["share"] for row in components) == pytest.approx(1)
    for row in components:
        assert row["noise"] == pytest.approx(25.5 * row["variance"])
        assert row["red"] ** 2 + row["green"] ** 2 + row["blue"] ** 2 == pytest.approx(1)
    dropout = report.numbers["dropout"]
    assert (dropout["units"], dropout["draws"], len(dropout["off"])) == (256, MANY, 3)
    # Of 256 coins: 4 standard deviations are 32.
    assert all(abs(off - 128) < 32 for off in dropout["off"])
    # The mean of so many draws is known to a thirtieth of their deviation.
    assert abs(dropout["mean"] - dropout["scaled"]) < 4 * dropout["spread"] / MANY**0.5
    assert dropout["before_relu"] < 0.1 < dropout["unscaled"]
    assert dropout["before_relu"] < dropout["after_relu"]


def test_the_factor_keeps_the_mean_over_all_draws_there_are() -> None:
    kept = torch.tensor([[place >> unit & 1 for unit in range(3)] for place in range(8)]).bool()
    weight, bias = torch.tensor([[1.0, -2.0, 4.0], [0.5, 0.5, 0.5]]), torch.tensor([0.25, -1.0])
    layer = Dropout(torch.tensor([2.0, 1.0, 3.0]), kept, weight, bias, 0.5, "relu6", "relu7", 2)
    torch.testing.assert_close(layer.sums.mean(0), layer.after_training(0.5))
    found = expectation(layer)
    assert (found["unit"], found["scaled"], found["plain"]) == (0, 6.25, 12.25)
    assert found["mean"] == pytest.approx(6.25)
    assert found["before_relu"] == pytest.approx(0, abs=1e-6)
    assert found["after_relu"] > 0
    assert found["off"] == [3, 2]


def test_units_that_are_off_are_crossed_out() -> None:
    image = units_image(torch.tensor([0.0, 2.0, 4.0]), torch.tensor([True, True, False]))
    assert [image.getpixel((14 * place + 2, 7)) for place in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]
    assert image.getpixel((14 * 2 + 7, 7)) == (0xD5, 0x5E, 0x00)


def test_a_training_is_drawn_with_the_drops_of_its_rate(tmp_path: Path) -> None:
    rates, errors = [0.01, 0.01, 0.001, 0.001, 0.0001], [0.9, 0.8, 0.5, 0.6, 0.4]
    history = [
        {"epoch": epoch, "rate": rate, "train_top1_error": error, "val_top1_error": error}
        for epoch, (rate, error) in enumerate(zip(rates, errors, strict=True), 1)
    ]
    assert [(row["first"], row["last"], row["error"]) for row in rate_drops(history)] == [(1, 2, 80), (3, 4, 50), (5, 5, 40)]
    (tmp_path / "record.json").write_text(json.dumps({"history": history}))
    report = study("sample:harbour", AugmentationOptions(draws=1, training=str(tmp_path)), SMALL, ProgressReporter())
    assert len(report.numbers["drops"]) == 3
    assert "La tasa baja" in [block.text.text("es") for block in report.blocks if isinstance(block, Heading)]
    figures = {block.name: block.draw(lambda text: text.text("es")) for block in report.blocks if isinstance(block, Plot)}
    assert list(figures) == ["axes", "sums", "learning"]
    # Two curves, and two dashed lines where the rate was divided.
    assert [float(np.ravel(line.get_xdata())[0]) for line in figures["learning"].axes[0].lines] == [1, 1, 2.5, 4.5]


@pytest.mark.parametrize("text", [None, "{}", '{"history": []}', '{"history": [1]}', "[]", "{"])
def test_folders_without_a_training_are_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "record.json").write_text(text)
    with pytest.raises(OptionError, match="training: no record of a training"):
        study("sample:harbour", AugmentationOptions(training=str(tmp_path)), SMALL, ProgressReporter())


@pytest.mark.parametrize(
    "given",
    [{"draws": 0}, {"draws": 25}, {"sigma": -0.1}, {"sigma": float("nan")}, {"dropout": 0.0}, {"dropout": 1.0}, {"dropout": float("nan")}],
)
def test_numbers_out_of_range_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=r"no such|so many"):
        AugmentationOptions(**given)  # type: ignore[arg-type]


def test_extremes_are_drawn() -> None:
    report = study("sample:harbour", AugmentationOptions(draws=1, sigma=0.0, dropout=0.01), StudySettings(size=3), ProgressReporter())
    assert report.numbers["dropout"]["off"][0] < 20
    assert {block.name for block in report.blocks if isinstance(block, Sheet)} == {"crops", "ten", "along", "colors", "stronger", "units"}
    assert any("2^256" in block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))
