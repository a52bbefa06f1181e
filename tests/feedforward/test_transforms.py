"""How features are given the statistics of a style."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pincel.feedforward.transforms import TRANSFORMS, AdaptiveNorm, Covariance, StyleTarget, WhiteningColoring, matrix_roots


def features(seed: int, channels: int = 6, side: int = 20) -> torch.Tensor:
    """Return features whose channels go together."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
    points = torch.randn(1, channels, side * side, generator=generator, dtype=torch.float64)
    return (mixing @ points + torch.randn(1, channels, 1, generator=generator, dtype=torch.float64)).view(1, channels, side, side)


def test_statistics_are_those_of_numpy() -> None:
    x = features(0)
    found = Covariance.of(x)
    assert torch.allclose(found.matrix, torch.cov(x.flatten(2)[0], correction=0))
    assert torch.allclose(found.mean, x.mean((0, 2, 3)))


def test_adapted_by_hand() -> None:
    x = torch.tensor([[[[1.0, 3.0], [1.0, 3.0]]]])
    found = AdaptiveNorm().apply(x, Covariance.of(x), StyleTarget(torch.tensor([10.0]), torch.tensor([4.0])), 1.0)
    # Mean 2, deviation 1 → mean 10, deviation 4.
    assert torch.allclose(found, torch.tensor([[[[6.0, 14.0], [6.0, 14.0]]]]), atol=1e-4)
    # Twice as far from a deviation of 1 to one of 0.4 would be below 0.
    flat = AdaptiveNorm().apply(x, Covariance.of(x), StyleTarget(torch.tensor([10.0]), torch.tensor([0.4])), 2.0)
    assert torch.allclose(flat, torch.full_like(flat, 18.0), atol=1e-4)


def test_whitened_and_colored_features_have_mean_and_covariance_of_the_style() -> None:
    wct, content, style = WhiteningColoring(), features(1), features(2)
    moved = wct.apply(content, Covariance.of(content), wct.target(Covariance.of(style)), 1.0)
    found, wanted = Covariance.of(moved), Covariance.of(style)
    assert torch.allclose(found.mean, wanted.mean)
    # But for the thousandth that is added to all variances.
    assert float((found.matrix - wanted.matrix).norm() / wanted.matrix.norm()) < 0.01


def test_the_map_is_the_one_that_changes_least() -> None:
    wct, content, style = WhiteningColoring(), features(3), features(4)
    own = Covariance.of(content)
    columns = [wct.apply(each, own, wct.target(Covariance.of(style)), 1.0) for each in (content, content + unit(0), content + unit(1))]
    at_first, at_second = columns[1] - columns[0], columns[2] - columns[0]
    # A linear map, and a symmetric one: what the first channel gives to the second, the second gives to the first.
    assert float(at_first[0, 1, 0, 0]) == pytest.approx(float(at_second[0, 0, 0, 0]))
    assert torch.allclose(at_first, at_first[..., :1, :1].expand_as(at_first))


def unit(channel: int) -> torch.Tensor:
    """Return 1 in one channel, everywhere."""
    one = torch.zeros(1, 6, 1, 1, dtype=torch.float64)
    one[0, channel] = 1
    return one


@pytest.mark.parametrize("name", TRANSFORMS)
def test_strength_goes_from_the_content_past_the_style(name: str) -> None:
    transform, content, style = TRANSFORMS[name], features(5), features(6)
    own, target = Covariance.of(content), transform.target(Covariance.of(style))
    none, half, full, beyond = (transform.apply(content, own, target, strength) for strength in (0.0, 0.5, 1.0, 2.0))
    assert torch.allclose(none, content)
    assert torch.allclose(half, (content + full) / 2)
    # The same step once more in the means.
    assert torch.allclose(beyond.mean((2, 3)), (2 * full - content).mean((2, 3)))
    steps = [float((b - a).norm()) for a, b in pairwise((none, half, full, beyond))]
    assert all(step > 0 for step in steps)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_what_has_the_statistics_already_stays(name: str) -> None:
    transform, content = TRANSFORMS[name], features(7)
    own = Covariance.of(content)
    assert torch.allclose(transform.apply(content, own, transform.target(own), 1.0), content, atol=1e-6)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_flat_features_and_few_positions_stay_finite(name: str) -> None:
    transform = TRANSFORMS[name]
    for content, style in ((torch.zeros(1, 8, 4, 4), features(8, 8).float()), (features(9, 64, 3).float(), torch.ones(1, 64, 3, 3))):
        moved = transform.apply(content, Covariance.of(content), transform.target(Covariance.of(style)), 2.0)
        assert bool(moved.isfinite().all())


def test_several_styles_are_mixed_by_their_shares() -> None:
    one, other = StyleTarget(torch.tensor([1.0]), torch.tensor([[2.0]])), StyleTarget(torch.tensor([5.0]), torch.tensor([[6.0]]))
    mixed = StyleTarget.mix([one, other], [0.75, 0.25])
    assert (float(mixed.mean), float(mixed.spread)) == (2.0, 3.0)


@given(st.integers(1, 12), st.integers(0, 10_000), st.floats(0, 4.5))
def test_roots_are_those_of_the_eigenvalues(size: int, seed: int, decades: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    base, _ = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))
    values = 10 ** (decades * torch.rand(size, generator=generator, dtype=torch.float64) - 2)
    root, inverse = matrix_roots(base * values @ base.T, iterations=32)
    assert torch.allclose(root, base * values.sqrt() @ base.T, rtol=1e-6, atol=1e-6 * float(values.max()) ** 0.5)
    assert torch.allclose(inverse @ root, torch.eye(size, dtype=torch.float64), atol=1e-5)
