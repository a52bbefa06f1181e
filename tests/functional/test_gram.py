"""The style distance is the published one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.functional.conventions import CONVENTIONS
from pincel.functional.gram import gram_distance, gram_matrix
from tests.tensors import assert_close, normal

SHAPES = st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 5), st.integers(1, 5))
SEEDS = st.integers(0, 10_000)


def unrolled_gram(features: Tensor) -> list[list[float]]:
    """Return A·Aᵀ of (1, C, H, W), A unrolled to (C, H·W), sum by sum and not divided by anything."""
    rows = features[0].flatten(1).tolist()
    return [[sum(a * b for a, b in zip(first, second, strict=True)) for second in rows] for first in rows]


def summed_squares(first: list[list[float]], second: list[list[float]]) -> float:
    return sum((a - b) ** 2 for row, other in zip(first, second, strict=True) for a, b in zip(row, other, strict=True))


def test_gram_matrix_by_hand() -> None:
    # Channel 0 is (1, 2), channel 1 is (3, 4); two positions.
    features = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    assert gram_matrix(features).tolist() == [[[5 / 2, 11 / 2], [11 / 2, 25 / 2]]]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_its_gradient_is_that_of_the_sum_it_stands_for(layout: torch.memory_format) -> None:
    features = normal(2, 3, 4, 5).contiguous(memory_format=layout).requires_grad_()
    # Not symmetric: a formula may look at one half of the matrix only.
    slope = normal(2, 3, 3, seed=1)
    (found,) = torch.autograd.grad(gram_matrix(features), features, slope)
    (expected,) = torch.autograd.grad(torch.einsum("bihw,bjhw->bij", features, features) / 20, features, slope)
    assert_close(found, expected)
    assert torch.autograd.gradcheck(gram_matrix, (features,))
    assert torch.autograd.gradgradcheck(gram_matrix, (features,))


def test_gram_distance_by_hand() -> None:
    # Differences 1, 2, 2, 4: squares 1 + 4 + 4 + 16 = 25, four entries.
    gram = torch.tensor([[[2.0, 3.0], [3.0, 5.0]]])
    target = torch.tensor([[[1.0, 1.0], [1.0, 1.0]]])
    assert float(gram_distance(gram, target)) == 25 / 4


def test_each_picture_of_a_batch_has_its_own_gram_matrix() -> None:
    features = normal(2, 3, 4, 5)
    both = gram_matrix(features)
    assert both.shape == (2, 3, 3)
    for index in range(2):
        assert_close(both[index], gram_matrix(features[index : index + 1])[0])


def test_style_term_of_the_deck_as_a_sum() -> None:
    # J_style = 1/(4·nC²·(nH·nW)²) ΣΣ (Gram_S - Gram_G)²
    painted, style = normal(1, 3, 4, 5, seed=1), normal(1, 3, 4, 5, seed=2)
    expected = summed_squares(unrolled_gram(style), unrolled_gram(painted)) / (4 * 3**2 * (4 * 5) ** 2)
    found = CONVENTIONS["slides"].style(3) * gram_distance(gram_matrix(painted), gram_matrix(style))
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_style_term_of_the_paper_as_a_sum() -> None:
    # E_l = 1/(4·N²·M²) ΣΣ (G - A)², for a style picture of the same size.
    painted, style = normal(1, 4, 3, 2, seed=3), normal(1, 4, 3, 2, seed=4)
    channels, positions = 4, 6
    expected = summed_squares(unrolled_gram(painted), unrolled_gram(style)) / (4 * channels**2 * positions**2)
    found = CONVENTIONS["paper"].style(3) * gram_distance(gram_matrix(painted), gram_matrix(style))
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_style_term_of_the_released_code_as_a_sum() -> None:
    # mean over C² entries of ((G - A)/M)²
    painted, style = normal(1, 3, 2, 2, seed=5), normal(1, 3, 2, 2, seed=6)
    expected = summed_squares(unrolled_gram(painted), unrolled_gram(style)) / (3**2 * 4**2)
    found = CONVENTIONS["mean"].style(3) * gram_distance(gram_matrix(painted), gram_matrix(style))
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_gradient_of_the_paper() -> None:
    # dE_l/dF = 1/(N²M²) Fᵀ(G - A), where G = F·Fᵀ without a division.
    features, style = normal(1, 3, 4, 5, seed=7), normal(1, 3, 4, 5, seed=8)
    leaf = features.clone().requires_grad_()
    term = CONVENTIONS["paper"].style(3) * gram_distance(gram_matrix(leaf), gram_matrix(style))
    (found,) = torch.autograd.grad(term, leaf)
    rows, style_rows = features[0].flatten(1), style[0].flatten(1)
    expected = (rows.T @ (rows @ rows.T - style_rows @ style_rows.T)).T / (3**2 * 20**2)
    assert_close(found[0].flatten(1), expected)


def test_gradient_of_the_paper_is_zero_where_the_relu_is() -> None:
    before = normal(1, 3, 4, 4, seed=9).requires_grad_()
    style = gram_matrix(normal(1, 3, 4, 4, seed=10).relu())
    (found,) = torch.autograd.grad(gram_distance(gram_matrix(before.relu()), style), before)
    assert bool((found[before <= 0] == 0).all())
    assert bool((found[before > 0] != 0).all())


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"])
def test_gradient_of_gram_matrix(memory: torch.memory_format) -> None:
    features = normal(2, 3, 2, 4).contiguous(memory_format=memory).requires_grad_()
    assert torch.autograd.gradcheck(gram_matrix, (features,))


def test_gradient_of_gram_distance() -> None:
    gram, target = normal(1, 3, 3, seed=1).requires_grad_(), normal(1, 3, 3, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(gram_distance, (gram, target))


@given(SHAPES, SEEDS)
def test_gram_matrix_is_symmetric_and_positive_semidefinite(shape: tuple[int, int, int, int], seed: int) -> None:
    gram = gram_matrix(normal(*shape, seed=seed))
    assert_close(gram, gram.transpose(1, 2))
    assert float(torch.linalg.eigvalsh(gram).min()) >= -1e-12 * float(gram.abs().max())


@given(SHAPES, SEEDS)
def test_memory_layout_does_not_matter(shape: tuple[int, int, int, int], seed: int) -> None:
    features = normal(*shape, seed=seed)
    assert_close(gram_matrix(features.contiguous(memory_format=torch.channels_last)), gram_matrix(features))


@given(SHAPES, SEEDS)
def test_where_something_is_does_not_matter(shape: tuple[int, int, int, int], seed: int) -> None:
    features = normal(*shape, seed=seed)
    order = torch.randperm(shape[2] * shape[3], generator=torch.Generator().manual_seed(seed))
    shuffled = features.flatten(2)[..., order].view(shape)
    assert_close(gram_matrix(shuffled), gram_matrix(features))


@given(SHAPES, SEEDS, st.floats(0.1, 10))
def test_style_distance_grows_with_the_fourth_power_of_activations(shape: tuple[int, int, int, int], seed: int, scale: float) -> None:
    one, other = normal(*shape, seed=seed), normal(*shape, seed=seed + 1)
    distance = float(gram_distance(gram_matrix(one), gram_matrix(other)))
    scaled = float(gram_distance(gram_matrix(scale * one), gram_matrix(scale * other)))
    assert scaled == pytest.approx(scale**4 * distance, rel=1e-9)


@given(SHAPES, SEEDS)
def test_style_distance_is_zero_only_for_equal_grams(shape: tuple[int, int, int, int], seed: int) -> None:
    gram = gram_matrix(normal(*shape, seed=seed))
    other = gram.clone()
    other[0, 0, -1] += 1e-3
    assert float(gram_distance(gram, gram.clone())) == 0
    assert float(gram_distance(gram, other)) > 0


@given(SHAPES, SEEDS)
def test_tiling_a_picture_leaves_its_style(shape: tuple[int, int, int, int], seed: int) -> None:
    features = normal(*shape, seed=seed)
    assert_close(gram_matrix(features.repeat(1, 1, 2, 2)), gram_matrix(features))
