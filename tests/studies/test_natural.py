"""Caricatures and natural pictures for channels: targets, optimization, measurements and the sentences of the page."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from pincel.backbones import BACKBONES
from pincel.backbones.random_filters import load_random_filters
from pincel.backbones.vgg import VGG
from pincel.canvas.pixels import PixelCanvas
from pincel.cli.studies.declared import study_command
from pincel.engine.events import SetupProgress
from pincel.errors import OptionError, PictureSizeError, UnknownNameError
from pincel.images.io import load_picture
from pincel.inversion.representation import Representation
from pincel.studies.declarations import NaturalOptions
from pincel.studies.natural import UNIT_SCALE, LayerTargets, caricature_target, channel_targets, study, unit_image_side
from pincel.studies.natural_findings import caricature_finding, maximum_finding, natural_finding, notes
from pincel.studies.natural_page import enlarge, full_range
from pincel.studies.natural_results import NaturalImage
from pincel.studies.natural_runs import channel_noise, maximize, natural_recipe, pad_to_view, padded_size
from pincel.studies.natural_stats import (
    channel_peaks,
    channel_units,
    gradient_histogram,
    intersection,
    mutual_intersection,
    sample_photographs,
)
from pincel.studies.page import render_page
from pincel.studies.progress import ProgressReporter
from pincel.studies.report import Paragraph, Plot, Report, Sheet, Slider, Table
from pincel.studies.settings import StudySettings
from pincel.studies.write import write_report
from pincel.translation import Language
from tests.tensors import assert_close, normal, picture

# What is measured.


def test_a_histogram_by_a_plain_loop() -> None:
    image = picture(7, 9, seed=3)
    gray = sum(weight * image[0, channel].double() for channel, weight in enumerate((0.299, 0.587, 0.114)))
    around = np.pad(np.asarray(gray), 1, mode="edge")
    expected = np.zeros(18)
    for row in range(7):
        for column in range(9):
            patch = around[row : row + 3, column : column + 3]
            across = (patch[:, 2] - patch[:, 0]) @ [1, 2, 1]
            down = (patch[2] - patch[0]) @ [1, 2, 1]
            # As Matlab says it: the angle is counted with up above, and each bin has its upper end.
            degrees = math.degrees(math.atan2(-down, across))
            (place,) = [b for b in range(18) if -180 + 20 * b < degrees <= -160 + 20 * b or (b == 0 and degrees == -180)]
            expected[place] += math.hypot(across, down)
    assert_close(gradient_histogram(image), torch.from_numpy(expected / expected.sum()))


@pytest.mark.parametrize(("turn", "place"), [(0, 8), (1, 13), (2, 0), (3, 4)])
def test_straight_edges(turn: int, place: int) -> None:
    # Brighter to the right is 0°, the upper end of bin 8; a quarter turn on upwards, 90°; then ±180°, taken for -180°; -90°.
    edge = torch.rot90(torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 3, 4, 4), turn, (2, 3))
    found = gradient_histogram(edge)
    assert int(found.argmax()) == place
    assert float(found[place]) == pytest.approx(1)


@given(st.integers(0, 100), st.integers(2, 6), st.floats(0.1, 100))
def test_histograms_are_shares_whatever_the_contrast(seed: int, side: int, contrast: float) -> None:
    image, other = normal(1, 3, side, side, seed=seed), normal(1, 3, side, side + 1, seed=seed + 1)
    first, second = gradient_histogram(image), gradient_histogram(other)
    assert float(first.sum()) == pytest.approx(1)
    assert_close(gradient_histogram(contrast * image + 7), first, rtol=1e-6)
    assert intersection(first, first) == pytest.approx(1)
    assert 0 <= intersection(first, second) == intersection(second, first) <= 1 + 1e-12


def test_a_flat_picture_has_no_gradients() -> None:
    assert gradient_histogram(torch.full((1, 3, 4, 4), 0.3)).tolist() == [0] * 18


def test_what_photographs_have_in_common_by_hand() -> None:
    first, second, third = (torch.tensor(each, dtype=torch.float64) for each in ([1.0, 0.0], [0.5, 0.5], [0.0, 1.0]))
    # The means of the others: (1/4, 3/4), (1/2, 1/2), (3/4, 1/4).
    assert mutual_intersection([first, second, third]) == pytest.approx((0.25 + 1.0 + 0.25) / 3)
    assert math.isnan(mutual_intersection([first]))


def test_channels_are_measured_in_what_photographs_get() -> None:
    features = torch.tensor([[[[1.0, 5.0]], [[-3.0, -1.0]], [[2.0, 0.0]], [[9.0, 1.0]]]])
    assert channel_peaks(features).tolist() == [5.0, -1.0, 2.0, 9.0]
    # The median of 5, 2 and 9.
    assert channel_units(channel_peaks(features)).tolist() == [5.0, 5.0, 2.0, 9.0]
    assert channel_units(torch.tensor([-1.0, 0.0])).tolist() == [1.0, 1.0]


def test_only_scenes_are_photographs() -> None:
    assert set(sample_photographs()) == {f"sample:{name}" for name in ("harbour", "lake", "lighthouse", "still-life")}


# What is wished.


@pytest.fixture(scope="module")
def bank() -> VGG:
    return load_random_filters(BACKBONES["random-cnn-11"])


def seen_by(bank: VGG, layer: str) -> Representation:
    return Representation(f"random-cnn-11:{layer}", bank, layer, PixelCanvas(255.0), 1)


def room_of(bank: VGG, image: Tensor, channels: tuple[int, ...] = (3,), seen: str = "relu1_1") -> LayerTargets:
    told = bank.features(image, ["conv1_1", seen])
    return LayerTargets(seen, seen_by(bank, seen), seen_by(bank, "conv1_1"), told[seen], channel_peaks(told["conv1_1"]), channels)


SMALL = StudySettings(size=20, steps=3, backbone="random-cnn-11", device="cpu")


@pytest.mark.parametrize("seen", ["relu1_1", "conv1_1"])
def test_a_caricature_starts_at_one(bank: VGG, seen: str) -> None:
    image = picture(12, 16)
    target = caricature_target(room_of(bank, image, seen=seen), image)
    assert target.layer == seen
    assert target.size == (12, 16)
    assert target.reached(image) == pytest.approx([1.0], rel=1e-5)
    code = bank.features(image, [seen])[seen].double().clamp(min=0)
    assert_close(target.direction.double(), code / code.square().sum(), rtol=1e-4)


def test_a_maximum_is_one_unit_in_the_middle(bank: VGG) -> None:
    image = picture(20, 20)
    layer = room_of(bank, image, tuple(range(3, 13)))
    batches = channel_targets(layer, layer.channels, SMALL)
    assert [target.channels for target in batches] == [tuple(range(3, 11)), (11, 12)]
    target = batches[0]
    # The filters are 11 wide, 1.1 of that is 12 positions, and the next odd number 13.
    assert target.size == (13, 13)
    assert target.layer == "conv1_1"
    assert target.direction.shape == (8, 128, 13, 13)
    assert target.direction.count_nonzero() == 8
    for number, channel in enumerate(target.channels):
        assert float(target.direction[number, channel, 6, 6]) == pytest.approx(UNIT_SCALE / 11**2 / float(layer.largest[channel]))
    answers = bank.features(target.start, ["conv1_1"])["conv1_1"]
    expected = [UNIT_SCALE / 121 * float(answers[n, c, 6, 6] / layer.largest[c]) for n, c in enumerate(target.channels)]
    assert target.reached(target.start) == pytest.approx(expected, rel=1e-4)


def test_pictures_for_units_are_as_large_as_what_they_see() -> None:
    spec = BACKBONES["vgg19"]

    def side(layer: str, most: int) -> int:
        eye: Any = type("Eye", (), {"spec": spec})()
        return unit_image_side(Representation(f"vgg19:{layer}", eye, layer, PixelCanvas(255.0), spec.smallest(layer)), most)

    # 5 pixels: 5.5 positions, rounded up as Matlab does, 7 the next odd number. 14 over 2: 7.7, 9 positions, of 2 pixels and one left over.
    assert side("conv1_2", 500) == 7
    assert side("conv2_2", 500) == 19
    assert side("conv5_4", 64) == 64
    assert spec.positions(side("conv5_4", 500), "conv5_4") == 17


def test_a_picture_too_small_for_what_a_unit_sees(bank: VGG) -> None:
    layer = room_of(bank, picture(8, 8))
    (target,) = channel_targets(layer, (3,), replace(SMALL, size=8))
    # Of 8 positions the one after the middle; it sees no more than the picture has.
    assert float(target.direction[0, 3, 4, 4]) == pytest.approx(UNIT_SCALE / 8**2 / float(layer.largest[3]))


def test_noise_is_each_channels_own(vgg: VGG) -> None:
    unit = Representation("vgg19:conv5_1", vgg, "conv5_1", PixelCanvas(255.0), 16)
    # A stride of 16: the view wanders over 4 places.
    assert padded_size(unit, (32, 20)) == (35, 23)
    several, alone = channel_noise(unit, (32, 20), 5, (0, 7)), channel_noise(unit, (32, 20), 5, (7,))
    assert several.shape == (2, 3, 35, 23)
    assert torch.equal(several[1:], alone)
    assert not torch.equal(several[0], several[1])
    assert not torch.equal(alone, channel_noise(unit, (32, 20), 6, (7,)))


def test_a_photograph_is_surrounded_by_the_mean(vgg: VGG) -> None:
    unit = Representation("vgg19:relu5_1", vgg, "relu5_1", PixelCanvas(255.0), 16)
    image = picture(18, 17)
    around = pad_to_view(image, unit)
    assert around.shape == (1, 3, 21, 20)
    assert_close(around[..., 1:19, 1:18], image, atol=1e-4)
    assert_close(around[0, :, 0, 0], torch.tensor(BACKBONES["vgg19"].mean), atol=1e-4)


def test_without_anything_that_keeps_pictures_natural() -> None:
    kept, free = natural_recipe(4, 7), natural_recipe(4, 7, free=True)
    assert (kept.steps, free.steps, kept.seed) == (7, 7, 4)
    assert (kept.norm_weight, kept.tv_weight["*"], kept.bound, kept.jitter) == (80.0**-6, (6.5 / 80) ** 2, 160.0, 0.25)
    assert (free.norm_weight, free.tv_weight["*"], free.bound, free.jitter) == (0, 0, 0, 0)
    assert kept.override(norm_weight=0, tv_weight=0, bound=0, jitter=0) == free


# How it climbs.


def grown(target: Any, steps: int) -> Any:
    return maximize(target, 0, steps, ProgressReporter(), lambda _: None)


def test_three_steps_up(bank: VGG) -> None:
    image = picture(12, 16)
    layer = room_of(bank, image, (3, 5))
    for target in (caricature_target(layer, image), *channel_targets(layer, layer.channels, SMALL)):
        free = grown(replace(target, free=True), 3)
        assert all(after > before for before, after in zip(free.before, free.unclipped, strict=True))
        assert free.history == sorted(free.history)
        assert len(free.history) == 4
        assert free.history[0] == pytest.approx(sum(free.before) / len(free.before), rel=1e-5)
    (maximum,) = channel_targets(layer, layer.channels, SMALL)
    kept = grown(maximum, 3)
    assert all(after > before for before, after in zip(kept.before, kept.after, strict=True))


def test_the_climb_is_as_plain_arithmetic_has_it(bank: VGG) -> None:
    layer = room_of(bank, picture(20, 20))
    (target,) = channel_targets(layer, (3,), SMALL)
    middle, x = torch.tensor(BACKBONES["random-cnn-11"].mean).view(1, 3, 1, 1), target.start.clone()
    squares, velocity, rate = torch.zeros_like(x), torch.zeros_like(x), 13 * 13 * 0.05 * 80**2 / 6
    weight, answers = UNIT_SCALE / 121 / float(layer.largest[3]), []
    for _ in range(4):
        leaf = x.clone().requires_grad_()
        answer = bank.features(leaf, ["conv1_1"])["conv1_1"][0, 3, 6, 6]
        centered = leaf - middle
        right, down = (torch.diff(centered, dim=dim, append=centered.narrow(dim, 12, 1)) for dim in (3, 2))
        total = -weight * answer + (centered.square().sum(1) / 80**2).pow(3).mean() + (6.5 / 80) ** 2 * (right**2 + down**2).sum() / 169
        (slope,) = torch.autograd.grad(total, leaf)
        answers.append(weight * answer.item())
        squares = 0.9 * squares + slope**2
        velocity = 0.9 * velocity - slope / (1 / rate + squares.sqrt())
        x = x + velocity - middle
        x = middle + x * (160 / x.square().sum(1, keepdim=True).sqrt()).clamp(max=1)
    assert grown(target, 3).history == pytest.approx(answers, rel=1e-3)


def test_a_weight_lets_the_wish_count_for_more(bank: VGG) -> None:
    image = picture(12, 16)
    layer = room_of(bank, image)
    light, heavy = (grown(caricature_target(layer, image, weight), 4).unclipped[0] for weight in (0.01, 1000.0))
    # Alone, regularizers smooth the photograph away.
    assert light < 1 < heavy


def test_pictures_of_a_batch_do_not_know_of_each_other(bank: VGG) -> None:
    layer = room_of(bank, picture(20, 20))
    (together,), (alone,) = channel_targets(layer, (3, 9), SMALL), channel_targets(layer, (9,), SMALL)
    assert grown(together, 3).unclipped[1] == pytest.approx(grown(alone, 3).unclipped[0], rel=1e-3)


def test_pictures_are_measured_as_they_are_saved(bank: VGG) -> None:
    image = picture(12, 16)
    found = grown(caricature_target(room_of(bank, image), image), 2)
    assert found.pictures.shape == (1, 3, 12, 16)
    again = load_picture(found.images[0])
    assert torch.equal(again.pixels, found.pictures)
    assert found.target.reached(255 * again.pixels) == pytest.approx(found.after, rel=1e-6)


# The study.


def made(
    layers: str | None = None,
    channels: str = "2",
    *,
    weight: float = 20.0,
    source: Any = None,
    progress: ProgressReporter | None = None,
    **settings: Any,
) -> Report:
    given = {"size": 24, "steps": 3, "backbone": "random-cnn-11", "device": "cpu", **settings}
    return study(
        source or Image.fromarray(drawing()),
        NaturalOptions(layers, channels, weight),
        StudySettings(**given),
        progress or ProgressReporter(),
    )


def drawing(height: int = 30, width: int = 40) -> Any:
    return picture(height, width, seed=2)[0].permute(1, 2, 0).round().byte().numpy()


def blocks_of(report: Report, kind: type[Any]) -> dict[str, Any]:
    return {getattr(block, "name", ""): block for block in report.blocks if isinstance(block, kind)}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one of the photographs: opening all of them takes longer than the rest."""
    monkeypatch.setattr("pincel.studies.natural.sample_photographs", lambda: ("sample:lake",))


