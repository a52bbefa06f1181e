"""Each spelling of total variation is the published one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.functional.variation import (
    absolute_variation,
    chroma_variation,
    crowsonkb_variation,
    differences,
    neural_style_variation,
    pastiche_variation,
    squared_variation,
    summed_variation,
)
from pincel.losses import VARIATIONS
from tests.tensors import assert_close, distinct, normal

# Across: 2, 3 and -1, 5. Down: 3, 0, 2.
HAND = torch.tensor([[[[1.0, 3.0, 6.0], [4.0, 3.0, 8.0]]]])
# Squares of the diagonal differences of (1 1 3 6 6 / 1 1 3 6 6 / 4 4 3 8 8 / 4 4 3 8 8), row by row.
FALLS = (0 + 4 + 9 + 0) + (9 + 4 + 25 + 4) + (0 + 1 + 25 + 0)
RISES = (0 + 4 + 9 + 0) + (9 + 1 + 9 + 4) + (0 + 1 + 25 + 0)

SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(2, 5), st.integers(2, 5))
SEEDS = st.integers(0, 10_000)


def test_differences_by_hand() -> None:
    across, down = differences(HAND)
    assert across.tolist() == [[[[2, 3], [-1, 5]]]]
    assert down.tolist() == [[[[3, 0, 2]]]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("absolute", (2 + 3 + 1 + 5 + 3 + 0 + 2) / 6),
        ("squared", (4 + 9 + 1 + 25 + 9 + 0 + 4) / 6),
        ("summed", 2 + 3 + 1 + 5 + 3 + 0 + 2),
        # The common grid is the first row without its last column: across 2, 3 and down 3, 0.
        ("neural-style", (4 + 9 + 9 + 0) / 2),
        ("pastiche", ((2 + 3 + 1 + 5) / 4 + (3 + 0 + 2) / 3) / 2),
        # With the nearest pixel beyond the border, twelve falls and twelve rises.
        ("crowsonkb", 2 / 3 * (39 + 13) / 6 + (FALLS + RISES) / 12 / 6),
        # One channel has no color.
        ("chroma", 2 / 3 * (39 + 13) / 6 + (FALLS + RISES) / 12 / 6),
    ],
)
def test_variation_by_hand(name: str, expected: float) -> None:
    assert float(VARIATIONS[name](HAND)) == pytest.approx(expected, rel=1e-6)


def test_chroma_variation_is_that_of_brightness_and_eight_times_that_of_color() -> None:
    picture = normal(2, 3, 4, 5)
    brightness = picture.mean(1, keepdim=True).expand_as(picture)
    parts = crowsonkb_variation(brightness) + 8 * crowsonkb_variation(picture - brightness)
    assert float(chroma_variation(picture)) == pytest.approx(float(parts), rel=1e-6)


@pytest.mark.parametrize("name", list(VARIATIONS))
def test_gradient(name: str) -> None:
    # Whole numbers, no two alike, are far from the kink of |0|.
    assert torch.autograd.gradcheck(VARIATIONS[name], (distinct(1, 2, 3, 4).requires_grad_(),))


def lua_gradient(picture: Tensor) -> Tensor:
    """Scatter x_diff + y_diff as the backward pass of neural-style's TVLoss does."""
    x_diff = picture[..., :-1, :-1] - picture[..., :-1, 1:]
    y_diff = picture[..., :-1, :-1] - picture[..., 1:, :-1]
    gradient = torch.zeros_like(picture)
    gradient[..., :-1, :-1] += x_diff + y_diff
    gradient[..., :-1, 1:] -= x_diff
    gradient[..., 1:, :-1] -= y_diff
    return gradient


@given(SHAPES, SEEDS)
def test_neural_style_variation_has_the_gradient_of_the_lua_program(shape: tuple[int, int, int, int], seed: int) -> None:
    picture = normal(*shape, seed=seed).requires_grad_()
    (found,) = torch.autograd.grad(neural_style_variation(picture), picture)
    assert_close(found, lua_gradient(picture.detach()))


@given(SHAPES, SEEDS, st.floats(-100, 100))
@pytest.mark.parametrize("name", list(VARIATIONS))
def test_a_flat_picture_has_none_and_brightness_does_not_matter(
    name: str, shape: tuple[int, int, int, int], seed: int, brightness: float
) -> None:
    picture = normal(*shape, seed=seed)
    variation = VARIATIONS[name]
    assert float(variation(torch.full(shape, brightness))) == 0
    assert float(variation(picture)) > 0
    assert float(variation(picture + brightness)) == pytest.approx(float(variation(picture)), rel=1e-9)


@given(SHAPES, SEEDS, st.floats(0.1, 10))
@pytest.mark.parametrize(("name", "power"), [("absolute", 1), ("squared", 2), ("summed", 1), ("neural-style", 2), ("pastiche", 1)])
def test_contrast_counts_by_its_power(name: str, power: int, shape: tuple[int, int, int, int], seed: int, contrast: float) -> None:
    picture = normal(*shape, seed=seed)
    expected = contrast**power * float(VARIATIONS[name](picture))
    assert float(VARIATIONS[name](contrast * picture)) == pytest.approx(expected, rel=1e-9)


@given(SHAPES, SEEDS)
def test_absolute_is_summed_over_the_entries(shape: tuple[int, int, int, int], seed: int) -> None:
    picture = normal(*shape, seed=seed)
    assert float(absolute_variation(picture)) == pytest.approx(float(summed_variation(picture)) / picture.numel(), rel=1e-12)


@pytest.mark.parametrize(("variation", "growth"), [(absolute_variation, 2), (squared_variation, 2), (pastiche_variation, 1)])
def test_mean_variations_stay_about_the_same_in_a_larger_picture(variation: object, growth: int) -> None:
    assert callable(variation)
    # A ramp of slope 1 both ways: each entry but the last of its line has a difference of 1.
    small, large = (torch.arange(n).view(1, 1, 1, -1) + torch.arange(n).double().view(1, 1, -1, 1) for n in (50, 200))
    assert float(variation(large)) == pytest.approx(growth, rel=0.01)
    assert float(variation(small)) == pytest.approx(growth, rel=0.03)
