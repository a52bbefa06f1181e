"""Random tensors that are the same on every machine."""

from __future__ import annotations

import torch
from torch import Tensor


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    """Draw from the normal distribution."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """Return a smooth float32 picture in 0-255 of shape (1, 3, height, width) with some noise."""
    y = torch.linspace(0, 3, height).view(1, 1, -1, 1)
    x = torch.linspace(0, 4, width).view(1, 1, 1, -1)
    phase = torch.tensor([0.0, 1.0, 2.0]).view(1, 3, 1, 1)
    waves = torch.sin(x + phase + seed) * torch.cos(y - phase)
    return (127 + 100 * waves + 10 * normal(1, 3, height, width, seed=seed, dtype=torch.float32)).clamp(0, 255)


def distinct(*shape: int, seed: int = 0) -> Tensor:
    """Return whole numbers in random order, float64, no two alike: differences stay away from 0."""
    count = torch.Size(shape).numel()
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed)).double().view(shape)


def assert_close(actual: Tensor, expected: Tensor, rtol: float | None = None, atol: float | None = None, msg: str = "") -> None:
    """Do as ``torch.testing.assert_close``, with its tolerances, without the seconds it takes to load."""
    exact = actual.dtype == torch.float64
    rtol = (1e-7 if exact else 1.3e-6) if rtol is None else rtol
    atol = (1e-7 if exact else 1e-5) if atol is None else atol
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    if not torch.allclose(actual, expected, rtol=rtol, atol=atol):
        error = (actual - expected).abs()
        place = tuple(int(i) for i in torch.unravel_index(error.argmax(), error.shape))
        worst = f"{float(actual[place]):.8g} is not {float(expected[place]):.8g} at {place}"
        raise AssertionError(f"{msg or 'Tensors differ'}: {worst} (rtol {rtol:g}, atol {atol:g})")
