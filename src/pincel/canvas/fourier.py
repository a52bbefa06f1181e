"""A canvas whose coarse strokes weigh more than its fine ones.

Pictures of the world have amplitudes that fall with frequency, roughly as 1/f, while an optimiser that moves pixels treats all frequencies
alike and spends its first steps on noise. Scaling the spectrum in that way makes the objective rounder: L-BFGS reaches a lower total of
the same objective in as many steps (``scripts/canvas_study.py`` prints how much lower).

Paper: the Fourier parameterisation of Olah, Mordvintsev, Schubert, "Feature Visualization", 2017.

Differs: no decorrelated colours and no sigmoid; the gain is (f + 0.1)^-½, gentler, which suits styles of hard edges as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pincel.types import Image

# In cycles a pixel: below it frequencies weigh alike, so the mean colour does not run away.
FLOOR = 0.1


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


def make_fourier(white: float, size: tuple[int, int]) -> FourierCanvas:
    """Build the canvas for pictures of (height, width) ``size``."""
    height, width = size
    down, across = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    frequency = (down[:, None].square() + across[None].square()).sqrt()
    gain = (frequency + FLOOR) ** -0.5
    return FourierCanvas(white, size, (gain / gain.square().mean().sqrt()).float())
