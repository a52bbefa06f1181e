"""Regularizers of pictures rebuilt from their code, against plain loops of their definition."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck

from pincel.functional.natural import SIGMA
from pincel.functional.norms import alpha_norm, clip_norm, range_norm
from pincel.functional.variation import FLAT, beta_variation
from tests.tensors import assert_close, distinct, normal


def looped_variation(picture: Tensor, beta: float) -> float:
    total = 0.0
    for channel in picture:
        height, width = channel.shape
        for i in range(height):
            for j in range(width):
                across = float(channel[i, j + 1] - channel[i, j]) if j + 1 < width else 0.0
                down = float(channel[i + 1, j] - channel[i, j]) if i + 1 < height else 0.0
                total += (across**2 + down**2) ** (beta / 2)
    return total


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0, 3.0])
def test_variation_is_that_of_a_loop_for_each_picture(beta: float) -> None:
    pictures = normal(2, 3, 4, 5)
    expected = torch.tensor([looped_variation(each, beta) for each in pictures], dtype=torch.float64)
    assert_close(beta_variation(pictures, beta), expected)


@pytest.mark.parametrize("beta", [1.0, 1.5, 2.0, 3.0])
def test_variation_has_the_slope_of_its_finite_differences(beta: float) -> None:
    # No two neighbors alike: away from where it has a corner.
    assert gradcheck(lambda x: beta_variation(x, beta), (distinct(1, 2, 3, 4).requires_grad_(),))


def test_the_slope_of_a_flat_place_is_bounded() -> None:
    step = 1e-9
    picture = torch.tensor([[[[0.0, step]]]], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(beta_variation(picture, 1.0).sum(), picture)
    # As of differences whose power is FLAT: d/dx = x / FLAT.
    assert_close(slope, torch.tensor([[[[-step / FLAT, step / FLAT]]]], dtype=torch.float64), rtol=1e-9, atol=0)


@given(beta=st.floats(0.5, 4), level=st.floats(-300, 300))
def test_a_flat_picture_has_neither_variation_nor_slope(beta: float, level: float) -> None:
    picture = torch.full((1, 3, 4, 4), level, dtype=torch.float64, requires_grad=True)
    value = beta_variation(picture, beta)
    (slope,) = torch.autograd.grad(value.sum(), picture)
    assert not value.any()
    assert not slope.any()


def test_norms_by_hand() -> None:
    picture = torch.tensor([[[[1.0, -2.0]], [[2.0, 0.0]], [[2.0, 0.0]]]], dtype=torch.float64)
    assert_close(alpha_norm(picture, 6) * 6 * SIGMA**2, torch.tensor([1 + 3 * 64.0], dtype=torch.float64))
    # Lengths 3 and 2.
    assert_close(range_norm(picture, 6), torch.tensor([(729 + 64) / 2], dtype=torch.float64))


def test_sigma_is_the_length_of_natural_pictures_a_value() -> None:
    assert pytest.approx(27098.1157) == SIGMA * math.sqrt(3 * 227**2)


@pytest.mark.parametrize("norm", [alpha_norm, range_norm])
def test_norms_have_the_slope_of_their_finite_differences(norm: object) -> None:
    assert callable(norm)
    assert gradcheck(lambda x: norm(x, 6) * 1e3, (normal(2, 3, 2, 3).requires_grad_(),))


def test_the_weights_of_paper_and_code_are_one() -> None:
    """λ_α = 2.16e8 on pictures of norm 1 is 8e-10 / 2 on gray levels; λ_V = 0.5 is 1 / 2 (methods of the paper and its code)."""
    picture = 50 * normal(1, 3, 227, 227)
    scaled = picture / (SIGMA * math.sqrt(3 * 227**2))
    ours = 4e-10 * alpha_norm(picture, 6)
    assert_close(ours, 2.16e8 * scaled.abs().pow(6).sum((1, 2, 3)), rtol=2e-3)
    smooth = 0.5 * beta_variation(picture, 2) / (picture[0].numel() * SIGMA**2)
    assert_close(smooth, 0.5 * beta_variation(scaled, 2))


@given(bound=st.floats(1, 400), seed=st.integers(0, 99))
def test_bounded_colors_keep_their_direction(bound: float, seed: int) -> None:
    picture = 150 * normal(1, 3, 3, 3, seed=seed)
    found = clip_norm(picture, bound)
    length = found.norm(dim=1)
    assert bool((length <= bound * (1 + 1e-12)).all())
    short = picture.norm(dim=1, keepdim=True) <= bound
    assert_close(found * short, picture * short)
    assert_close(torch.cosine_similarity(found, picture, dim=1), torch.ones(1, 3, 3, dtype=torch.float64))


def test_black_stays_black() -> None:
    assert not clip_norm(torch.zeros(1, 3, 2, 2), 160.0).any()
