"""A canvas whose coarse strokes weigh more than its fine ones.

Pictures of the world have amplitudes that fall with frequency, roughly as 1/f, while an optimizer that moves pixels treats all frequencies
alike and spends its first steps on noise. Scaling the spectrum by what is likely to change makes the objective rounder: L-BFGS reaches a
lower total of the same objective in as many steps (``docs/speed.md`` says how much lower). What changes are the amplitudes of
the style: those of a woodcut fall more slowly than those of a painting, so each style has a gain of its own.

Paper: the Fourier parameterisation of Olah, Mordvintsev, Schubert, "Feature Visualization", 2017; amplitudes of natural pictures: Field,
"Relations between the statistics of natural images and the response properties of cortical cells", 1987.

Differs: no decorrelated colors and no sigmoid. The gain is the root of the style's amplitude, (f + 0.02)^(-k/2) for a style that falls as
f^-k: gentler than the amplitude itself, which serves soft styles a little better and hard edges worse. Where coarser scales were painted
before, what they could show needs no head start, and the 0.02 becomes more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from pincel.types import Image

# In cycles a pixel: below it frequencies weigh alike, so the mean color does not run away.
FLOOR = 0.02
# The same as a share of the finest frequency that a coarser scale has painted already.
BAND_LIMIT_FRACTION = 0.4
# Of the pictures of the world, where there is no style to be measured.
DEFAULT_SLOPE = 1.0
# Steeper than this, or rising, is a picture of nothing but a gradient or noise; to follow it would hide all else.
MAX_SLOPE = 2.0
# In cycles a pixel: where amplitudes are compared. Below are the few waves of the layout, above is what only goes in diagonals.
BANDS = (0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5)
# Pixels of the shortest side that has a wave in every band.
MIN_SIDE = 64


@dataclass(frozen=True)
class FourierCanvas:
    """Values whose spectrum, scaled, is the picture's.

    Attributes:
        white: Value of white.
        size: (H, W): a spectrum belongs to one size.
        gain: Factor of each frequency, (H, W//2 + 1), with a mean square of 1 so that rates keep their meaning.
    """

    white: float
    size: tuple[int, int]
    gain: Tensor

    @property
    def borrowed(self) -> int:
        """The spectrum, the same scaled, two on the way of the transform, and the picture."""
        return 5

    def encode(self, pixels: Tensor) -> Tensor:
        """Divide the spectrum of a picture (1, 3, H, W) by the gain."""
        return self._scaled(pixels, 1 / self.gain)

    def pixels(self, values: Tensor) -> Tensor:
        """Multiply the spectrum of values (1, 3, H, W) by the gain; differentiable."""
        return self._scaled(values, self.gain)

    def image(self, values: Tensor) -> Image:
        """Return the image in [0, 1], clipped, shape as given."""
        return (self.pixels(values.detach()) / self.white).clamp(0, 1)

    def clipped(self, values: Tensor) -> Tensor:
        """Clip the pixels and write them down again."""
        return self.encode(self.pixels(values).clamp(0, self.white))

    def _scaled(self, picture: Tensor, factor: Tensor) -> Tensor:
        spectrum: Tensor = torch.fft.rfft2(picture) * factor.to(device=picture.device, dtype=picture.dtype)
        scaled: Tensor = torch.fft.irfft2(spectrum, s=self.size)
        return scaled


def make_fourier(white: float, size: tuple[int, int], styles: Sequence[Tensor] = (), painted: float = 0.0) -> FourierCanvas:
    """Build a canvas.

    Args:
        white: Value of white.
        size: (height, width) of the picture.
        styles: What it is to be painted like, (1, 3, H, W) in [0, 1] each.
        painted: The finest frequency that coarser scales have painted already, in cycles a pixel; 0 where painting begins.
    """
    steep = sum(spectral_slope(style) for style in styles) / len(styles) if styles else DEFAULT_SLOPE
    gain = (_frequency(*size) + max(FLOOR, BAND_LIMIT_FRACTION * painted)) ** (-steep / 2)
    return FourierCanvas(white, size, (gain / gain.square().mean().sqrt()).float())


def spectral_slope(picture: Tensor) -> float:
    r"""Measure how fast the amplitudes of a picture fall with frequency.

    .. math:: A(f) \propto f^{-k}

    Args:
        picture: Shape (1, 3, H, W), any units.

    Returns:
        k, from 0 to 2, to two digits, so that no rounding error is seen in it: about 1 for photographs and paintings, 0.7 for a woodcut.
        For a picture too small or too plain to tell, 1.
    """
    gray = picture[0].mean(0, dtype=torch.float64)
    height, width = gray.shape
    if min(height, width) < MIN_SIDE:
        return DEFAULT_SLOPE
    # A picture ends with a jump, which is none of it.
    ends = torch.hann_window(height, dtype=torch.float64)[:, None] * torch.hann_window(width, dtype=torch.float64)
    power = torch.fft.rfft2((gray - gray.mean()) * ends.to(gray)).abs().square().cpu()
    frequency = _frequency(height, width)
    bands = [power[(frequency >= low) & (frequency < high)].mean().item() for low, high in pairwise(BANDS)]
    if min(bands) <= np.finfo(np.float32).eps ** 2 * max(bands):
        return DEFAULT_SLOPE
    middles = [np.log(low * high) / 2 for low, high in pairwise(BANDS)]
    falling, _ = np.polyfit(middles, np.log(bands) / 2, 1)
    return round(float(np.clip(-falling, 0, MAX_SLOPE)), 2)


def _frequency(height: int, width: int) -> Tensor:
    """Return the frequency of each entry of a spectrum (H, W//2 + 1), in cycles a pixel, float64."""
    down, across = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    frequency: Tensor = (down[:, None].square() + across[None].square()).sqrt()
    return frequency
