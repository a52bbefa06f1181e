"""The Fourier canvas: another way of writing the same picture down."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from pincel.canvas.fourier import FLOOR, make_fourier


def picture(height: int, width: int) -> Tensor:
    return 255 * torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height * 100 + width))


@given(st.integers(1, 40), st.integers(2, 41))
def test_what_is_written_down_can_be_read_again(height: int, width: int) -> None:
    canvas = make_fourier(255.0, (height, width))
    given = picture(height, width)
    assert canvas.pixels(canvas.encode(given)) == pytest.approx(given, abs=1e-2)
    assert canvas.image(canvas.encode(given)) == pytest.approx(given / 255, abs=1e-4)


def test_each_frequency_is_scaled_by_the_root_of_one_over_it() -> None:
    """A wave of frequency 1/4 comes out smaller than the mean colour by the root of (0.25 + floor) / floor."""
    canvas = make_fourier(255.0, (16, 16))
    wave = torch.cos(torch.arange(16) * torch.pi / 2).expand(1, 3, 16, 16)
    flat = torch.ones(1, 3, 16, 16)
    ratio = canvas.pixels(flat).abs().max() / canvas.pixels(wave).abs().max()
    assert float(ratio) == pytest.approx(((0.25 + FLOOR) / FLOOR) ** 0.5, rel=1e-4)


def test_the_gain_has_a_mean_square_of_one() -> None:
    assert float(make_fourier(255.0, (24, 40)).gain.square().mean()) == pytest.approx(1.0, rel=1e-5)


def test_gradients_pass_in_double_precision() -> None:
    canvas = make_fourier(255.0, (4, 6))
    values = torch.randn(1, 3, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: canvas.pixels(z).square().sum(), values)


def test_clipping_clips_pixels_not_values() -> None:
    canvas = make_fourier(255.0, (8, 8))
    wild = canvas.encode(picture(8, 8) * 3 - 200)
    pixels = canvas.pixels(canvas.clipped(wild))
    assert float(pixels.min()) >= -1e-2
    assert float(pixels.max()) <= 255 + 1e-2
    assert pixels == pytest.approx(canvas.pixels(wild).clamp(0, 255), abs=1e-2)
    assert canvas.image(wild).min() >= 0
