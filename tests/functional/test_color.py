"""Colors given from one picture to another."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.exposure
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pincel.functional import color
from pincel.functional.color import Matcher, color_statistics, luminance, pool_statistics, with_luminance_of
from tests.tensors import assert_close, picture

LINEAR = [color.cholesky, color.pca, color.monge]


def tinted(seed: int, height: int = 24, width: int = 31) -> Tensor:
    """A picture in [0, 1] whose channels have means, spreads and correlations of their own."""
    mix = (
        torch.tensor([[0.5, 0.2, 0.1], [0.1, 0.4, 0.0], [0.3, 0.1, 0.2]])
        if seed % 2
        else torch.tensor([[0.4, 0.1, 0.2], [0.2, 0.3, 0.1], [0.1, 0.0, 0.5]])
    )
    return torch.einsum("ij,bjhw->bihw", mix, picture(height, width, seed) / 255) + 0.05 * seed


@pytest.mark.parametrize("match", LINEAR, ids=lambda match: match.__name__)
@given(first=st.integers(0, 5), second=st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_mean_and_covariance_become_the_targets(match: Matcher, first: int, second: int) -> None:
    target = color_statistics(tinted(second, 19, 40))
    found = color_statistics(match(tinted(first), target))
    assert_close(found.mean, target.mean, atol=1e-5)
    assert_close(found.covariance, target.covariance, atol=1e-3)


@pytest.mark.parametrize("match", [*LINEAR, color.histogram], ids=lambda match: match.__name__)
def test_a_picture_that_has_the_colors_stays_as_it_is(match: Matcher) -> None:
    pixels = tinted(1)
    assert_close(match(pixels, color_statistics(pixels)), pixels, atol=1e-2)


@pytest.mark.parametrize("match", [*LINEAR, color.histogram], ids=lambda match: match.__name__)
def test_a_picture_in_one_color_is_no_trouble(match: Matcher) -> None:
    flat = torch.full((1, 3, 4, 5), 0.3)
    target = color_statistics(tinted(1))
    # A histogram has a middle, moments have a mean.
    assert_close(color_statistics(match(flat, target)).mean, target.mean, atol=5e-2)
    assert_close(match(tinted(1), color_statistics(flat)), torch.full((1, 3, 24, 31), 0.3), atol=0.05)


def test_monge_moves_colors_least() -> None:
    pixels, target = tinted(3), color_statistics(tinted(2))
    moved = [float((match(pixels, target) - pixels).square().mean()) for match in LINEAR]
    assert moved[2] == min(moved)


def test_histograms_agree_with_another_program() -> None:
    pixels, target = tinted(1, 64, 64), tinted(2, 64, 64)
    theirs = skimage.exposure.match_histograms(pixels[0].permute(1, 2, 0).numpy(), target[0].permute(1, 2, 0).numpy(), channel_axis=-1)
    ours = color.histogram(pixels, color_statistics(target))[0].permute(1, 2, 0).numpy()
    assert np.abs(ours - theirs).max() < 0.06
    assert np.abs(ours - theirs).mean() < 5e-3


def test_equal_values_stay_equal() -> None:
    pixels = torch.tensor([0.1, 0.1, 0.5, 0.5, 0.5, 0.9]).expand(1, 3, 1, 6)
    matched = color.histogram(pixels, color_statistics(tinted(2)))
    assert len(set(matched[0, 0, 0].tolist())) == 3


def test_pooled_colors_are_those_of_all_points() -> None:
    first, second = tinted(1), tinted(4)
    together = color_statistics(torch.cat([first, second, second, second], dim=2))
    found = pool_statistics([(color_statistics(first), 0.5), (color_statistics(second), 1.5), (color_statistics(tinted(2)), 0.0)])
    assert_close(found.mean, together.mean)
    assert_close(found.covariance, together.covariance)
    assert_close(pool_statistics([(color_statistics(first), 3.0)]).quantiles, color_statistics(first).quantiles)


@given(first=st.integers(0, 5), second=st.integers(0, 5))
@settings(max_examples=10, deadline=None)
def test_luminance_leaves_the_chroma_exactly(first: int, second: int) -> None:
    pixels, other = tinted(first).clamp(0, 1), tinted(second).clamp(0, 1)
    found = with_luminance_of(pixels, other)
    assert_close(found[:, 0] - found[:, 1], pixels[:, 0] - pixels[:, 1], atol=1e-6)
    assert_close(found[:, 2] - found[:, 1], pixels[:, 2] - pixels[:, 1], atol=1e-6)
    assert float(found.min()) >= -1e-6
    assert float(found.max()) <= 1 + 1e-6
    inside = ((found > 1e-3) & (found < 1 - 1e-3)).all(1, keepdim=True)
    assert_close(luminance(found)[:, :1][inside], luminance(other)[:, :1][inside], atol=1e-5)


def test_luminance_is_that_of_rec_601() -> None:
    gray = luminance(torch.tensor([1.0, 0.5, 0.25]).view(1, 3, 1, 1))
    assert gray.flatten().tolist() == pytest.approx([0.299 + 0.5 * 0.587 + 0.25 * 0.114] * 3)


def test_what_was_clipped_is_not_torn_from_what_was_not() -> None:
    values = torch.cat([torch.linspace(0.2, 1, 300), torch.ones(100)]).expand(1, 3, 1, 400)
    matched = color.histogram(values, color_statistics(tinted(1)))[0, 0, 0]
    # One level below white, of 255: a fifth of the ranks lie between.
    white, near = float(matched[-1]), float(matched[298])
    assert white - near < 0.1
    assert len(set(matched[-100:].tolist())) == 1
