"""Local response normalization, against torch's own and against the formula, channel by channel."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from pincel.backbones.lrn import local_response
from pincel.backbones.specs import Response

PAPER = Response(k=2.0, alpha=1e-4)


@pytest.mark.parametrize("response", [PAPER, Response(k=1.0, alpha=0.3, beta=0.6, size=4), Response(k=0.5, alpha=0.1, size=1)])
def test_it_is_the_formula(response: Response) -> None:
    x = torch.randn(2, 7, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = local_response(x, response)
    for channel in range(7):
        low, high = max(0, channel - response.size // 2), min(6, channel + (response.size - 1) // 2)
        total = sum(x[:, each] ** 2 for each in range(low, high + 1))
        assert torch.allclose(found[:, channel], x[:, channel] / (response.k + response.alpha * total) ** response.beta, atol=1e-12)


def test_it_is_that_of_torch_which_divides_alpha() -> None:
    x = 40 * torch.randn(2, 96, 5, 6, generator=torch.Generator().manual_seed(2))
    expected = functional.local_response_norm(x, 5, 5 * PAPER.alpha, PAPER.beta, PAPER.k)
    assert torch.allclose(local_response(x, PAPER), expected, rtol=2e-6)


@pytest.mark.parametrize("size", [4, 5])
def test_its_slope_is_that_of_finite_differences(size: int) -> None:
    x = torch.rand(2, 6, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: local_response(each, Response(k=1.0, alpha=0.4, size=size)), x)


def test_channels_last_stays_so() -> None:
    x = torch.rand(1, 4, 3, 3).contiguous(memory_format=torch.channels_last)
    assert local_response(x, PAPER).is_contiguous(memory_format=torch.channels_last)
