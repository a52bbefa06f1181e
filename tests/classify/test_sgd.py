"""The update of the paper, worked by hand and against the formula."""

from __future__ import annotations

import pytest
import torch

from pincel.classify.sgd import sgd_step


def test_two_steps_by_hand() -> None:
    w, v = torch.tensor([2.0], dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)
    sgd_step([w], [v], [torch.tensor([3.0], dtype=torch.float64)], 0.1, 0.9, 0.01)
    # v = 0.9·0.5 - 0.01·0.1·2 - 0.1·3 = 0.45 - 0.002 - 0.3
    assert float(v) == pytest.approx(0.148, abs=1e-15)
    assert float(w) == pytest.approx(2.148, abs=1e-15)
    sgd_step([w], [v], [torch.tensor([-1.0], dtype=torch.float64)], 0.01, 0.9, 0.01)
    # v = 0.9·0.148 - 0.01·0.01·2.148 + 0.01
    assert float(v) == pytest.approx(0.1332 - 0.0002148 + 0.01, abs=1e-15)
    assert float(w) == pytest.approx(2.148 + 0.1429852, abs=1e-15)


def test_many_steps_are_the_formula_also_when_the_rate_changes() -> None:
    rng = torch.Generator().manual_seed(0)
    shapes = ((3, 2, 2, 2), (3,), (1,))
    weights = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]
    velocities = [torch.zeros_like(each) for each in weights]
    expected = [(each.clone(), torch.zeros_like(each)) for each in weights]
    for rate in (0.1, 0.1, 0.01, 0.01):
        grads = [torch.randn(shape, generator=rng, dtype=torch.float64) for shape in shapes]
        sgd_step(weights, velocities, grads, rate, 0.9, 0.0005)
        moved = [(0.9 * v - 0.0005 * rate * w - rate * g, w) for (w, v), g in zip(expected, grads, strict=True)]
        expected = [(w + v, v) for v, w in moved]
    for (w, v), weight, velocity in zip(expected, weights, velocities, strict=True):
        assert torch.allclose(weight, w, atol=1e-14)
        assert torch.allclose(velocity, v, atol=1e-14)


def test_weights_stay_where_they_are_in_memory() -> None:
    weight = torch.ones(4, requires_grad=True)
    place = weight.data_ptr()
    sgd_step([weight], [torch.zeros(4)], [torch.ones(4)], 0.5, 0.9, 0.0)
    assert weight.data_ptr() == place
    assert weight.detach().tolist() == [0.5] * 4
