"""What convolutions see beyond the border."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import nn

from pincel.backbones.vgg import VGG, Padding
from pincel.engine.precision import FP32, Precision
from pincel.errors import OptionError
from pincel.functional.gram import gram_matrix
from tests.backbones.stand_ins import random_vgg
from tests.runs import make_run
from tests.tensors import assert_close, picture

THEIRS: tuple[Literal["replicate", "reflect", "circular"], ...] = ("replicate", "reflect", "circular")
GIVEN: dict[str, Any] = {"size": 64, "steps": 3, "scales": "none", "precision": "fp32"}


@pytest.mark.parametrize("padding", THEIRS)
def test_borders_are_those_of_another_program(padding: Literal["replicate", "reflect", "circular"]) -> None:
    vgg = replace(random_vgg([(2, 4), (1, 6)]).to(dtype=torch.float64), padding=padding)
    x = vgg.preprocess(picture(10, 13).double())
    for layer in vgg.spec.layers:
        if layer.kind == "conv":
            weight, bias = vgg.weights[layer.name]
            theirs = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, padding_mode=padding, dtype=torch.float64)
            theirs.load_state_dict({"weight": weight, "bias": bias})
            x = theirs(x).detach()
        else:
            x = torch.relu(x) if layer.kind == "relu" else torch.max_pool2d(x, 2)
        assert_close(vgg.features(picture(10, 13).double(), [layer.name])[layer.name], x)


def test_the_first_convolution_alone_may_see_the_nearest_pixel() -> None:
    vgg = random_vgg([(2, 4)]).to(dtype=torch.float64)
    first, second = (replace(vgg, padding=padding) for padding in ("replicate", "zero"))
    half = first.features(picture(10, 13).double(), ["relu1_1"])["relu1_1"]
    (_, expected) = next(second.forward_layers(second.spec.layers[2:3], half, frozenset(["conv1_2"])))
    found = replace(vgg, padding="replicate-first").features(picture(10, 13).double(), ["relu1_1", "conv1_2"])
    assert_close(found["relu1_1"], half)
    assert_close(found["conv1_2"], expected)


@pytest.mark.parametrize("padding", THEIRS)
def test_winograd_has_the_same_borders(padding: Padding, vgg: VGG) -> None:
    plain = replace(vgg, padding=padding)
    quick = Precision("fp32", "winograd").applied(plain, frozenset(["relu3_1"]))
    pixels = picture(40, 52).requires_grad_()
    slopes = []
    for network in (plain, quick):
        seen = network.features(pixels, ["relu3_1"])["relu3_1"]
        slopes.append(torch.autograd.grad(seen.square().mean(), pixels)[0])
        assert_close(seen.detach(), plain.features(pixels, ["relu3_1"])["relu3_1"].detach(), atol=2e-2, rtol=1e-4)
    assert_close(slopes[1], slopes[0], atol=1e-4 * float(slopes[0].abs().max()))


def test_what_goes_round_can_be_rolled() -> None:
    vgg = replace(random_vgg([(2, 4), (2, 6), (1, 8)]).to(dtype=torch.float64), padding="circular")
    pixels = picture(24, 32).double()
    rolled = pixels.roll((4, -8), (2, 3))
    for layer in ("relu1_1", "relu2_2", "relu3_1"):
        grams = [gram_matrix(vgg.features(each, [layer])[layer]) for each in (pixels, rolled)]
        assert_close(grams[1], grams[0])


def test_a_single_row_has_a_mirror_image() -> None:
    vgg = replace(random_vgg([(1, 4), (1, 4)]), padding="reflect")
    assert vgg.features(picture(2, 8), ["relu2_1"])["relu2_1"].shape[-2:] == (1, 4)


@pytest.mark.parametrize("padding", ["replicate", "replicate-first", "reflect"])
@pytest.mark.parametrize("precision", [FP32, Precision("fp32", "winograd")], ids=str)
def test_tiles_have_the_borders_of_the_whole(padding: Padding, precision: Precision, photographs: list[Path]) -> None:
    given = {**GIVEN, "recipe": "gram", "size": 100, "padding": padding, "precision": precision}
    whole, tiled = (make_run(photographs[0], photographs[1], tiles=tiles, **given) for tiles in ("whole", "pool2=32,rest=64"))
    x = whole.objectives.full.problem.canvas.encode(255 * whole.objectives.images.content.pixels).flip(-1)
    (first, slope), (second, slopes) = whole.objectives.full.gradient(x), tiled.objectives.full.gradient(x)
    assert float(second.total) == pytest.approx(float(first.total), rel=1e-6)
    assert float((slopes - slope).abs().max()) < 1e-5 * float(slope.abs().max())


def test_a_picture_that_goes_round_is_looked_at_as_a_whole(photographs: list[Path]) -> None:
    with pytest.raises(OptionError, match="With --padding circular a picture is looked at as a whole"):
        make_run(photographs[0], photographs[1], tiles="rest=64", padding="circular", **GIVEN)
    run = make_run(photographs[0], photographs[1], memory="1M", padding="circular", **GIVEN)
    assert not run.plan.layout(run.size).cuts
    assert run.objectives.full.reduce_memory() is None
