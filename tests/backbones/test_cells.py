"""Slopes vote for directions as the paper says, and their gradients are those of the released code, and finite."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.backbones.cells import MIN_LENGTH, Binning, hard_bins, image_gradients, pool_cells, soft_bins
from tests.tensors import assert_close, normal

SEEDS = st.integers(0, 10_000)


def test_slopes_by_hand() -> None:
    gray = torch.tensor([[1.0, 2.0, 4.0, 8.0], [3.0, 5.0, 7.0, 9.0], [2.0, 6.0, 4.0, 0.0]])[None, None]
    assert image_gradients(gray)[0].tolist() == [[[2.0, 2.0]], [[2.0, 0.0]]]


def test_of_two_directions_as_near_the_first_is_taken() -> None:
    # Straight down is between bins 4 (80°) and 5 (100°), straight up between 13 and 14.
    for dtype in (torch.float32, torch.float64):
        steep = torch.tensor([[0.0, 0.0], [3.7, -0.1]], dtype=dtype).view(1, 2, 1, 2)
        assert hard_bins(steep, 18)[0, :, 0].argmax(0).tolist() == [4, 13]


@given(SEEDS, st.integers(2, 9).map(lambda half: 2 * half), st.sampled_from([hard_bins, soft_bins]))
def test_bins_add_up_to_the_length_of_a_slope(seed: int, directions: int, bins: Binning) -> None:
    steep = normal(2, 2, 3, 4, seed=seed)
    votes = bins(steep, directions)
    assert votes.shape == (2, directions, 3, 4)
    assert float(votes.min()) >= 0
    assert_close(votes.sum(1), steep.square().sum(1).sqrt())
    # Opposite slopes have opposite bins.
    assert_close(bins(-steep, directions), votes.roll(directions // 2, dims=1))


@pytest.mark.parametrize("bins", [hard_bins, soft_bins])
def test_gradient_of_bins(bins: Binning) -> None:
    assert torch.autograd.gradcheck(lambda steep: bins(steep, 18), (normal(1, 2, 5, 6).requires_grad_(),))


def test_gradient_of_soft_bins_is_that_of_the_released_code() -> None:
    # Of each two directions the middle; nearer to one of them, the released code rounds off.
    turn = 2 * math.pi / 18 * (torch.arange(18) + 0.1 + 0.8 * normal(18).sigmoid())
    steep = (torch.stack([turn.cos(), turn.sin()]) * normal(18, seed=1).exp()).view(1, 2, 3, 6).requires_grad_()
    slope = normal(1, 18, 3, 6, seed=2)
    (found,) = torch.autograd.grad(soft_bins(steep, 18), steep, slope)
    # hog_binning_backward of hog_net.m, and the convolution before it.
    angles = 2 * math.pi / 18 * torch.arange(18, dtype=torch.float64)
    compass = torch.stack([angles.cos(), angles.sin()], dim=1)
    x = torch.einsum("kd,bdij->bkij", compass, steep.detach())
    n = (x.square().sum(1, keepdim=True) / 9).sqrt()
    cosine = (x / n).clamp(-1, 1)
    left = 1 - 18 / (2 * math.pi) * cosine.acos()
    dcos = 18 / (2 * math.pi) / (1.0000001 - cosine.square()).sqrt() * (left > 0) * slope
    dweight = dcos / n - (dcos * x / 9 / n**3).sum(1, keepdim=True) * x
    dx = (slope * left.clamp(min=0)).sum(1, keepdim=True) * x / 9 / n + n * dweight
    assert_close(found, torch.einsum("kd,bkij->bdij", compass, dx), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bins", [hard_bins, soft_bins])
# The square of 1e-22 is a number in float32, and one over it is not.
@pytest.mark.parametrize("tiny", [0.0, 1e-42, 1e-22, MIN_LENGTH, 2 * MIN_LENGTH])
def test_gradient_of_bins_is_finite_where_there_is_no_slope(bins: Binning, tiny: float) -> None:
    steep = tiny * torch.tensor([[0.0, 1.0, 0.0, -1.0, 1.0], [0.0, 0.0, 1.0, 0.0, 1.0]]).view(1, 2, 1, 5)
    steep.requires_grad_()
    votes = bins(steep, 18)
    (found,) = torch.autograd.grad(votes, steep, normal(1, 18, 1, 5, dtype=torch.float32))
    assert bool(found.isfinite().all())
    # No steeper than two bins between two directions: 18/2π for each, and the length.
    assert float(found.abs().max()) < 30
    assert bool((found[..., 0] == 0).all())


def test_cells_by_hand() -> None:
    # Two squares of 4 pixels, one every 2: weights 1/4 3/4 3/4 1/4 along each side. The fifth row and the seventh column are not seen.
    votes = torch.zeros(1, 1, 5, 7)
    votes[..., 1, 2], votes[..., 0, 5], votes[..., 4, 0], votes[..., 0, 6] = 16.0, 32.0, 100.0, 100.0
    assert pool_cells(votes, 2)[0, 0].tolist() == [[9.0, 3.0 + 2.0]]
    # One row and column of zeros before and one behind: all is one further, and the fifth row and the seventh column are seen by a quarter.
    assert pool_cells(votes, 2, around=2)[0, 0].tolist() == [[3.0, 9.0, 18.0 + 18.75], [1.0 + 18.75, 3.0, 0.0]]
