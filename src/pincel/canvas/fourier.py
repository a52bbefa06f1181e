"""A canvas of Fourier coefficients, scaled so that low frequencies change most.

Amplitudes of natural images fall with frequency, roughly as 1/f, while an optimizer of pixels treats all frequencies alike and spends its
first steps on noise. A scaled spectrum conditions the objective better: L-BFGS reaches a lower total in as many steps
(``docs/speed.md`` says how much lower). The scale follows the amplitudes of the style, which fall more slowly in a woodcut than in a
painting.

Paper: the Fourier parameterisation of Olah, Mordvintsev, Schubert, "Feature Visualization", 2017; amplitudes of natural pictures: Field,
"Relations between the statistics of natural images and the response properties of cortical cells", 1987.

Differs: no decorrelated colors and no sigmoid. The gain is the root of the style's amplitude, (f + 0.02)^(-k/2) for a style that falls as
f^-k: gentler than the amplitude itself, which serves soft styles a little better and hard edges worse. Frequencies that coarser scales have
optimized already need no advantage, so after them the 0.02 becomes more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from pincel.canvas.base import Canvas

# In cycles per pixel; below it all frequencies have the same gain, so the mean color does not run away.
FLOOR = 0.02
# On a later scale the floor is this fraction of the finest frequency of the scale before, if that is higher.
BAND_LIMIT_FRACTION = 0.4
# Of natural images, where there is no style to measure.
DEFAULT_SLOPE = 1.0
# A steeper or a rising spectrum is that of a mere gradient or of noise, and is clipped.
MAX_SLOPE = 2.0
# In cycles per pixel, where amplitudes are compared. Below are too few waves, above only diagonal ones.
BANDS = (0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5)
# Shortest side with a wave in every band.
MIN_SIDE = 64


@dataclass(frozen=True)
class FourierCanvas(Canvas):
    """Values whose scaled spectrum is that of the picture.

    Attributes:
        size: (H, W): a spectrum belongs to one size.
        gain: Factor of each frequency, (H, W//2 + 1), with a mean square of 1 so that learning rates keep their meaning.
    """

    size: tuple[int, int]
    gain: Tensor

    @property
    def scratch(self) -> int:
        """The spectrum, the scaled spectrum, two within the transform, and the picture."""
        return 5

    def encode(self, pixels: Tensor) -> Tensor:
        """Divide the spectrum of a picture (1, 3, H, W) by the gain."""
        return self._scaled(pixels, 1 / self.gain)

    def pixels(self, values: Tensor) -> Tensor:
        """Multiply the spectrum of values (1, 3, H, W) by the gain; differentiable."""
        return self._scaled(values, self.gain)

    def _scaled(self, picture: Tensor, factor: Tensor) -> Tensor:
        spectrum: Tensor = torch.fft.rfft2(picture) * factor.to(device=picture.device, dtype=picture.dtype)
        scaled: Tensor = torch.fft.irfft2(spectrum, s=self.size)
        return scaled


def make_fourier(white: float, size: tuple[int, int], styles: Sequence[Tensor] = (), band_limit: float = 0.0) -> FourierCanvas:
    """Return a canvas.

    Args:
        white: Value of white.
        size: (height, width) of the picture.
        styles: The style images, (1, 3, H, W) in [0, 1] each.
        band_limit: The finest frequency of the scale before, in cycles per pixel; 0 for the first scale.
    """
    slope = sum(spectral_slope(style) for style in styles) / len(styles) if styles else DEFAULT_SLOPE
    gain = (_frequency(*size) + max(FLOOR, BAND_LIMIT_FRACTION * band_limit)) ** (-slope / 2)
    return FourierCanvas(white, size, (gain / gain.square().mean().sqrt()).float())


def spectral_slope(picture: Tensor) -> float:
    r"""Return how fast the amplitudes of a picture fall with frequency.

    .. math:: A(f) \propto f^{-k}

    Args:
        picture: Shape (1, 3, H, W), any units.

    Returns:
        k, from 0 to 2, rounded to two digits so that rounding errors do not show: about 1 for photographs and paintings, 0.7 for a
        woodcut; 1 for a picture too small or too uniform to measure.
    """
    gray = picture[0].mean(0, dtype=torch.float64)
    height, width = gray.shape
    if min(height, width) < MIN_SIDE:
        return DEFAULT_SLOPE
    # A window, for a picture ends with a jump that is not part of its spectrum.
    window = torch.hann_window(height, dtype=torch.float64)[:, None] * torch.hann_window(width, dtype=torch.float64)
    power = torch.fft.rfft2((gray - gray.mean()) * window.to(gray)).abs().square().cpu()
    frequency = _frequency(height, width)
    bands = [power[(frequency >= low) & (frequency < high)].mean().item() for low, high in pairwise(BANDS)]
    if min(bands) <= np.finfo(np.float32).eps ** 2 * max(bands):
        return DEFAULT_SLOPE
    centers = [np.log(low * high) / 2 for low, high in pairwise(BANDS)]
    falling, _ = np.polyfit(centers, np.log(bands) / 2, 1)
    return round(float(np.clip(-falling, 0, MAX_SLOPE)), 2)


def _frequency(height: int, width: int) -> Tensor:
    """Return the frequency of each entry of a spectrum (H, W//2 + 1), in cycles per pixel, float64."""
    down, across = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    frequency: Tensor = (down[:, None].square() + across[None].square()).sqrt()
    return frequency
