"""What holds a frame to those before it: worked by hand, and its slope checked against differences, down to the picture that is painted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.functional.temporal import disoccluded, long_term_weights, motion_boundaries, temporal_loss, warp_blend
from pincel.losses.base import Loss
from pincel.losses.temporal import TemporalLoss
from tests.runs import make_run
from tests.tensors import normal


def pair(height: int = 4, width: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    trust = torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    trust[..., 0] = 0
    return normal(1, 3, height, width, seed=1), normal(1, 3, height, width, seed=2), trust


def test_the_loss_is_the_mean_of_trusted_squares() -> None:
    pixels, target = torch.zeros(1, 3, 1, 2), torch.tensor([[[[1.0, 5.0]], [[2.0, 5.0]], [[3.0, 5.0]]]])
    trust = torch.tensor([[[[1.0, 0.0]]]])
    # (1 + 4 + 9) over six entries, the distrusted ones included.
    assert float(temporal_loss(pixels, target, trust)) == pytest.approx(14 / 6)


def test_its_slope_is_that_of_differences_and_reaches_every_trusted_pixel() -> None:
    pixels, target, trust = pair()
    loss = TemporalLoss({1: (target, trust), 4: (target / 2, 1 - trust)}, weight=7.0)

    def total(x: Tensor) -> Tensor:
        return torch.stack([term.weighted for term in loss.terms({}, x)]).sum()

    x = pixels.clone().requires_grad_(True)
    (slope,) = torch.autograd.grad(total(x), x)
    step = 1e-6
    for place in np.ndindex(*pixels.shape):
        lifted, lowered = pixels.clone(), pixels.clone()
        lifted[place] += step
        lowered[place] -= step
        assert float(slope[place]) == pytest.approx(float(total(lifted) - total(lowered)) / (2 * step), abs=1e-7)
    alone = TemporalLoss({1: (target, trust)}, weight=7.0)
    (slope,) = torch.autograd.grad(next(iter(alone.terms({}, x))).weighted, x)
    assert torch.equal(slope != 0, (trust > 0).expand_as(slope))
    assert torch.allclose(slope, 7 * 2 * trust * (pixels - target) / pixels.numel())


def test_its_terms_have_names_of_their_own() -> None:
    pixels, target, trust = pair()
    terms = list(TemporalLoss({1: (target, trust), 2: (target, trust)}, 3.0).terms({}, pixels))
    assert [term.name for term in terms] == ["temporal:-1", "temporal:-2"]
    assert {term.group_weight for term in terms} == {3.0}


def test_a_run_is_drawn_to_what_it_is_held_to_where_that_is_trusted(photographs: list[Path]) -> None:
    """The whole way: canvas, optimizer, objective. A gradient that ended on the way would leave both halves alike."""
    target = torch.full((1, 3, 48, 48), 255.0) * torch.tensor([0.9, 0.1, 0.1]).view(1, 3, 1, 1)
    trust = torch.zeros(1, 1, 48, 48)
    trust[..., :24] = 1

    def wishes(size: tuple[int, int]) -> list[Loss]:
        assert size == (48, 48)
        return [TemporalLoss({1: (target, trust)}, 1e6)]

    start = torch.full((1, 3, 48, 48), 0.5)
    gray = np.full((48, 48, 3), 128, np.uint8)
    values = {
        "steps": 30,
        "scales": "none",
        "style_layers": "relu1_1",
        "content_layers": "relu1_1",
        "canvas": "pixels",
        "precision": "fp32",
    }
    run = make_run(gray, photographs[0], init_image=start, extra_losses=wishes, size=48, **values)  # type: ignore[arg-type]
    list(run)
    pixels = run.result.pixels
    assert pixels is not None
    apart = (255 * pixels - target).abs().mean(dim=(0, 1, 2))
    assert float(apart[:20].mean()) < 20
    assert float(apart[28:].mean()) > 80


def flow_of(u: list[list[float]], v: list[list[float]]) -> np.ndarray:
    return np.stack([np.array(u), np.array(v)], -1).astype(np.float32)


def test_what_comes_back_elsewhere_was_hidden() -> None:
    back = flow_of([[3.0, 3.0, 0.0]], [[0.0, 0.0, 0.0]])
    # There and back: to the same place; 1 px beside it; 0.7 px beside it, which 0.01·(0.49) + 0.5 allows.
    flow = flow_of([[-3.0, -2.0, 0.7]], [[0.0, 0.0, 0.0]])
    assert disoccluded(flow, back).tolist() == [[False, True, False]]
    # The bound grows with the way: 3 px of 30 are too much, 2.9 of 30 are not.
    far = disoccluded(flow_of([[-27.0, -26.0]], [[0.0, 0.0]]), flow_of([[30.0, 30.0]], [[0.0, 0.0]]))
    assert far.tolist() == [[9 >= 0.01 * (27**2 + 30**2) + 0.5, 16 >= 0.01 * (26**2 + 30**2) + 0.5]]


def test_edges_of_what_moves_are_boundaries_and_an_even_flow_has_none() -> None:
    assert not motion_boundaries(np.full((4, 6, 2), 7.0, np.float32)).any()
    stepped = np.zeros((3, 6, 2), np.float32)
    stepped[:, 3:, 0] = 2.0
    # The central difference is 1 on either side of the step.
    assert motion_boundaries(stepped).tolist() == [[False, False, True, True, False, False]] * 3


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=5))
def test_long_term_weights_never_add_up_to_more_than_the_surest(values: list[float]) -> None:
    weights = long_term_weights([np.array([value], np.float32) for value in values])
    assert float(weights[0][0]) == pytest.approx(values[0])
    assert sum(float(each[0]) for each in weights) <= max(values) + 1e-6
    # By the formula, one at a time.
    for index, value in enumerate(values):
        assert float(weights[index][0]) == pytest.approx(max(value - sum(values[:index]), 0), abs=1e-6)


def test_a_pass_begins_between_a_frame_and_its_neighbor_where_that_is_trusted() -> None:
    own, other = torch.zeros(1, 3, 1, 2), torch.full((1, 3, 1, 2), 6.0)
    begun = warp_blend(own, other, torch.tensor([[[[1.0, 0.0]]]]), share=0.5)
    assert begun[0, 0].tolist() == [[2.0, 0.0]]