@pytest.mark.usefixtures("few")
def test_what_is_on_the_page() -> None:
    report = made()
    numbers = report.numbers
    assert [(each["layer"], each["free"]) for each in numbers["caricatures"]] == [("relu1_1", False), ("relu1_1", True)]
    assert all(each["before"] == pytest.approx(1, rel=1e-4) and len(each["history"]) == 4 for each in numbers["caricatures"])
    assert [each["free"] for each in numbers["channels"]] == [False, False, True]
    assert numbers["channels"][2]["channel"] == numbers["channels"][0]["channel"]
    assert all(each["times"] == pytest.approx(each["answer"] / each["largest"]) for each in numbers["channels"])
    assert numbers["photographs"]["count"] == 2
    assert list(blocks_of(report, Sheet)) == ["caricatures", "caricatures-free", "channels"]
    assert list(blocks_of(report, Plot)) == ["climb", "naturalness"]
    table = blocks_of(report, Table)["channels"]
    assert [row["regularized"].text("en") for row in table.rows] == ["yes", "yes", "no"]
    assert any(isinstance(block, Slider) for block in report.blocks)
    assert report.settings["layers"] == ["relu1_1"]
    assert report.settings["recipe"] == "mahendran2016"
    assert not report.notes


@pytest.mark.usefixtures("few")
def test_channels_are_those_the_photograph_excites_most(bank: VGG) -> None:
    report = made(channels="3")
    told = bank.features(255 * load_picture(Image.fromarray(drawing(18, 24))).pixels, ["conv1_1"])["conv1_1"]
    drawn = [each for each in report.numbers["channels"] if not each["free"]]
    assert len({each["channel"] for each in drawn}) == 3
    # In the picture as the study has it the order may differ a little; each is far above the usual.
    largest = channel_peaks(told)
    assert all(float(largest[each["channel"]]) > float(largest.quantile(0.8)) for each in drawn)
    named = made(channels="17,3").numbers["channels"]
    assert [each["channel"] for each in named] == [17, 3, 17]


