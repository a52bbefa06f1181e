"""The content distance is the published one."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.functional.content import feature_distance
from pincel.functional.conventions import CONVENTIONS
from tests.tensors import assert_close, normal

SHAPES = st.tuples(st.integers(1, 1), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
SEEDS = st.integers(0, 10_000)


def summed_squares(first: Tensor, second: Tensor) -> float:
    pairs: Iterable[tuple[float, float]] = zip(first.flatten().tolist(), second.flatten().tolist(), strict=True)
    return sum((a - b) ** 2 for a, b in pairs)


def content_term(convention: str, features: Tensor, target: Tensor) -> float:
    return float(CONVENTIONS[convention].content(target[0].numel()) * feature_distance(features, target))


def test_content_distance_by_hand() -> None:
    # Differences 0, 2, 0, 4: squares 4 + 16 = 20, four entries.
    features = torch.tensor([[[[1.0, 1.0]], [[1.0, 1.0]]]])
    target = torch.tensor([[[[1.0, 3.0]], [[1.0, 5.0]]]])
    assert float(feature_distance(features, target)) == 20 / 4


@pytest.mark.parametrize(
    ("convention", "factor"),
    [
        ("slides", 1 / (4 * 4 * 5 * 3)),  # 1/(4·nH·nW·nC) Σ (a_C - a_G)²
        ("paper", 1 / 2),  # ½ Σ (F - P)²
        ("mean", 1 / (4 * 5 * 3)),
    ],
)
def test_content_term_as_a_sum(convention: str, factor: float) -> None:
    painted, content = normal(1, 3, 4, 5, seed=1), normal(1, 3, 4, 5, seed=2)
    assert content_term(convention, painted, content) == pytest.approx(factor * summed_squares(content, painted), rel=1e-12)


def test_gradient_of_the_paper() -> None:
    # dL/dF = F - P where the ReLU lets through, 0 elsewhere.
    before, content = normal(1, 2, 3, 4, seed=3).requires_grad_(), normal(1, 2, 3, 4, seed=4).relu()
    features = before.relu()
    (found,) = torch.autograd.grad(CONVENTIONS["paper"].content(24) * feature_distance(features, content), before)
    expected = torch.where(before > 0, features - content, torch.zeros_like(features))
    assert_close(found, expected.detach())


def test_gradient_of_the_content_distance() -> None:
    features, target = normal(1, 2, 3, 4, seed=1).requires_grad_(), normal(1, 2, 3, 4, seed=2).requires_grad_()
    assert torch.autograd.gradcheck(feature_distance, (features, target))


def test_the_conventions_are_those_of_the_table() -> None:
    assert {name: (c.content(100), c.style(8)) for name, c in CONVENTIONS.items()} == {
        "slides": (0.25, 0.25),
        "paper": (50, 0.25),
        "mean": (1, 1),
        "channels": (1, 1 / 64),
        "rooted": (5, 0.25),
    }


@given(SHAPES, SEEDS)
def test_content_distance_is_symmetric_and_zero_only_for_equals(shape: tuple[int, int, int, int], seed: int) -> None:
    features, target = normal(*shape, seed=seed), normal(*shape, seed=seed + 1)
    other = features.clone()
    other[0, -1, -1, -1] += 1e-3
    assert float(feature_distance(features, features.clone())) == 0
    assert float(feature_distance(features, other)) > 0
    assert float(feature_distance(features, target)) == float(feature_distance(target, features))


@given(SHAPES, SEEDS)
def test_only_the_paper_counts_pixels(shape: tuple[int, int, int, int], seed: int) -> None:
    features, target = normal(*shape, seed=seed), normal(*shape, seed=seed + 1)
    tiled = features.repeat(1, 1, 2, 2), target.repeat(1, 1, 2, 2)
    for convention, growth in {"slides": 1, "mean": 1, "paper": 4}.items():
        assert content_term(convention, *tiled) == pytest.approx(growth * content_term(convention, features, target), rel=1e-9)
