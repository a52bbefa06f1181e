"""Errors without a unit, gradients on their way down, and the parting of variance, against cases worked by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor
from torch.nn import functional

from pincel.backbones.vgg import VGG, Pooling
from pincel.images.io import load_picture
from pincel.studies.anova import anova_effects
from pincel.studies.feature_errors import content_error, layer_errors, pixel_error, style_error
from pincel.studies.features import features, load_network, network_input, white_noise
from pincel.studies.gradient_flow import gradient_flow
from pincel.studies.settings import StudySettings
from tests.backbones.stand_ins import random_vgg


def test_errors_by_hand() -> None:
    seen, wanted = torch.tensor([[[[1.0, 2.0]], [[2.0, 0.0]]]]), torch.tensor([[[[1.0, 0.0]], [[2.0, 0.0]]]])
    assert content_error(seen, wanted) == pytest.approx(2 / 5**0.5)
    # Gram matrices over two positions: ½·[[5, 2], [2, 4]] and ½·[[1, 2], [2, 4]].
    assert style_error(seen, wanted) == pytest.approx(4 / 25**0.5)


def test_nothing_is_as_far_as_can_be_from_something_but_not_from_nothing() -> None:
    zero, one = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    assert content_error(zero, zero) == 0
    assert content_error(one, zero) == 1
    assert content_error(zero, one) == 1


def test_pixel_error_counts_gray_levels() -> None:
    black, gray = (load_picture(Image.new("RGB", (4, 3), (level,) * 3)) for level in (0, 51))
    assert pixel_error(gray, black) == pytest.approx(51)


def test_a_picture_is_no_way_from_itself() -> None:
    settings = StudySettings(32)
    backbone = load_network(settings, "avg")
    image = Image.effect_noise((32, 24), 60).convert("RGB")
    layers = ("relu1_1", "relu2_1")
    wanted = features(backbone, load_picture(image), layers)
    assert layer_errors(backbone, image, wanted, layers) == ([0, 0], [0, 0])
    content, style = layer_errors(backbone, image.resize((16, 16)), wanted, layers)
    assert all(map(math.isnan, content))
    assert all(value > 0 for value in style)


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_the_gradient_is_that_of_a_network_written_out(pooling: Pooling) -> None:
    backbone = double(random_vgg([(1, 4), (1, 6)], pooling))
    torch.manual_seed(0)
    pixels, wanted = 255 * torch.rand(1, 3, 12, 12, dtype=torch.float64), torch.rand(1, 6, 6, 6, dtype=torch.float64)
    flows = gradient_flow(backbone, pixels, wanted, "relu2_1", ["relu1_1", "relu2_1"])
    expected = written_out(backbone.weights, backbone.spec.mean, pixels, wanted, pooling)
    assert [flow.layer for flow in flows] == ["picture", "relu1_1", "relu2_1"]
    for flow, slope in zip(flows, expected, strict=True):
        size = slope.abs()
        assert flow.norm == pytest.approx(float(slope.square().mean().sqrt()), rel=1e-9)
        assert flow.alive == pytest.approx(float((slope != 0).double().mean()))
        assert flow.spread == pytest.approx(float(size.mean() ** 2 / slope.square().mean()), rel=1e-9)


def double(backbone: VGG) -> VGG:
    return backbone.to(dtype=torch.float64)


def written_out(
    weights: Mapping[str, tuple[Tensor, Tensor]], mean: tuple[float, ...], pixels: Tensor, wanted: Tensor, pooling: str
) -> tuple[Tensor, ...]:
    leaf = pixels.clone().requires_grad_(True)
    first = functional.relu(functional.conv2d(leaf - pixels.new_tensor(mean).view(1, 3, 1, 1), *weights["conv1_1"], padding=1))
    pooled = functional.avg_pool2d(first, 2) if pooling == "avg" else functional.max_pool2d(first, 2)
    second = functional.relu(functional.conv2d(pooled, *weights["conv2_1"], padding=1))
    return torch.autograd.grad((second - wanted).square().mean() / 4, [leaf, first, second])


def test_average_pooling_spreads_a_gradient_that_maximum_pooling_does_not() -> None:
    settings = StudySettings(32, seed=1)
    image = load_picture(Image.effect_noise((32, 32), 80).convert("RGB"))
    found = {}
    for pooling in get_args(Pooling):
        backbone = load_network(settings, pooling)
        wanted = features(backbone, image, ["relu2_1"])["relu2_1"]
        found[pooling] = gradient_flow(
            backbone, white_noise(network_input(image, backbone), settings), wanted, "relu2_1", ["relu1_2", "relu2_1"]
        )
    assert found["avg"][1].alive > 2 * found["max"][1].alive


def test_noise_is_white_and_the_same_for_the_same_seed() -> None:
    like = torch.zeros(1, 3, 64, 64)
    one, two = white_noise(like, StudySettings(64)), white_noise(like, StudySettings(64))
    assert torch.equal(one, two)
    assert not torch.equal(one, white_noise(like, StudySettings(64, seed=1)))
    assert one.mean((0, 2, 3)).tolist() == pytest.approx(StudySettings(64).spec.mean, abs=0.1)
    assert float(one.std((0, 2, 3)).mean()) == pytest.approx(1, abs=0.05)


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=4))
def test_shares_of_variance_add_up(values: list[float]) -> None:
    a, b, c, d = (torch.tensor([value], dtype=torch.float64) for value in values)
    found = anova_effects([[a, b], [c, d]])
    total = float(torch.cat([a, b, c, d]).var(unbiased=False))
    assert found.content + found.style + found.both == pytest.approx(1.0 if total > 1e-12 else 0.0, abs=1e-6) or total < 1e-9
    # Contents exchanged for styles, and all else stays.
    turned = anova_effects([[a, c], [b, d]])
    assert (turned.content, turned.style, turned.both) == pytest.approx((found.style, found.content, found.both))


def test_each_effect_alone() -> None:
    def table(*values: float) -> list[list[Tensor]]:
        a, b, c, d = (torch.full((2, 3), value) for value in values)
        return [[a, b], [c, d]]

    assert anova_effects(table(0, 0, 1, 1)).content == 1
    assert anova_effects(table(0, 1, 0, 1)).style == 1
    assert anova_effects(table(0, 1, 1, 0)).both == 1
    assert vars(anova_effects(table(2, 2, 2, 2))) == {"content": 0, "style": 0, "both": 0}