@pytest.mark.usefixtures("few")
def test_the_answer_of_the_middle_unit_is_what_is_said(bank: VGG, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincel.studies.natural_page.full_range", lambda image: image)
    report = made(channels="3,")
    sheet = blocks_of(report, Sheet)["channels"]
    image = sheet.cells[0][1]
    small = Image.fromarray(np.asarray(image)[:: image.height // 13, :: image.width // 13][:13, :13])
    answer = bank.features(255 * load_picture(small).pixels, ["conv1_1"])["conv1_1"][0, 3, 6, 6]
    assert float(answer) == pytest.approx(report.numbers["channels"][0]["answer"], rel=1e-4)


def test_a_sample_is_not_counted_twice() -> None:
    assert made(source="sample:harbour").numbers["photographs"]["count"] == 4
    assert made(source="sample:glass").numbers["photographs"]["count"] == 5


@pytest.mark.usefixtures("few")
def test_the_real_network_is_climbed() -> None:
    report = made("relu2_1", "2", source="sample:harbour", backbone="vgg19", size=32, steps=12)
    caricatures, channels = report.numbers["caricatures"], report.numbers["channels"]
    assert caricatures[1]["after"] > 1.2
    assert caricatures[1]["after"] > caricatures[0]["after"]
    assert all(each["answer"] > 0 and each["after"] > each["before"] for each in channels)
    # Without regularizers there is grain.
    assert caricatures[0]["fineness"] < caricatures[1]["fineness"]


@pytest.mark.usefixtures("few")
def test_layers_that_see_nothing_are_left_out_unless_they_are_named() -> None:
    report = made(None, "1", backbone="vgg19", size=12, steps=1)
    # 12 by 9 pixels: positions of 8 pixels are the largest that fit.
    assert report.settings["layers"] == ["relu1_2", "relu2_2", "relu3_4", "relu4_4"]
    assert report.notes[0].text("en") == "Left out, since pictures are too small for them: relu5_4."
    with pytest.raises(
        PictureSizeError, match=r"relu5_4 sees nothing in one with a side below 16 pixels · given 12×9 · accepted: 16 or more"
    ):
        made("relu1_2,relu5_4", backbone="vgg19", size=12)


@pytest.mark.usefixtures("few")
def test_where_nothing_is_seen_there_is_no_caricature(monkeypatch: pytest.MonkeyPatch) -> None:
    # To filters without a bias, the mean color is nothing.
    mean = torch.tensor(BACKBONES["random-cnn-11"].mean).view(1, 3, 1, 1)
    monkeypatch.setattr("pincel.studies.natural.network_input", lambda image, _: mean.expand_as(image.pixels))
    report = made(channels="3,", steps=1)
    assert report.numbers["caricatures"] == []
    assert [note.text("en").partition(" excites ")[0] for note in report.notes] == ["Nothing in the photograph", "No photograph"]
    assert [each["times"] for each in report.numbers["channels"]] == [None, None]


@pytest.mark.parametrize(("share", "begun"), [(0, 0), (1, 1), (50, 2), (99, 4)])
@pytest.mark.usefixtures("few")
def test_stopping_keeps_the_pictures_so_far(share: int, begun: int, tmp_path: Path) -> None:
    def tell(event: Any) -> None:
        if isinstance(event, SetupProgress) and event.what == "drawing 5 pictures" and event.done >= share:
            progress.stop("interrupted")

    progress = ProgressReporter(tell)
    report = made(progress=progress, steps=100 if share == 1 else 6)
    assert report.notes[0].text("en") == f"The study was ended early: {begun} of 4 runs were begun, the last one unfinished."
    drawn_ones = [*report.numbers["caricatures"], *report.numbers["channels"]]
    assert len({("channel" in each, each["free"]) for each in drawn_ones}) == begun
    assert all(len(each["history"]) < 50 for each in drawn_ones)
    assert write_report(report, tmp_path / "page", "es")[0].exists()


def test_stopping_before_anything() -> None:
    progress = ProgressReporter()
    progress.stop("terminated")
    report = made(progress=progress)
    assert report.numbers["caricatures"] == []
    assert "0 of 0" in report.notes[0].text("en")
    assert "Caricaturas" in render_page(report, "es", {})


@pytest.mark.parametrize(
    ("given_", "error", "message"),
    [
        ({"layers": "relu1_2"}, UnknownNameError, r"Unknown layer of backbone random-cnn-11 'relu1_2'"),
        ({"layers": ","}, OptionError, r"Layers are given as relu1_1,relu2_1, not ','"),
        ({"channels": "few"}, OptionError, r"channels: no list of numbers · given 'few'"),
        ({"channels": "0"}, OptionError, r"channels: none is left"),
        ({"channels": "5,128"}, OptionError, r"relu1_1 has 128 · given 128 · accepted: 0 to 127"),
        ({"weight": 0.0}, OptionError, r"--weight 0: give a number above 0"),
        ({"weight": math.nan}, OptionError, r"--weight nan: give a number above 0"),
        ({"steps": 0}, OptionError, r"--steps 0: give 1 or more"),
        ({"backbone": "vgg20"}, UnknownNameError, r"Did you mean 'vgg1"),
        (
            {"layers": "relu5_4", "backbone": "vgg19", "size": 15},
            PictureSizeError,
            r"relu5_4 sees nothing .* a larger --size, or shallower",
        ),
        ({"source": Image.new("RGB", (900, 1))}, PictureSizeError, r"picture: too thin"),
    ],
)
def test_refusals(given_: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as trouble:
        made(**given_)
    assert "\n" not in str(trouble.value)


# What is said.


def drawn(layer: str = "relu1_2", after: float = 2.0, **values: Any) -> NaturalImage:
    given_: dict[str, Any] = {"free": False, "before": 1.0, "unclipped": after, "history": [1.0], "naturalness": 0.9, "fineness": 0.1}
    return NaturalImage(layer, Image.new("RGB", (4, 4)), **{**given_, "after": after, **values})


def test_sentences_about_caricatures_follow_the_numbers() -> None:
    assert caricature_finding([drawn("a", 0.8), drawn("b", 0.5)]).text("en").startswith("In no layer")
    assert "b, 7 times" in caricature_finding([drawn("a", 2), drawn("b", 7)]).text("en")
    mixed = caricature_finding([drawn("a", 0.8), drawn("b", 7)])
    assert mixed.text("en").startswith("In 1 of 2 layers")
    assert "a conserva 0.80 de 1" in mixed.text("es")
    assert caricature_finding([drawn("a", 3)]).text("es").startswith("La caricatura dice 3 veces")


def test_sentences_about_channels_follow_the_numbers() -> None:
    def of(*times: float) -> str:
        return maximum_finding([drawn(channel=1, answer=value, largest=1.0) for value in times], 5).text("en")

    assert of(2.0, 4.0).startswith("Every picture excites its channel more than all 5 photographs do anywhere: 3 times")
    assert of(0.5, 4.0).startswith("1 of 2 pictures")
    assert of(0.5, 0.7).startswith("No picture excites")
    assert maximum_finding([drawn(channel=1, answer=1.0, largest=-1.0)], 5).text("en").startswith("No photograph excites any")


def test_sentences_about_naturalness_follow_the_numbers() -> None:
    def of(kept: tuple[float, float], free: tuple[float, float], common: float = 0.8) -> str:
        pair = [drawn(naturalness=kept[0], fineness=kept[1]), drawn(naturalness=free[0], fineness=free[1], free=True, after=9.0)]
        return natural_finding(pair, [], common, [0.05, 0.07]).text("en")

    text = of((0.9, 0.1), (0.7, 0.4))
    assert "90% of their gradients" in text
    assert "not 70% (photographs have 80% with one another): the regularizers keep gradients natural" in text
    assert "10.0% and 40.0% is fine detail (6.0% in the photographs): the regularizers take out the grain" in text
    assert "In 1 of 1" in text
    text = of((0.7, 0.4), (0.9, 0.1), math.nan)
    assert "do not make them more natural" in text
    assert "more grain, not less" in text
    assert "one another" not in text
    alone = natural_finding([drawn(), drawn(free=True, after=1.0)], [], 0.8, [0.05])
    assert "En ninguno llega más lejos" in alone.text("es")
    assert "hardly a difference" in of((0.7, 0.4), (0.705, 0.4))
    assert natural_finding([drawn(naturalness=0.66)], [], 0.8, [0.05]).text("en").startswith("The caricatures have 66%")


def test_notes() -> None:
    said = notes({"relu5_4": [3, 8], "relu1_2": []}, ["fc6"], (1, 4), ["pool5"])
    assert [note.text("en").partition(":")[0] for note in said][:2] == [
        "The study was ended early",
        "Left out, since pictures are too small for them",
    ]
    assert said[2].text("en") == "Nothing in the photograph excites pool5: no caricature."
    assert "channel 3, 8 of relu5_4" in said[3].text("en")
    assert notes({}, [], None, []) == ()


def test_small_pictures_are_enlarged_as_squares() -> None:
    small = Image.fromarray(np.arange(7 * 7 * 3, dtype=np.uint8).reshape(7, 7, 3))
    large = enlarge(small)
    assert large.size == (259, 259)
    assert np.array_equal(np.asarray(large)[::37, ::37], np.asarray(small))
    assert enlarge(Image.new("RGB", (96, 64))).size == (288, 192)


def test_pictures_are_shown_from_their_darkest_to_their_brightest() -> None:
    image = Image.fromarray(np.array([[[100, 110, 120], [140, 150, 200]]], np.uint8))
    assert np.asarray(full_range(image)).tolist() == [[[0, 26, 51], [102, 128, 255]]]
    flat = Image.new("RGB", (2, 2), (7, 7, 7))
    assert np.asarray(full_range(flat)).max() == 0


@pytest.mark.usefixtures("few")
def test_the_command(tmp_path: Path) -> None:
    Image.fromarray(drawing()).save(tmp_path / "photo.png")
    quick = ["--backbone", "random-cnn-11", "--size", "24", "--steps", "2", "--device", "cpu", "--channels", "0,1,2"]
    answer = CliRunner().invoke(
        study_command("natural"), [str(tmp_path / "photo.png"), "-o", str(tmp_path / "out"), *quick, "--lang", "es"]
    )
    assert answer.exit_code == 0, answer.output
    numbers = json.loads((tmp_path / "out" / "numbers.json").read_text())
    assert numbers["settings"]["channels"] == "0,1,2"
    assert [each["channel"] for each in numbers["numbers"]["channels"]] == [0, 1, 2, 0]
    text = (tmp_path / "out" / "index.html").read_text()
    assert "Caricaturas, y lo que quieren los canales sueltos" in text
    assert "gradientes en común" in text
    assert "relu1_1" in answer.output


@pytest.mark.usefixtures("few")
def test_both_languages_say_everything() -> None:
    report = made()
    plots = dict.fromkeys(blocks_of(report, Plot), b"<svg/>")
    languages: tuple[Language, ...] = ("en", "es")
    for language in languages:
        text = render_page(report, language, plots)
        assert "{" not in "".join(block.text.text(language) for block in report.blocks if isinstance(block, Paragraph))
        assert text.count("<figure") >= 5
