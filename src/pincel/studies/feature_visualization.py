"""Feature visualization: parametrizations of pictures, augmentations, and objectives.

Paper:
    Olah, Mordvintsev, Schubert, "Feature Visualization", Distill 2017. The constants are those of its code, tensorflow/lucid, and of
    greentfrapp/lucent, the same in torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

# Of the initial noise.
INIT_STD = 0.01
# A spectrum is divided by it, so that the sigmoid is not at its ends from the start.
SPECTRUM_DIVISOR = 4.0
# Square root of the covariance of the colors of ImageNet: rows red, green, blue; columns brightness, and two of hue.
COLORS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
GRAY = 0.5

Transform: TypeAlias = Callable[[Tensor, torch.Generator], Tensor]


def frequency_scale(height: int, width: int) -> Tensor:
    r"""Return the scale of each frequency, (H, W//2 + 1), float64.

    .. math:: \frac{1}{4 \max(f,\ 1 / \max(W, H))}, \qquad f = \sqrt{f_x^2 + f_y^2} \text{ in cycles a pixel}

    Example:
        >>> frequency_scale(2, 2)
        tensor([[0.5000, 0.5000],
                [0.5000, 0.3536]], dtype=torch.float64)

    Paper:
        Olah et al. 2017: amplitudes of photographs fall as 1/f, so that in this measure all frequencies are equally likely.
    """
    down, across = torch.fft.fftfreq(height, dtype=torch.float64), torch.fft.rfftfreq(width, dtype=torch.float64)
    frequency = (down[:, None].square() + across[None].square()).sqrt()
    divisor: Tensor = SPECTRUM_DIVISOR * frequency.clamp(min=1 / max(height, width))
    return divisor.reciprocal()


def from_spectrum(values: Tensor, size: tuple[int, int]) -> Tensor:
    r"""Return the picture of a spectrum, each frequency scaled by :func:`frequency_scale`; differentiable.

    .. math:: x_{st} = \frac{1}{\sqrt{HW}} \sum_{uv} g_{uv} \, \mathrm{Re}\!\left(z_{uv}\, e^{2 \pi i (us/H + vt/W)}\right)

    over all frequencies; those that are not stored are the conjugates of those that are.

    Args:
        values: Shape (B, 3, H, W//2 + 1, 2), real and imaginary parts.
        size: (H, W).

    Returns:
        (B, 3, H, W), around 0.
    """
    scale = torch.view_as_complex(values.contiguous()) * frequency_scale(*size).to(values)
    picture: Tensor = torch.fft.irfft2(scale, s=size, norm="ortho")
    return picture


def color_matrix(like: Tensor) -> Tensor:
    """Return the matrix, (3, 3), from three decorrelated colors to red, green and blue; its longest column is 1."""
    matrix = torch.tensor(COLORS, dtype=torch.float64)
    normed: Tensor = matrix / matrix.norm(dim=0).max()
    return normed.to(like)


def to_rgb(values: Tensor) -> Tensor:
    """Return pictures in [0, 1], (B, 3, H, W), of decorrelated colors in any range; differentiable."""
    return torch.sigmoid(torch.einsum("rc,bchw->brhw", color_matrix(values), values))


def _fourier_start(size: tuple[int, int], generator: torch.Generator) -> Tensor:
    return INIT_STD * torch.randn(3, size[0], size[1] // 2 + 1, 2, generator=generator)


def _pixels_start(size: tuple[int, int], generator: torch.Generator) -> Tensor:
    return INIT_STD * torch.randn(3, *size, generator=generator)


def _pixels(values: Tensor, _size: tuple[int, int]) -> Tensor:
    return values


# name → (initial values of one picture, decoder from the values of several to pictures in decorrelated colors)
PARAMETRIZATIONS: dict[str, tuple[Callable[[tuple[int, int], torch.Generator], Tensor], Callable[[Tensor, tuple[int, int]], Tensor]]] = {
    "fourier": (_fourier_start, from_spectrum),
    "pixels": (_pixels_start, _pixels),
}


def pad(by: int) -> Transform:
    """Surround pictures with gray."""
    return lambda x, _: functional.pad(x, (by, by, by, by), value=GRAY)


def jitter(by: int) -> Transform:
    """Crop at random by ``by`` pixels."""

    def transform(x: Tensor, generator: torch.Generator) -> Tensor:
        height, width = (max(1, side - by) for side in x.shape[-2:])
        top, left = (_draw(range(side - kept + 1), generator) for side, kept in zip(x.shape[-2:], (height, width), strict=True))
        return x[..., top : top + height, left : left + width]

    return transform


def scale(factors: Sequence[float]) -> Transform:
    """Resize by one of some factors."""

    def transform(x: Tensor, generator: torch.Generator) -> Tensor:
        factor = _draw(factors, generator)
        size = [math.ceil(factor * side) for side in x.shape[-2:]]
        return functional.interpolate(x, size, mode="bilinear", align_corners=True)

    return transform


def rotate(degrees: Sequence[float]) -> Transform:
    """Rotate about the middle by one of some angles, with gray outside."""

    def transform(x: Tensor, generator: torch.Generator) -> Tensor:
        return rotate_by(x, _draw(degrees, generator))

    return transform


def rotate_by(x: Tensor, degrees: float) -> Tensor:
    """Rotate pictures (B, 3, H, W) counter-clockwise about the middle, with gray outside."""
    height, width = x.shape[-2:]
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    # From places in the result to places in the source, both sides from -1 to 1; y points down.
    matrix = torch.tensor([[cosine, -sine * height / width, 0.0], [sine * width / height, cosine, 0.0]]).to(x)
    grid = functional.affine_grid(matrix.expand(len(x), 2, 3), list(x.shape), align_corners=False)
    return functional.grid_sample(x - GRAY, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + GRAY


def _draw(among: Sequence[float], generator: torch.Generator) -> float:
    return among[int(torch.randint(len(among), (1,), generator=generator))]


# Augmentations before each evaluation: all of lucid's; shifts alone; none.
AUGMENTATIONS: dict[str, tuple[Transform, ...]] = {
    "all": (pad(12), jitter(8), scale([1 + (i - 5) / 50 for i in range(11)]), rotate([*range(-10, 11), 0, 0, 0, 0, 0]), jitter(4)),
    "jitter": (pad(12), jitter(8), jitter(4)),
    "none": (),
}


def augment(x: Tensor, transforms: Sequence[Transform], generator: torch.Generator) -> Tensor:
    """Apply one transform after the other, the same to all pictures."""
    for transform in transforms:
        x = transform(x, generator)
    return x


def _mean(features: Tensor) -> Tensor:
    """Return the mean over positions."""
    return features.mean((2, 3))


def _middle(features: Tensor) -> Tensor:
    """Return the position in the middle."""
    height, width = features.shape[-2:]
    return features[:, :, height // 2, width // 2]


def _peak(features: Tensor) -> Tensor:
    """Return the strongest position."""
    return features.amax((2, 3))


def _cosine(features: Tensor) -> Tensor:
    """Return the mean cosine between the activations of a position and each channel's axis."""
    return functional.normalize(features, dim=1).mean((2, 3))


# name → (objective of an optimized picture, the same of a photograph, whose strongest position may be anywhere), both from
# (B, C, H, W) to (B, C).
OBJECTIVES: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "channel": (_mean, _mean),
    "neuron": (_middle, _peak),
    "direction": (_cosine, _cosine),
}


def high_freq_ratio(pictures: Tensor) -> Tensor:
    """Return the share of the variance of brightness with periods under four pixels, (B,); it is small for photographs.

    Args:
        pictures: (B, 3, H, W), in any range.
    """
    gray = pictures.double().mean(1)
    power = torch.fft.fft2(gray - gray.mean((1, 2), keepdim=True)).abs().square()
    down, across = (torch.fft.fftfreq(side, dtype=torch.float64, device=gray.device) for side in gray.shape[-2:])
    fine = (down[:, None].square() + across[None].square()).sqrt() > 0.25
    share: Tensor = (power * fine).sum((1, 2)) / power.sum((1, 2)).clamp(min=1e-300)
    return share
