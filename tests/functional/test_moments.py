"""Distances of means and covariances."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import scipy.linalg
import torch
from torch import Tensor

from pincel.functional.moments import (
    SMALL,
    Moments,
    bures_distance,
    covariance_distance,
    mean_std_distance,
    shift_distance,
)
from pincel.losses.moments import FeatureStatistics
from pincel.types import Window
from tests.tensors import assert_close, normal

FORMULAS = [mean_std_distance, covariance_distance, bures_distance, shift_distance]
Formula = Callable[[Moments, Moments], Tensor]


def points(seed: int, channels: int = 5, count: int = 40) -> Tensor:
    return normal(channels, channels, seed=seed) @ normal(channels, count, seed=seed + 10) + normal(channels, 1, seed=seed + 20)


def moments(features: Tensor) -> Moments:
    """Of (C, N), from the definition."""
    return Moments((features @ features.T / features.shape[1])[None], features.mean(1)[None])


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_like_has_no_distance_to_like(formula: Formula) -> None:
    assert float(formula(moments(points(1)), moments(points(1)))) == pytest.approx(0, abs=1e-9)
    assert float(formula(moments(points(1)), moments(points(2)))) > 0.01


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.__name__)
def test_slopes_are_those_of_finite_differences(formula: Formula) -> None:
    target = moments(points(2))

    def distance(features: Tensor) -> Tensor:
        return formula(moments(features), target).sum()

    assert torch.autograd.gradcheck(distance, (points(1).requires_grad_(),), eps=1e-6, atol=1e-5)


def test_the_definitions_worked_by_hand() -> None:
    # Two channels, two positions: means (1, 3) and (0, 0); deviations (1, 0) and (2, 0).
    found, target = moments(torch.tensor([[0.0, 2.0], [3.0, 3.0]]).double()), moments(torch.tensor([[-2.0, 2.0], [0.0, 0.0]]).double())
    assert float(mean_std_distance(found, target)) == pytest.approx((1 + 9 + 1) / 2, rel=1e-3)
    assert float(covariance_distance(found, target)) == pytest.approx(9 / 4)
    assert float(bures_distance(found, target)) == pytest.approx((1 + 9 + 1) / 2)
    # Shifted by -1: (-1, 1), (2, 2) against (-3, 1), (-1, -1).
    shifted = torch.tensor([[1.0, 0.0], [0.0, 4.0]]) - torch.tensor([[5.0, 1.0], [1.0, 1.0]])
    assert float(shift_distance(found, target)) == pytest.approx(float(shifted.square().mean()))


def test_bures_is_the_distance_of_normal_distributions() -> None:
    one, other = points(1), points(2)
    a, b = (each - each.mean(1, keepdim=True) for each in (one, other))
    a, b = a @ a.T / 40, b @ b.T / 40
    root = scipy.linalg.sqrtm(b.numpy())
    cross = scipy.linalg.sqrtm(root @ a.numpy() @ root).real.trace()
    expected = float((one.mean(1) - other.mean(1)).square().sum() + a.trace() + b.trace() - 2 * cross) / 5
    assert float(bures_distance(moments(one), moments(other))) == pytest.approx(expected)


def test_the_root_of_a_covariance_is_as_narrow_as_its_rank() -> None:
    few = moments(points(1, channels=8, count=4))
    (root,) = few.roots
    assert root.shape == (8, 3)
    assert_close(root @ root.T, few.covariance[0])
    assert few.roots is few.roots


def test_bures_of_many_channels_is_quicker_in_a_step_and_exact_to_judge_by(monkeypatch: pytest.MonkeyPatch) -> None:
    features, target = points(1, channels=SMALL + 8, count=900), moments(points(2, channels=SMALL + 8, count=900))
    leaf = features.clone().requires_grad_()
    quick, judged = bures_distance(moments(leaf), target), bures_distance(moments(features), target)
    monkeypatch.setattr("pincel.functional.moments.SMALL", 1000)
    exact = bures_distance(moments(leaf), target)
    assert_close(judged, exact.detach(), rtol=1e-12)
    assert not torch.equal(quick.detach(), exact.detach())
    assert_close(quick.detach(), exact.detach(), rtol=1e-3)
    gradients = [torch.autograd.grad(each.sum(), leaf)[0] for each in (quick, exact)]
    assert float((gradients[0] - gradients[1]).norm() / gradients[1].norm()) < 0.02


def test_bures_stays_finite_where_nothing_varies() -> None:
    dead = points(1)
    dead[2:] = 0
    leaf = dead.clone().requires_grad_()
    (slope,) = torch.autograd.grad(bures_distance(moments(leaf), moments(points(2))).sum(), leaf)
    assert bool(slope.isfinite().all())
    (slope,) = torch.autograd.grad(mean_std_distance(moments(leaf), moments(points(2))).sum(), leaf)
    assert bool(slope.isfinite().all())


def test_moments_of_a_window() -> None:
    features = normal(1, 4, 6, 7)
    seen = FeatureStatistics(("relu1_1",), means=True).partial_sum("relu1_1", features, Window(0, 0, 6, 7, (6, 7)), None) / 42
    expected = moments(features[0].flatten(1))
    assert_close(seen[..., :-1], expected.gram)
    assert_close(seen[..., -1], expected.mean)


def test_bures_of_what_is_not_finite_is_not_finite() -> None:
    broken = moments(points(1))
    broken.gram[0, 2, 1] = torch.nan
    assert bool(bures_distance(broken, moments(points(2))).isnan().all())
    assert bool(bures_distance(moments(points(2)), broken).isnan().all())
