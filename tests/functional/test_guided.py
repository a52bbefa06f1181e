"""Grain goes, edges stay."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pincel.functional.guided import guided_denoise
from tests.tensors import assert_close, normal


def test_it_is_the_formula_in_every_square() -> None:
    picture = torch.rand(1, 3, 9, 8, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    guide = np.tensordot(weights.numpy(), picture[0].numpy(), 1)

    def squares(row: int, column: int) -> tuple[slice, slice]:
        return slice(max(0, row - 2), row + 3), slice(max(0, column - 2), column + 3)

    slope, offset = np.zeros((3, 9, 8)), np.zeros((3, 9, 8))
    for row, column in np.ndindex(9, 8):
        square = squares(row, column)
        y = guide[square]
        for channel in range(3):
            p = picture[0, channel].numpy()[square]
            slope[channel, row, column] = ((y * p).mean() - y.mean() * p.mean()) / (y.var() + 0.1**2)
            offset[channel, row, column] = p.mean() - slope[channel, row, column] * y.mean()
    expected = np.zeros((3, 9, 8))
    for channel, row, column in np.ndindex(3, 9, 8):
        square = squares(row, column)
        expected[channel, row, column] = slope[channel][square].mean() * guide[row, column] + offset[channel][square].mean()
    assert_close(guided_denoise(picture, 0.1), torch.from_numpy(expected)[None].clamp(0, 1), rtol=1e-9)


def test_grain_goes_and_edges_stay() -> None:
    clean = torch.full((1, 3, 40, 40), 0.2)
    clean[..., 20:] = 0.8
    grainy = (clean + 0.02 * normal(1, 3, 40, 40)).clamp(0, 1)
    smooth = guided_denoise(grainy, 0.05)
    left, border = (slice(0, 15),), (slice(18, 22),)
    assert float(smooth[..., *left].std()) < 0.4 * float(grainy[..., *left].std())
    assert float((smooth - clean)[..., *border].abs().mean()) < 0.02


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2)])
def test_small_pictures_are_pictures(size: tuple[int, int]) -> None:
    picture = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    assert guided_denoise(picture, 0.1).shape == picture.shape
    even = torch.full((1, 3, *size), 0.25)
    assert_close(guided_denoise(even, 0.1), even)
