"""A convolution by hand is the network's convolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.backbones.vgg import VGG
from pincel.backbones.vgg_specs import VGG19
from pincel.errors import OptionError, PictureMissingError, PictureSizeError, PincelError, UnknownNameError
from pincel.images.io import load_picture
from pincel.studies.convolution import _stack_of_layer, filter_of, network_output, parse_position, study
from pincel.studies.convolution_figures import crop_image, outline_crop, products_text
from pincel.studies.convolution_sizes import size_rows
from pincel.studies.convolution_volume import channel_images, slide_figure, stack_figure, volume_figure
from pincel.studies.declarations import ConvolutionOptions
from pincel.studies.features import load_network
from pincel.studies.heatmaps import signed_picture
from pincel.studies.kernels import KERNELS, filter_image
from pincel.studies.number_grid import Grid, grids
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Formula, Paragraph, Report, Table
from pincel.studies.settings import StudySettings
from pincel.studies.worked_example import cross_correlate, highest_contrast, most_telling_filter, output_size, work_out
from pincel.studies.write import write_report
from tests.cli.run import pincel, refused
from tests.tensors import assert_close, normal, picture

SMALL = StudySettings(24, backbone="random-cnn-11")
# The opening of every course: ten on the left, nothing on the right, and the edge between them.
HALVES = torch.tensor([[10.0, 10.0, 10.0, 0.0, 0.0, 0.0]] * 6, dtype=torch.float64)
PREWITT = torch.tensor([[[1.0, 0.0, -1.0]] * 3], dtype=torch.float64)


def pixels(height: int = 20, width: int = 24) -> Tensor:
    return picture(height, width) / 255


# Arithmetic


def test_the_example_of_the_lecture() -> None:
    assert cross_correlate(HALVES[None], PREWITT, 0.0).tolist() == [[0, 30, 30, 0]] * 4


def test_three_by_three_by_hand() -> None:
    # 1·1 + 2·0 + 3·(-1) + 4·2 + 5·0 + 6·(-2) + 7·1 + 8·0 + 9·(-1) = -8, and the bias 0.5.
    planes = torch.arange(1.0, 10.0).view(1, 3, 3).double()
    weight = torch.tensor([[[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]]).double()
    work = work_out(planes, weight, 0.5, (1, 1), 3)
    assert work.products.tolist() == [[[1, 0, -3], [8, 0, -12], [7, 0, -9]]]
    assert work.sums.tolist() == [-8]
    assert work.answer == -7.5
    assert work.answers.tolist() == [[-7.5]]
    assert products_text(work, 0) == (
        "1.0·1.000 + 2.0·0.000 + 3.0·(-1.000) + 4.0·2.000 + 5.0·0.000 + 6.0·(-2.000) + 7.0·1.000 + 8.0·0.000 + 9.0·(-1.000) = -8.000"
    )


def test_channels_are_added_up() -> None:
    planes = torch.stack([torch.full((3, 3), value) for value in (1.0, 2.0, -4.0)]).double()
    work = work_out(planes, torch.ones(3, 3, 3), 10.0, (1, 1), 3)
    assert work.sums.tolist() == [9, 18, -36]
    assert work.answer == 1


@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 5), st.integers(0, 4), st.integers(0, 4))
def test_sliding_is_what_torch_does(seed: int, channels: int, side: int, more_rows: int, more_columns: int) -> None:
    planes, weight = normal(channels, side + more_rows, side + more_columns, seed=seed), normal(channels, side, side, seed=seed + 1)
    expected = functional.conv2d(planes[None], weight[None], torch.tensor([0.25], dtype=torch.float64))[0, 0]
    assert_close(cross_correlate(planes, weight, 0.25), expected)


@given(st.data())
def test_the_crop_shows_what_the_whole_picture_gives(data: st.DataObject) -> None:
    side = data.draw(st.sampled_from([1, 3, 5]), "f")
    crop = data.draw(st.integers(side, 7), "N")
    height, width = data.draw(st.integers(crop, 12)), data.draw(st.integers(crop, 12))
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    planes, weight = normal(2, height, width, seed=height), normal(2, side, side, seed=width)
    work = work_out(planes, weight, -0.5, (row, column), crop)
    whole = functional.conv2d(planes[None], weight[None], padding=side // 2)[0, 0] - 0.5
    assert work.answer == pytest.approx(float(whole[row, column]))
    assert work.cut.shape == (2, crop, crop)
    # The place is inside the crop, wherever it is in the picture, and the crop's answers are the picture's.
    assert float(work.answers[work.inside]) == pytest.approx(work.answer)
    first, second = work.corner
    assert_close(work.answers, whole[first : first + crop - side + 1, second : second + crop - side + 1])


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 4), st.integers(1, 5))
def test_output_sizes_are_those_of_torch(length: int, side: int, padding: int, stride: int) -> None:
    found = output_size(length, side, padding, stride)
    if length + 2 * padding < side:
        assert found == 0
        return
    image = torch.zeros(1, 1, length, side)
    assert found == functional.conv2d(image, torch.zeros(1, 1, side, 1), stride=(stride, 1), padding=(padding, 0)).shape[2]


def test_output_sizes_of_known_networks() -> None:
    # AlexNet's first layer, VGG's convolutions and poolings.
    assert [output_size(227, 11, 0, 4), output_size(224, 3, 1, 1), output_size(7, 2, 0, 2), output_size(2, 3, 0, 1)] == [55, 224, 3, 0]


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_made_by_hand(name: str) -> None:
    kernel = torch.tensor(KERNELS[name])
    assert kernel.shape == (3, 3)
    assert float(kernel.sum()) == pytest.approx(1 if name in ("blur", "sharpen") else 0)


def test_sobel_finds_the_edges_it_is_called_after() -> None:
    upright, level = (torch.tensor(KERNELS[name], dtype=torch.float64)[None] for name in ("sobel-vertical", "sobel-horizontal"))
    assert cross_correlate(HALVES[None], upright, 0.0).tolist() == [[0, 40, 40, 0]] * 4
    assert float(cross_correlate(HALVES[None], level, 0.0).abs().max()) == 0
    assert cross_correlate(HALVES.T[None], level, 0.0).T.tolist() == [[0, 40, 40, 0]] * 4


# Where and what


def test_contrast_is_greatest_where_the_square_varies_most() -> None:
    gray = torch.zeros(20, 30)
    gray[10, 20] = 100
    row, column = highest_contrast(gray, 5)
    assert abs(row - 10) <= 2
    assert abs(column - 20) <= 2
    # By hand: of all squares, none varies more.
    noise = normal(9, 11)
    row, column = highest_contrast(noise, 4)
    spreads = {(top + 1, left + 1): float(noise[top : top + 4, left : left + 4].var(correction=0)) for top in range(6) for left in range(8)}
    assert (row, column) == max(spreads, key=lambda place: spreads[place])


def test_the_filter_shown_has_both_signs_and_a_pattern() -> None:
    planes = HALVES[None].expand(3, -1, -1)
    left, blur = PREWITT.expand(3, -1, -1), torch.ones(3, 3, 3).double()
    work = work_out(planes, left, 0.0, (2, 2), 6)
    answers = torch.stack([torch.full((6, 6), 5.0), torch.full((6, 6), 9.0), torch.full((6, 6), 9.0)])
    answers[0, 1, 1] = answers[2, 1, 1] = -5
    # The first is smaller than the last, which only averages; the second is above 0 everywhere.
    assert most_telling_filter(answers, torch.stack([left, left, blur]), work) == 0


def test_a_place_is_given_as_column_and_row() -> None:
    image = load_picture(pixels(20, 24))
    assert parse_position("3,5", image) == (5, 3)
    assert parse_position(" 23 , 19 ", image) == (19, 23)


# The network


@pytest.mark.parametrize("channel", [0, 7, 63])
@pytest.mark.parametrize("place", [(9, 11), (0, 0), (19, 23)])
def test_by_hand_and_by_vgg(vgg: VGG, channel: int, place: tuple[int, int]) -> None:
    image = load_picture(pixels())
    name, weight, bias = filter_of(vgg, channel)
    assert name == "conv1_1"
    mean = torch.tensor(vgg.spec.mean, dtype=torch.float64).view(3, 1, 1)
    work = work_out(255 * image.pixels[0].double() - mean, weight[0], float(bias), place, 6)
    whole = network_output(vgg, image, channel)
    assert whole.shape == (20, 24)
    assert work.answer == pytest.approx(float(whole[place]), rel=1e-12, abs=1e-9)
    in_short = vgg.features(255 * image.pixels, ["conv1_1"])["conv1_1"][0, channel]
    assert_close(whole.float(), in_short, rtol=1e-4, atol=1e-2)


def test_a_bank_gives_the_filter_asked_for() -> None:
    bank = load_network(StudySettings(8, backbone="random-cnn"))
    name, weight, _ = filter_of(bank, 130)
    assert name == "5x5"
    assert bool((weight[0].float() == bank.weights["5x5"][0][2]).all())
    image = load_picture(pixels(9, 12))
    whole = bank.features(255 * image.pixels, ["conv1_1"])["conv1_1"][0, 130]
    assert_close(network_output(bank, image, 130).float(), whole, rtol=1e-4, atol=1e-3)


def test_what_the_page_says_is_what_torch_says(vgg: VGG) -> None:
    report = study(pixels(), ConvolutionOptions(channel=3, at="23,0", crop=5), StudySettings(24), ProgressReporter())
    numbers = report.numbers
    expected = vgg.to(dtype=torch.float64).features(255 * pixels().double(), ["conv1_1", "relu1_1"])
    assert numbers["z"] == pytest.approx(float(expected["conv1_1"][0, 3, 0, 23]), rel=1e-10)
    assert numbers["relu"] == pytest.approx(float(expected["relu1_1"][0, 3, 0, 23]), rel=1e-10)
    assert numbers["checks"][0]["difference"] < 1e-9
    # At the corner the crop lies on the border of zeros and goes inwards from there: rows 0 to 2, columns 21 to 23.
    assert_close(torch.tensor(numbers["output"], dtype=torch.float64), expected["conv1_1"][0, 3][:3, 21:])
    assert numbers["input"][0][0] == [0] * 5
    sizes = {each["case"]: (each["out_H"], each["out_W"]) for each in numbers["sizes"]}
    assert sizes == {
        "conv1_1": (20, 24),
        "without padding": (18, 22),
        "with stride 2": (10, 12),
        "with stride 3 and without padding": (6, 8),
        "the crop above": (3, 3),
        "pool1": (10, 12),
    }
    assert [each["computed"] for each in numbers["sizes"]] == ["20×24×64", "18×22×64", "10×12×64", "6×8×64", "3×3×64", "10×12×64"]
    assert "every output has the size of the formula" in paragraphs(report)


# Pictures


def test_numbers_are_written_into_their_squares() -> None:
    values = torch.tensor([[1.0, -2.5], [0.0, 4.0]])
    figure = grids([[Grid("z", values, "RdBu_r", (-4, 4), 1, (0, 1, 1), after="→")]], "below")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["1.0", "-2.5", "0.0", "4.0", "z", "→", "below"]
    # The squares, in the colors of the numbers: blue below 0, red above; and the frame.
    (mesh,) = axes.collections
    colors = np.asarray(mesh.get_array()).reshape(4, 4)
    assert colors[1, 2] > colors[1, 0]
    assert colors[3, 0] > colors[3, 2]
    assert [patch.get_path().get_extents(patch.get_patch_transform()).bounds for patch in axes.patches] == [(1.5, 1, 1, 1)]
    # Everything is inside.
    right = axes.get_xlim()[1]
    assert all(text.get_position()[0] < right for text in axes.texts)


def test_the_crop_is_marked_where_it_is() -> None:
    work = work_out(torch.zeros(3, 20, 24), torch.zeros(3, 3, 3), 0.0, (10, 12), 6)
    image = np.asarray(outline_crop(Image.new("RGB", (24, 20)), work))
    rows, columns, _ = np.nonzero(image)
    # Twice as large; rows 8 to 13 and columns 10 to 15 inside a frame two pixels wide.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (14, 29, 18, 33)
    assert image[16:28, 20:32].max() == 0


def test_the_crop_is_black_beyond_the_edge() -> None:
    work = work_out(torch.zeros(1, 8, 8), torch.zeros(1, 3, 3), 0.0, (0, 0), 4)
    image = np.asarray(crop_image(torch.ones(1, 8, 8), work))
    assert image.shape == (4, 4, 3)
    assert image[0].max() == 0
    assert image[:, 0].max() == 0
    assert image[1:, 1:].min() == 255


def test_middle_gray_is_zero() -> None:
    image = np.asarray(signed_picture(torch.tensor([[0.0, 2.0, -2.0, -1.0]])))[..., 0]
    assert image.tolist() == [[128, 255, 0, 64]]


def test_a_blurred_picture_is_a_picture() -> None:
    even = torch.full((5, 5), 90.0)
    assert np.unique(np.asarray(filter_image(even, "blur"))).tolist() == [90]
    assert np.unique(np.asarray(filter_image(even, "sharpen"))).tolist() == [90]
    assert np.unique(np.asarray(filter_image(even, "laplacian"))).tolist() == [128]


# Volumes


def test_the_filter_is_drawn_as_deep_as_its_input() -> None:
    work = work_out(torch.arange(108.0).view(3, 6, 6), torch.ones(3, 3, 3), 0.5, (2, 2), 6)
    (axes,) = volume_figure(work, ("R", "G", "B"), lambda text: text.text("en")).axes
    # Three channels of the crop, three of the filter, and the output.
    assert len(axes.images) == 3 + 3 + 1
    written = "\n".join(text.get_text() for text in axes.texts).replace("\u00a0", " ")
    assert all(size in written for size in ("input  6×6×3", "filter  3×3×3", "output  4×4×1"))
    for name, total in zip("RGB", work.sums.tolist(), strict=True):
        assert f"Σ {name}    {total:>9.3f}" in written
    assert f"{work.answer:.3f}" in written


def test_the_filter_slides_from_the_first_place_to_the_last() -> None:
    work = work_out(torch.arange(36.0).view(1, 6, 6), torch.ones(1, 3, 3), 0.0, (2, 2), 6)
    figure = slide_figure(work)
    assert [axes.get_title() for axes in figure.axes] == ["1 / 16", "2 / 16", "4 / 16", "16 / 16"]
    # What is not computed yet is white.
    blank = [int((np.asarray(axes.images[-1].get_array())[..., :3] == 1).all(axis=-1).sum()) for axes in figure.axes]
    assert blank == [15, 14, 12, 0]


@pytest.mark.parametrize(("channels", "colors"), [(3, [[1, 0.1, 0.1], [0.1, 1, 0.1], [0.1, 0.1, 1]]), (1, [[1, 1, 1]])])
def test_channels_have_their_own_colors(channels: int, colors: list[list[float]]) -> None:
    assert [image[0, 0].tolist() for image in channel_images(torch.ones(channels, 2, 2))] == [pytest.approx(color) for color in colors]


def test_as_many_maps_as_filters(vgg: VGG) -> None:
    image = load_picture(pixels())
    answers = vgg.features(255 * image.pixels, ["conv1_1"])["conv1_1"][0]
    stack = _stack_of_layer(vgg, 7, answers, image, 4)
    chosen = [int(name.text("en")) for name in stack.names]
    assert chosen[0] == 7
    assert len(set(chosen)) == 4
    mean = torch.tensor(vgg.spec.mean, dtype=torch.float64).view(3, 1, 1)
    bias = vgg.weights["conv1_1"][1].double()[chosen]
    expected = functional.conv2d((255 * image.pixels.double() - mean), stack.weights, bias, padding=1)[0].clamp(min=0)
    assert_close(stack.maps, expected.float(), rtol=1e-4, atol=1e-2)
    (axes,) = stack_figure(stack, lambda text: text.text("en")).axes
    # The input, four filters three deep, each map by itself and in the stack.
    assert len(axes.images) == 3 + 4 * 3 + 4 + 4
    assert {"4 filters\n3×3×3", "4 maps\n20×24", "stacked\n20×24×4"} <= {text.get_text() for text in axes.texts}


def test_filters_of_a_bank_are_stacked_with_those_of_their_size() -> None:
    bank = load_network(StudySettings(8, backbone="random-cnn"))
    image = load_picture(pixels(9, 12))
    answers = bank.features(255 * image.pixels, ["conv1_1"])["conv1_1"][0]
    stack = _stack_of_layer(bank, 130, answers, image, 3)
    chosen = [int(name.text("en")) for name in stack.names]
    assert chosen[0] == 130
    assert stack.weights.shape[1:] == (3, 5, 5)
    assert bool((stack.maps == answers[chosen].clamp(min=0)).all())


def test_strides_leave_places_out() -> None:
    # A stride of s is every s-th place of the same convolution.
    planes, filters = normal(1, 3, 11, 13), normal(4, 3, 3, 3, seed=1)
    whole = functional.conv2d(planes, filters, padding=1)
    assert_close(functional.conv2d(planes, filters, padding=1, stride=2), whole[..., ::2, ::2])
    work = work_out(planes[0], filters[0], 0.0, (5, 5), 6)
    computed = [row["computed"] for row in size_rows(work, filters, "", VGG19)]
    assert computed == ["11×13×4", "9×11×4", "6×7×4", "3×4×4", "4×4×4"]


# The study


def paragraphs(report: Report) -> str:
    return " ".join(block.text.text("en") for block in report.blocks if isinstance(block, Paragraph))


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_are_applied_to_the_gray_picture(kernel: str) -> None:
    report = study(pixels(), ConvolutionOptions(kernel=kernel, at="7,9"), SMALL, ProgressReporter())
    luma = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64).view(3, 1, 1)
    gray = (255 * pixels()[0].double() * luma).sum(dim=0)
    weight = torch.tensor(KERNELS[kernel], dtype=torch.float64)
    assert report.numbers["z"] == pytest.approx(float((gray[8:11, 6:9] * weight).sum()))
    assert report.numbers["relu"] == max(0.0, report.numbers["z"])
    assert report.settings["kernel"] == kernel


def test_relu_is_told_by_the_sign() -> None:
    image = (HALVES / 10).expand(3, -1, -1)[None].float()
    dark = study(1 - image, ConvolutionOptions(kernel="sobel-vertical", at="2,3"), StudySettings(6), ProgressReporter())
    assert dark.numbers["z"] == pytest.approx(-1020, abs=1e-3)
    assert "makes it 0" in paragraphs(dark)
    assert "lets it pass" in paragraphs(
        study(image, ConvolutionOptions(kernel="sobel-vertical", at="2,3"), StudySettings(6), ProgressReporter())
    )


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (ConvolutionOptions(crop=4), "en"),
        (ConvolutionOptions(channel=5, at="0,19", crop=4), "es"),
        (ConvolutionOptions(kernel="blur", crop=4), "es"),
    ],
)
def test_a_report_is_written(asked: ConvolutionOptions, language: str, tmp_path: Path) -> None:
    report = study(pixels(), asked, StudySettings(24), ProgressReporter())
    files = {path.name for path in write_report(report, tmp_path, "es" if language == "es" else "en")}
    assert {
        "index.html",
        "input.svg",
        "step.png",
        "volume.svg",
        "slide.png",
        "stack.svg",
        "output.svg",
        "check.csv",
        "sizes.csv",
        "filtered.png",
        "numbers.json",
    } <= files
    (check,) = [block for block in report.blocks if isinstance(block, Table) and block.name == "check"]
    assert check.rows[0]["z"] == f"{report.numbers['z']:.10f}"
    assert "agree" in paragraphs(report)


def test_filters_too_large_to_be_written_out_are_drawn() -> None:
    report = study(pixels(), ConvolutionOptions(), SMALL, ProgressReporter())
    assert np.shape(report.numbers["products"]) == (3, 11, 11)
    assert report.settings["crop"] == 14
    # Each term is in the figure; as text they would fill a page.
    sources = [block.source for block in report.blocks if isinstance(block, Formula)]
    assert not {"R", "G", "B"} & set(sources)


@pytest.mark.parametrize(
    ("asked", "backbone", "size", "error", "says"),
    [
        (ConvolutionOptions(kernel="sobel"), "random-cnn-11", 24, UnknownNameError, "Did you mean 'sobel-"),
        (
            ConvolutionOptions(kernel="blur", channel=2),
            "random-cnn-11",
            24,
            OptionError,
            "one kernel at a time · given --kernel blur --filter 2",
        ),
        (ConvolutionOptions(channel=128), "random-cnn-11", 24, OptionError, "given --filter 128 · accepted: 0 to 127"),
        (ConvolutionOptions(channel=-1), "random-cnn-11", 24, OptionError, "given --filter -1 · accepted: 0 to 127"),
        (
            ConvolutionOptions(at="5"),
            "random-cnn-11",
            24,
            OptionError,
            "that is no place · given --at 5 · accepted: X,Y with X from 0 to 23",
        ),
        (ConvolutionOptions(at="a,b"), "random-cnn-11", 24, OptionError, "that is no place"),
        (ConvolutionOptions(at="-1,2"), "random-cnn-11", 24, OptionError, "that is no place"),
        (ConvolutionOptions(at="24,0"), "random-cnn-11", 24, OptionError, "outside the picture"),
        (ConvolutionOptions(at="0,24"), "random-cnn-11", 24, OptionError, "try: --at 12,12"),
        (ConvolutionOptions(crop=10), "random-cnn-11", 24, OptionError, "given --crop 10 · accepted: 11 to 14 · try: --crop 14"),
        (ConvolutionOptions(crop=15), "random-cnn-11", 24, OptionError, "given --crop 15"),
        (ConvolutionOptions(), "random-cnn-11", 12, PictureSizeError, "smaller than the crop of 14×14 · given 12×12 pixels"),
        (ConvolutionOptions(channel=1000), "random-cnn", 24, OptionError, "55×55 numbers a channel"),
    ],
)
def test_what_cannot_be_done_is_refused(asked: ConvolutionOptions, backbone: str, size: int, error: type[PincelError], says: str) -> None:
    with pytest.raises(error) as refusal:
        study(pixels(size, size), asked, StudySettings(size, backbone=backbone), ProgressReporter())
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("count", [1, 13])
def test_stacks_that_cannot_be_drawn_are_refused(count: int) -> None:
    with pytest.raises(OptionError, match=f"stack: so many maps cannot be drawn · given {count}"):
        ConvolutionOptions(stack=count)


def test_a_missing_picture_is_refused() -> None:
    with pytest.raises(PictureMissingError, match="no such file"):
        study("nowhere.jpg", ConvolutionOptions(), SMALL, ProgressReporter())


def test_it_is_a_command_that_needs_no_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["study", "convolution", "--kernel", "laplacian", "--size", "24", "--crop", "3", "--quiet"]
    answer = pincel(capsys, *options, "--at", "4,5", "-o", tmp_path / "out")
    assert answer.code == 0, answer.err
    assert {"index.html", "step.svg", "sizes.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}
    assert "--at 99,0" in refused(pincel(capsys, *options, "--at", "99,0", "-o", tmp_path / "no"))
