"""A whole network: its costs against published numbers and torch's own layers, its drawing against its scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from pincel.backbones.alexnet_specs import ALEXNET2012, ALEXNET_TORCHVISION
from pincel.backbones.specs import ModelSpec
from pincel.backbones.vgg_specs import VGG16, VGG19
from pincel.errors import OptionError, UnknownNameError
from pincel.studies import network
from pincel.studies.declarations import NetworkOptions
from pincel.studies.layer_costs import LayerCost, cost_totals, layer_costs, whole_network
from pincel.studies.layer_figures import INTO, Volume, volumes_figure
from pincel.studies.network import study
from pincel.studies.page import format_cell
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Formula, Paragraph, Report
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from tests.tensors import picture


def costs(spec: ModelSpec) -> list[LayerCost]:
    whole = whole_network(spec)
    return layer_costs(whole, whole.crop, whole.crop)


def made(backbone: str = "vgg19", beside: str = "alexnet2012", size: int = 64) -> Report:
    settings = StudySettings(size, backbone=backbone)
    return study(picture(size, 3 * size // 4) / 255, NetworkOptions(beside), settings, ProgressReporter())


def paragraphs(report: Report, language: str = "en") -> str:
    return " ".join(block.text.text(language) for block in report.blocks if isinstance(block, Paragraph))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spec", "parameters", "billions"),
    [
        # Of Simonyan and Zisserman 2014, table 2, in full; multiply-adds as torchvision publishes them with its weights.
        (VGG19, 143_667_240, 19.632),
        (VGG16, 138_357_544, 15.470),
        (ALEXNET_TORCHVISION, 61_100_840, 0.714),
        # Krizhevsky et al. 2012: "60 million parameters"; of Caffe's bvlc_alexnet.
        (ALEXNET2012, 60_965_224, 0.724),
    ],
)
def test_totals_are_those_published(spec: ModelSpec, parameters: int, billions: float) -> None:
    totals = cost_totals(costs(spec))
    assert totals["parameters"] == parameters
    assert totals["work"] / 1e9 == pytest.approx(billions, abs=5e-4)


@pytest.mark.parametrize("spec", [VGG19, ALEXNET2012])
def test_parameters_are_those_of_torch(spec: ModelSpec) -> None:
    for each in costs(spec):
        layer = each.layer
        inputs = each.depth * layer.groups
        if layer.kind == "conv":
            torch_layer: nn.Module = nn.Conv2d(inputs, layer.channels, layer.kernel, groups=layer.groups, device="meta")
        elif layer.kind == "fc":
            torch_layer = nn.Linear(inputs * layer.kernel**2, layer.channels, device="meta")
        else:
            torch_layer = nn.MaxPool2d(layer.kernel)
        assert each.parameters == sum(weight.numel() for weight in torch_layer.parameters()), layer.name


def test_alexnet_is_that_of_its_paper() -> None:
    layers = {each.layer.name: each for each in costs(ALEXNET2012)}
    filters = {name: each.kernel for name, each in layers.items() if name.startswith("conv")}
    # Section 3.5.
    assert filters == {"conv1": "11×11×3", "conv2": "5×5×48", "conv3": "3×3×256", "conv4": "3×3×192", "conv5": "3×3×192"}
    # Figure 2, but for its 253,440 of conv1, which are not 55·55·96.
    figure = {"conv2": 186_624, "conv3": 64_896, "conv4": 64_896, "conv5": 43_264, "fc6": 4096, "fc7": 4096, "fc8": 1000}
    assert {name: layers[name].values for name in figure} == figure
    assert layers["conv1"].size == "55×55×96"


def test_the_dense_part_follows_from_its_formula() -> None:
    report = made()
    formulas = [block.text for block in report.blocks if isinstance(block, Formula)]
    assert "fc6: (7·7·512 + 1)·4096 = 102\u202f764\u202f544" in formulas
    assert report.numbers["networks"][0]["dense_parameters"] == (7 * 7 * 512 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000
    said = paragraphs(report)
    assert "hold 86.1% of them, fc6 alone 71.5%, and do 0.6% of the work" in said
    assert "In conv2, conv4, conv5 they see only maps of their own tower; in conv3, fc6, fc7 they see all maps" in said
    # Of the picture, without the dense part.
    assert "20\u202f024\u202f384 of 143\u202f667\u202f240 parameters remain (13.9%)" in said
    assert "pool5 makes 2×1×512" in said


def boxes(volumes: Sequence[Volume]) -> list[tuple[float, float, float]]:
    """Return height, length and the width of the side of each box drawn."""
    (axes,) = volumes_figure(volumes, {"conv": "convolution"}, Image.new("RGB", (4, 4))).axes
    extents = [np.ptp(np.asarray(patch.get_path().vertices), axis=0) for patch in axes.patches]
    assert len(extents) % 3 == 0
    return [(front[1], front[0], side[0]) for front, side in zip(extents[::3], extents[2::3], strict=True)]


def test_boxes_are_to_scale() -> None:
    volumes = [Volume("input", (40, 30, 3), "input"), Volume("conv1", (20, 10, 96), "conv"), Volume("fc2", (1, 1, 4096), "fc")]
    drawn = boxes(volumes)
    unit = drawn[0][1] / 3
    for (height, length, side), volume in zip(drawn, volumes, strict=True):
        rows, columns, channels = volume.size
        assert (height, side, length) == pytest.approx((rows, INTO[0] * columns, unit * channels))


def test_towers_share_the_channels_and_lines_cross_where_all_are_seen() -> None:
    first, apart = Volume("conv1", (8, 8, 96), "conv", 2), Volume("conv2", (4, 4, 64), "conv", 2, crossed=False)
    crossed, last = Volume("conv3", (4, 4, 32), "conv", 2), Volume("fc4", (1, 1, 10), "fc")
    volumes = [Volume("input", (8, 8, 3), "input"), first, apart, crossed, last]
    drawn = boxes(volumes)
    assert len(drawn) == 1 + 2 + 2 + 2 + 1
    assert drawn[1][1] == drawn[2][1] == pytest.approx(drawn[0][1] / 3 * 48)
    (axes,) = volumes_figure(volumes, {}).axes
    # From the input to both, each to its own, both to both, both to the last.
    assert len(axes.lines) == 2 + 2 + 4 + 2
    assert [text.get_text() for text in axes.texts] == ["input\n8×8×3", "conv1\n8×8×48", "conv2\n4×4×32", "conv3\n4×4×16", "fc4\n1×1×10"]


def test_layers_of_one_size_have_one_label() -> None:
    blocks = [Volume("input", (8, 8, 3), "input"), *(Volume(f"conv1_{place}", (8, 8, 64), "conv") for place in (1, 2, 3))]
    (axes,) = volumes_figure([*blocks, Volume("pool1", (4, 4, 64), "pool"), Volume("conv2_1", (4, 4, 128), "conv")], {}).axes
    assert [text.get_text() for text in axes.texts] == ["input\n8×8×3", "conv1_1–3\n8×8×64", "conv2_1\n4×4×128"]


def test_a_report_is_written(tmp_path: Path) -> None:
    page, *files = write_report(made(), tmp_path, "es")
    assert {"volumes.svg", "shares.png", "layers.csv", "totals.csv", "numbers.json"} <= {path.name for path in files}
    assert "capa densa" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("backbone", "beside"), [("vgg19", "vgg16"), ("alexnet2012", "squeezenet"), ("random-cnn", "alexnet-torchvision")])
def test_any_two_networks_can_be_compared(backbone: str, beside: str) -> None:
    report = made(backbone, beside)
    assert [each["name"] for each in report.numbers["networks"]] == [backbone, beside]
    # Where the network has no dense part to leave out, nothing is said of that.
    assert ("leaves the dense layers out" in paragraphs(report)) == (backbone == "vgg19")


def test_large_whole_numbers_are_written_in_threes() -> None:
    written = [format_cell(value, "es") for value in (4096, 10_000, -143_667_240, 0.51234)]
    assert written == ["4096", "10\u202f000", "-143\u202f667\u202f240", "0.5123"]


def test_networks_that_cannot_be_counted_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match="alexnet2012"):
        made(beside="alexnet2013")
    monkeypatch.setattr(network, "BACKBONES", {"vgg19": replace(VGG19, layers=VGG19.layers[:3], counted=5)})
    with pytest.raises(OptionError, match="the layers of vgg19 are known by name"):
        network._content("vgg19", 64)
