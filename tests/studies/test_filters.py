"""Filters: what is said of them in numbers, on filters that are known; how they are drawn."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.vgg import VGG
from pincel.errors import OptionError, PictureMissingError, PictureSizeError, PincelError, UnknownNameError
from pincel.studies.declarations import FiltersOptions
from pincel.studies.features import load_network
from pincel.studies.filter_shape import ConvolutionFilter, brightness_share, directions, filter_shape, flat_share, orientation
from pincel.studies.filter_tiles import filter_tile, plane_grid, response_grid, tile_grid
from pincel.studies.filters import convolution_of, filter_groups, shown_count, study
from pincel.studies.filters_page import KINDS
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Picture, Report, Table
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from tests.cli.run import pincel, refused
from tests.tensors import normal, picture

SMALL = StudySettings(24, backbone="random-cnn-11")


def pixels(height: int = 20, width: int = 24) -> Tensor:
    return picture(height, width) / 255


def edge(degrees: float, side: int = 9, period: float | None = None) -> Tensor:
    """Return an edge, or stripes of a period under a Gaussian (Gabor), that run in a direction against the clock, (1, f, f)."""
    places = torch.arange(side, dtype=torch.float64) - side // 2
    down, across = torch.meshgrid(places, places, indexing="ij")
    angle = math.radians(degrees)
    # Across the edge; rows are counted downwards.
    distance = across * math.sin(angle) + down * math.cos(angle)
    if period is None:
        return torch.tanh(distance / 2)[None]
    return (torch.exp(-(across**2 + down**2) / (2 * (side / 4) ** 2)) * torch.cos(2 * math.pi * distance / period))[None]


def apart(one: float, other: float) -> float:
    """Return the angle between two directions without an arrow."""
    return abs((one - other + 90) % 180 - 90)


# Numbers


@pytest.mark.parametrize("degrees", range(0, 180, 15))
@pytest.mark.parametrize("period", [None, 5.0])
def test_an_edge_runs_where_it_was_made_to_run(degrees: int, period: float | None) -> None:
    angle, coherence = orientation(edge(degrees, period=period))
    assert angle is not None
    assert apart(angle, degrees) < 3
    assert coherence > 0.5


def test_edges_by_hand() -> None:
    upright = torch.tensor([[[1.0, 0.0, -1.0]] * 3])
    assert orientation(upright) == (90, 1)
    assert orientation(upright.transpose(1, 2)) == (0, 1)
    # Bright at the upper left: the edge goes from the lower left to the upper right.
    slanted = torch.tensor([[[2.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.0, -1.0, -2.0]]])
    assert orientation(slanted)[0] == pytest.approx(45)
    assert orientation(slanted.flip(2))[0] == pytest.approx(135)


@pytest.mark.parametrize("weight", [torch.ones(3, 3, 3), torch.zeros(1, 3, 3), torch.tensor([[[0.0, 1, 0], [1, 2, 1], [0, 1, 0]]])])
def test_what_is_alike_in_all_directions_has_none(weight: Tensor) -> None:
    assert orientation(weight) == (None, 0)


@given(st.integers(0, 500), st.floats(0.01, 100))
def test_turning_a_filter_turns_its_direction(seed: int, scale: float) -> None:
    weight = normal(3, 5, 5, seed=seed)
    angle, coherence = orientation(weight)
    turned, same = orientation(scale * weight.rot90(1, (1, 2)))
    assert angle is not None
    assert turned is not None
    # A quarter against the clock, as torch turns it.
    assert apart(turned, angle + 90) < 1e-6
    assert same == pytest.approx(coherence)
    assert 0 <= coherence <= 1


def test_brightness_by_hand() -> None:
    gray = torch.ones(3, 1, 1)
    assert brightness_share(gray) == 1
    assert brightness_share(torch.tensor([1.0, -1.0, 0.0]).view(3, 1, 1)) == 0
    # (1 + 0 + 0)² / 3 of 1.
    assert brightness_share(torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1)) == pytest.approx(1 / 3)


def test_flatness_by_hand() -> None:
    assert flat_share(torch.full((2, 3, 3), -0.3)) == pytest.approx(1)
    # 1, 1, 1, -1: their sum squared, 4, of 4 · 4.
    assert flat_share(torch.tensor([[[1.0, 1.0], [1.0, -1.0]]])) == pytest.approx(1 / 4)


@given(st.integers(0, 300), st.integers(1, 4), st.integers(2, 6))
def test_shares_are_shares(seed: int, channels: int, side: int) -> None:
    weight = normal(channels, side, side, seed=seed)
    shape = filter_shape(weight)
    assert 0 <= shape.flat <= 1
    assert 1 <= shape.inputs <= channels + 1e-9
    assert shape.strength == pytest.approx(float(weight.norm()))
    assert (shape.brightness is None) == (channels != 3)
    # What is at right angles to gray is the rest.
    if channels == 3:
        left = (weight - weight.mean(dim=0, keepdim=True)).square().sum() / weight.square().sum()
        assert shape.brightness == pytest.approx(1 - float(left))


def test_random_filters_are_as_the_page_says_they_are() -> None:
    shapes = [filter_shape(weight) for weight in normal(1500, 3, 3, 3)]
    assert np.mean([shape.brightness for shape in shapes]) == pytest.approx(1 / 3, abs=0.01)
    assert np.mean([shape.flat for shape in shapes]) == pytest.approx(1 / 9, abs=0.01)


@pytest.mark.parametrize(
    ("weight", "kind"),
    [
        (torch.ones(3, 3, 3), "brightness"),
        (torch.tensor([1.0, -1.0, 0.0]).view(3, 1, 1).expand(3, 3, 3), "color"),
        (edge(30).expand(3, -1, -1), "brightness edge"),
        (torch.tensor([1.0, -1.0, 0.0]).view(3, 1, 1) * edge(30), "color edge"),
        (torch.tensor([[[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]]).expand(3, -1, -1), "brightness spot"),
        (torch.zeros(3, 3, 3), "nothing"),
        (edge(30).expand(5, -1, -1), "edge"),
        (torch.ones(5, 3, 3), "flat"),
    ],
)
def test_filters_are_called_what_they_are(weight: Tensor, kind: str) -> None:
    assert filter_shape(weight).kind == kind
    assert kind in KINDS


def test_inputs_in_use_by_hand() -> None:
    # Energies 1, 1, 2: (4)² / (1 + 1 + 4).
    weight = torch.tensor([1.0, 1.0, math.sqrt(2)]).view(3, 1, 1)
    assert filter_shape(weight).inputs == pytest.approx(16 / 6)


def test_directions_are_counted_in_sectors() -> None:
    counted = directions([0, 11, 12, 90, 170, 168, 100])
    assert counted == {"0°": 3, "22.5°": 1, "45°": 0, "67.5°": 0, "90°": 2, "112.5°": 0, "135°": 0, "157.5°": 1}


# Of networks


def test_filters_are_those_of_the_network(vgg: VGG) -> None:
    for name in ("conv1_1", "conv2_1"):
        (group,) = filter_groups(vgg, name)
        weight, bias = vgg.weights[name]
        assert [each.channel for each in group] == list(range(len(weight)))
        assert bool((torch.stack([each.weight for each in group]).float() == weight).all())
        assert [each.bias for each in group] == bias.tolist()


def test_a_bank_has_its_filters_size_by_size() -> None:
    groups = filter_groups(load_network(StudySettings(8, backbone="random-cnn")), "conv1_1")
    assert [group[0].weight.shape[-1] for group in groups] == [3, 5, 7, 11, 15, 23, 37, 55]
    assert [each.channel for group in groups for each in group] == list(range(1024))


def test_answers_are_those_of_the_network(vgg: VGG) -> None:
    report = study(pixels(), FiltersOptions("conv2_1", 3), StudySettings(24), ProgressReporter())
    real = vgg.features(255 * pixels(), ["relu2_1"])["relu2_1"][0]
    for each in report.numbers["filters"]:
        assert each["mean"] == pytest.approx(float(real[each["channel"]].mean()), rel=1e-4)
        assert each["active"] == pytest.approx(float((real[each["channel"]] > 0).double().mean()), abs=0.01)


def test_the_network_of_many_sizes_answers_size_by_size() -> None:
    settings = StudySettings(12, backbone="random-cnn")
    report = study(pixels(9, 12), FiltersOptions(None, 16), settings, ProgressReporter())
    shown = report.numbers["filters"]
    assert [each["channel"] for each in shown] == [128 * size + place for size in range(8) for place in range(2)]
    whole = load_network(settings).features(255 * pixels(9, 12), ["relu1_1"])["relu1_1"][0]
    for each in shown:
        assert each["mean"] == pytest.approx(float(whole[each["channel"]].mean()), rel=1e-4, abs=1e-6)


def test_the_first_layer_is_the_default() -> None:
    spec = BACKBONES["vgg19"]
    assert convolution_of(spec, None) == "conv1_1"
    assert convolution_of(spec, "conv3_4") == "conv3_4"


@pytest.mark.parametrize(
    ("groups", "in_color", "asked", "count"), [(1, True, None, 64), (8, True, None, 8), (1, False, None, 6), (8, True, 3, 1)]
)
def test_how_many_are_shown(groups: int, in_color: bool, asked: int | None, count: int) -> None:
    assert shown_count(groups, in_color, asked) == count


# Pictures


def test_gray_is_zero() -> None:
    image = filter_tile(torch.tensor([[0.0, 2.0, -2.0, 1.0]]), 2.0)
    assert [image.getpixel((x, 0)) for x in range(4)] == [(128, 128, 128), (255, 255, 255), (0, 0, 0), (191, 191, 191)]
    red = filter_tile(torch.tensor([1.0, 0.0, -1.0]).view(3, 1, 1), 1.0)
    assert red.getpixel((0, 0)) == (255, 128, 0)
    assert filter_tile(torch.zeros(3, 1, 1), 0.0).getpixel((0, 0)) == (128, 128, 128)


def _filters(*weights: Tensor) -> list[ConvolutionFilter]:
    return [ConvolutionFilter(channel, weight, 0.0, filter_shape(weight)) for channel, weight in enumerate(weights)]


def test_one_scale_for_all_or_one_for_each() -> None:
    strong, weak = torch.full((3, 1, 1), 1.0), torch.full((3, 1, 1), 0.5)
    common = np.asarray(tile_grid([_filters(strong, weak)], own_scale=False))
    own = np.asarray(tile_grid([_filters(strong, weak)], own_scale=True))
    assert (common == 191).all(axis=2).sum() >= 96**2
    assert not (own == 191).all(axis=2).any()


def test_tiles_of_several_sizes_are_enlarged_alike() -> None:
    small, large = torch.full((3, 2, 2), -1.0), torch.full((3, 8, 8), -1.0)
    sheet = np.asarray(tile_grid([_filters(small), _filters(large)], own_scale=False))
    assert int((sheet == 0).all(axis=2).sum()) == 24**2 + 96**2


def test_every_input_has_its_plane() -> None:
    weight = torch.zeros(17, 3, 3)
    weight[16, 1, 1] = 1
    image = plane_grid(weight, 1.0)
    # Seventeen tiles of 3 pixels with lines between, sixteen a row, six times as large.
    assert image.size == (6 * (16 * 4 + 1), 6 * (2 * 4 + 1))
    assert image.getpixel((6 * 2 + 3, 6 * 6 + 3)) == (255, 255, 255)
    assert image.getpixel((6 * 2 + 3, 6 * 2 + 3)) == (128, 128, 128)


def test_filters_without_an_answer_are_left_out() -> None:
    one, other = _filters(torch.ones(3, 3, 3), torch.ones(3, 3, 3))
    seen = ConvolutionFilter(one.channel, one.weight, one.bias, one.shape, torch.rand(6, 8))
    assert response_grid([seen, other]).size == response_grid([seen]).size


# The study


def paragraphs(report: Report) -> str:
    return " ".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


def test_what_is_said_is_what_was_found(tmp_path: Path) -> None:
    report = study(pixels(), FiltersOptions(None, None), StudySettings(24), ProgressReporter())
    kinds = report.numbers["kinds"]
    assert sum(kinds.values()) == 64
    edges = sum(count for kind, count in kinds.items() if kind.endswith("edge"))
    assert f"Of 64 filters, {edges} are edges" in paragraphs(report)
    # The well-known finding: learned filters of color are flat, those of brightness are not.
    assert "Those of color are flatter" in paragraphs(report)
    (table,) = [block for block in report.blocks if isinstance(block, Table) and block.name == "filters"]
    assert len(table.rows) == 64
    assert "index.html" in {path.name for path in write_report(report, tmp_path, "es")}


def test_nothing_is_claimed_of_random_filters(tmp_path: Path) -> None:
    report = study(pixels(), FiltersOptions(None, 5), SMALL, ProgressReporter())
    assert "Those of color are flatter" not in paragraphs(report)
    assert len(report.numbers["filters"]) == 5
    assert sum(report.numbers["kinds"].values()) == 128
    write_report(report, tmp_path, "en")


def test_a_deeper_layer_is_shown_input_by_input() -> None:
    report = study(pixels(), FiltersOptions("conv1_2", 2), StudySettings(24), ProgressReporter())
    names = [block.name for block in report.blocks if isinstance(block, Picture)]
    assert names == ["filter-0", "filter-1", "picture", "answers"]
    assert [each["brightness"] for each in report.numbers["filters"]] == [None, None]


def test_it_ends_with_what_it_has(tmp_path: Path) -> None:
    progress = ProgressReporter()
    progress.stop("interrupted")
    report = study(pixels(), FiltersOptions(None, 4), SMALL, progress)
    assert [each["mean"] for each in report.numbers["filters"]] == [None] * 4
    assert "Ended early" in report.notes[0].text("en")
    write_report(report, tmp_path, "en")


@pytest.mark.parametrize(
    ("layer", "channels", "size", "error", "says"),
    [
        ("relu3_2", None, 24, OptionError, "given --layer relu3_2 · accepted: conv1_1 … conv5_4 · try: --layer conv3_2"),
        ("pool2", None, 24, OptionError, "try: --layer conv2_2"),
        ("conv9_1", None, 24, UnknownNameError, "'conv9_1'"),
        (None, 0, 24, OptionError, "given --channels 0 · accepted: 1 or more"),
        ("conv5_1", None, 12, PictureSizeError, "nothing of it is left in conv5_1"),
    ],
)
def test_what_cannot_be_done_is_refused(layer: str | None, channels: int | None, size: int, error: type[PincelError], says: str) -> None:
    with pytest.raises(error) as refusal:
        study(pixels(size, size), FiltersOptions(layer, channels), StudySettings(size), ProgressReporter())
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_picture_is_refused() -> None:
    with pytest.raises(PictureMissingError, match="no such file"):
        study("nowhere.jpg", FiltersOptions(None, None), SMALL, ProgressReporter())


def test_it_is_a_command_that_needs_no_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options: list[str | Path] = ["--backbone", "random-cnn-11", "--size", "24", "--channels", "4", "-o", tmp_path / "out"]
    answer = pincel(capsys, "study", "filters", *options)
    assert answer.code == 0, answer.err
    assert {"index.html", "tiles.png", "answers.png", "filters.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert "relu1_1" in refused(pincel(capsys, "study", "filters", "--layer", "relu1_1", "-o", tmp_path / "no"))
