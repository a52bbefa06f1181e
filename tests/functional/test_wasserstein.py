"""The sliced Wasserstein distance is the published one, and sees what Gram matrices do not."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.functional.gram import gram_distance, gram_matrix
from pincel.functional.wasserstein import quantile_distance, sliced_wasserstein, sorted_projections, unit_directions
from tests.tensors import assert_close, distinct, normal

SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
SEEDS = st.integers(0, 10_000)
AXES = torch.eye(2, dtype=torch.float64)


def directions(channels: int, count: int = 8, seed: int = 0) -> Tensor:
    return unit_directions(channels, count, torch.Generator().manual_seed(seed), dtype=torch.float64)


def wasserstein(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the squared 2-Wasserstein distance of two lists of numbers: each repeated until both are as long, then sorted."""
    length = math.lcm(len(one), len(other))
    first, second = (np.sort(np.repeat(numbers, length // len(numbers))) for numbers in (one, other))
    return float(np.mean((first - second) ** 2))


def test_along_the_axes_by_hand() -> None:
    features = torch.tensor([[[[3.0, 1.0]], [[0.0, 2.0]]]], dtype=torch.float64)
    target = torch.tensor([[[[1.0, 1.0]], [[5.0, 4.0]]]], dtype=torch.float64)
    # First channel 1, 3 against 1, 1: (0 + 4) / 2. Second 0, 2 against 4, 5: (16 + 9) / 2. Mean of both.
    assert float(sliced_wasserstein(features, target, AXES)) == (2 + 12.5) / 2


def test_along_a_slanting_direction_by_hand() -> None:
    features = torch.tensor([[[[1.0, 0.0]], [[0.0, 3.0]]]], dtype=torch.float64)
    slanting = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    # Projections 0.6 and 2.4 against zeros.
    assert float(sliced_wasserstein(features, torch.zeros_like(features), slanting)) == pytest.approx((0.36 + 5.76) / 2, rel=1e-12)


def test_different_numbers_of_positions_by_hand() -> None:
    # 0 0 0 6 6 6 against 1 1 4 4 7 7: differences 1 1 4 2 1 1.
    found = quantile_distance(torch.tensor([0.0, 6.0]), torch.tensor([1.0, 4.0, 7.0]))
    assert float(found) == pytest.approx((1 + 1 + 16 + 4 + 1 + 1) / 6)


@given(st.integers(1, 12), st.integers(1, 12), SEEDS)
def test_one_channel_is_the_wasserstein_distance_of_numbers(count: int, wanted: int, seed: int) -> None:
    one, other = normal(1, 1, 1, count, seed=seed), normal(1, 1, 1, wanted, seed=seed + 1)
    expected = wasserstein(one.flatten().numpy(), other.flatten().numpy())
    assert float(sliced_wasserstein(one, other, torch.ones(1, 1))) == pytest.approx(expected, rel=1e-9)


@given(SHAPES, SEEDS)
def test_one_direction_is_the_wasserstein_distance_of_projections(shape: tuple[int, int, int, int], seed: int) -> None:
    one, other = normal(1, *shape[1:], seed=seed), normal(1, *shape[1:-1], shape[-1] + 2, seed=seed + 1)
    line = directions(shape[1], 1, seed)
    first, second = (np.tensordot(line.numpy()[0], features.numpy()[0], 1).ravel() for features in (one, other))
    assert float(sliced_wasserstein(one, other, line)) == pytest.approx(wasserstein(first, second), rel=1e-9)


def test_equal_gram_matrices_are_told_apart() -> None:
    # One flat value, and two that have its mean square; a picture whose strokes are gone has the same Gram matrix.
    one, other = torch.tensor([[[[1.0, 7.0]]]]), torch.tensor([[[[5.0, 5.0]]]])
    assert float(gram_distance(gram_matrix(one), gram_matrix(other))) == 0
    assert float(sliced_wasserstein(one, other, torch.ones(1, 1))) == 10


def test_equal_gram_matrices_of_many_channels_are_told_apart() -> None:
    # An orthogonal mixture of positions leaves F·Fᵀ and moves the features.
    one = normal(1, 3, 4, 5)
    turned = (one.flatten(2) @ torch.linalg.qr(normal(20, 20, seed=1)).Q).view_as(one)
    assert float(gram_distance(gram_matrix(one), gram_matrix(turned))) < 1e-24
    assert float(sliced_wasserstein(one, turned, directions(3))) > 1e-3


@given(SHAPES, SEEDS)
def test_where_something_is_does_not_matter(shape: tuple[int, int, int, int], seed: int) -> None:
    features = normal(*shape, seed=seed)
    order = torch.randperm(shape[2] * shape[3], generator=torch.Generator().manual_seed(seed))
    shuffled = features.flatten(2)[..., order].view(shape)
    assert float(sliced_wasserstein(shuffled, features, directions(shape[1]))) < 1e-24


@given(SHAPES, SEEDS)
def test_another_set_of_features_is_at_a_distance(shape: tuple[int, int, int, int], seed: int) -> None:
    features = normal(*shape, seed=seed)
    other = features.clone()
    other[0, 0, -1, -1] += 1e-3
    assert float(sliced_wasserstein(other, features, directions(shape[1]))) > 0


@given(SHAPES, SEEDS)
def test_it_is_symmetric(shape: tuple[int, int, int, int], seed: int) -> None:
    one, other = normal(*shape, seed=seed), normal(*shape[:-1], shape[-1] + 1, seed=seed + 1)
    lines = directions(shape[1])
    assert float(sliced_wasserstein(one, other, lines)) == pytest.approx(float(sliced_wasserstein(other, one, lines)), rel=1e-9)


@given(SHAPES, SEEDS, st.floats(-10, 10))
def test_it_grows_with_the_square_of_activations(shape: tuple[int, int, int, int], seed: int, scale: float) -> None:
    one, other, lines = normal(*shape, seed=seed), normal(*shape, seed=seed + 1), directions(shape[1])
    expected = scale**2 * float(sliced_wasserstein(one, other, lines))
    assert float(sliced_wasserstein(scale * one, scale * other, lines)) == pytest.approx(expected, rel=1e-9, abs=1e-24)


@given(SHAPES, SEEDS)
def test_a_shift_counts_by_its_square_along_each_direction(shape: tuple[int, int, int, int], seed: int) -> None:
    features, lines = normal(*shape, seed=seed), directions(shape[1])
    shift = normal(1, shape[1], 1, 1, seed=seed + 1)
    expected = float((lines @ shift.flatten()).square().mean())
    assert float(sliced_wasserstein(features + shift, features, lines)) == pytest.approx(expected, rel=1e-9)


@given(SHAPES, SEEDS, st.integers(1, 3), st.integers(1, 3))
def test_a_repeated_picture_has_the_same_distribution(shape: tuple[int, int, int, int], seed: int, down: int, across: int) -> None:
    features = normal(*shape, seed=seed)
    assert float(sliced_wasserstein(features.repeat(1, 1, down, across), features, directions(shape[1]))) < 1e-24


def test_samples_of_one_distribution_at_two_sizes_are_close() -> None:
    small, large, other = normal(1, 4, 24, 24), normal(1, 4, 40, 41, seed=1), 1.5 * normal(1, 4, 40, 41, seed=2)
    lines = directions(4, 32)
    assert float(sliced_wasserstein(small, large, lines)) < 0.01
    assert float(sliced_wasserstein(small, other, lines)) > 0.1


@given(SEEDS)
def test_each_picture_of_a_batch_is_compared_with_its_own_target(seed: int) -> None:
    both, targets, lines = normal(2, 3, 2, 2, seed=seed), normal(2, 3, 3, 2, seed=seed + 1), directions(3)
    each = [sliced_wasserstein(both[i : i + 1], targets[i : i + 1], lines) for i in range(2)]
    assert_close(sliced_wasserstein(both, targets, lines), torch.stack(each).mean())


@pytest.mark.parametrize("positions", [(2, 3), (3, 3)], ids=["as many positions", "more positions"])
def test_gradient_by_finite_differences(positions: tuple[int, int]) -> None:
    # Whole numbers, no two alike, keep their ranks along the axes.
    features = distinct(1, 2, 2, 3).requires_grad_()
    target = normal(1, 2, *positions).requires_grad_()
    assert torch.autograd.gradcheck(sliced_wasserstein, (features, target, AXES))


def test_the_gradient_pulls_each_feature_to_the_one_of_its_rank() -> None:
    features = torch.tensor([[[[9.0, 1.0, 4.0]]]], requires_grad=True)
    target = torch.tensor([[[[0.0, 8.0, 5.0]]]])
    (slope,) = torch.autograd.grad(sliced_wasserstein(features, target, torch.ones(1, 1)), features)
    assert_close(slope, 2 / 3 * torch.tensor([[[[9.0 - 8, 1 - 0, 4 - 5]]]]))


def test_single_precision_agrees_with_double() -> None:
    one, other, lines = normal(1, 16, 30, 30), normal(1, 16, 25, 31, seed=1), directions(16)
    single = sliced_wasserstein(one.float(), other.float(), lines)
    assert single.dtype == torch.float32
    assert float(single) == pytest.approx(float(sliced_wasserstein(one, other, lines)), rel=1e-5)


def test_positions_beyond_single_precision_are_counted_exactly() -> None:
    # n·m is 4·10⁹ here, past the whole numbers of float32 and int32.
    numbers = torch.linspace(0, 1, 65_000, dtype=torch.float64)
    found = float(quantile_distance(numbers, torch.linspace(0, 1, 64_999, dtype=torch.float64)))
    assert 0 <= found < 1e-9


def test_directions_have_length_one_and_no_favorite() -> None:
    lines = directions(3, 20_000)
    assert_close(lines.square().sum(1), torch.ones(20_000, dtype=torch.float64))
    assert float(lines.mean(0).abs().max()) < 0.02
    assert_close(lines.T @ lines / 20_000, torch.eye(3, dtype=torch.float64) / 3, atol=0.01)


def test_directions_are_those_of_their_generator() -> None:
    one, other = directions(3, seed=1), directions(3, seed=2)
    assert_close(one, directions(3, seed=1))
    assert float((one - other).abs().max()) > 0.1


def test_projections_are_sorted_and_shaped() -> None:
    ranked = sorted_projections(normal(2, 3, 4, 5), directions(3, 7))
    assert ranked.shape == (2, 7, 20)
    assert bool((ranked.diff() >= 0).all())
