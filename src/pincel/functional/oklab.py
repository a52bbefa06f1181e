"""Colors by lightness and hue: the color space Oklab, and a picture painted in one hue with the lightness of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from pincel.functional.color import color_statistics, pca, pool_statistics

# RGB → responses of cones, and their cubic roots → lightness L and the two coordinates of hue, a and b.
CONES = ((0.4121656120, 0.5362752080, 0.0514575653), (0.2118591070, 0.6807189584, 0.1074065790), (0.0883097947, 0.2818474174, 0.6302613616))
AXES = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
# Added to the variance of each coordinate.
FLOOR = 1e-4
# A painting whose hues vary by less than this variance is one in gray.
GRAY = 6e-5
# How fast the weight of a neighbor falls with the difference in lightness, and how often neighbors are averaged.
EDGE, ROUNDS = 10.0, 5


def to_oklab(pixels: Tensor) -> Tensor:
    """Return (L, a, b) of pixels (B, 3, H, W) in [0, 1].

    Paper:
        Ottosson 2020, "A perceptual color space for image processing".

    Differs:
        Values are taken as they are in the file, as in the code of Kolkin et al. 2022, where Oklab is for linear ones.
    """
    return _mixed(_mixed(pixels.clamp(0, 1), pixels.new_tensor(CONES)) ** (1 / 3), pixels.new_tensor(AXES))


def from_oklab(lab: Tensor) -> Tensor:
    """Return the pixels of (L, a, b), clipped to [0, 1]."""
    cones, axes = (torch.tensor(each, dtype=torch.float64).inverse().to(lab) for each in (CONES, AXES))
    return _mixed(_mixed(lab, axes) ** 3, cones).clamp(0, 1)


def with_hues_of(painted: Tensor, content: Tensor, styles: Sequence[tuple[Tensor, float]]) -> Tensor:
    """Give a painted picture the hues of the photograph, moved to those of the styles, and leave its lightness.

    Mean and covariance of the hues become those of the styles; they are smoothed along, not across, the edges of the lightness.

    Args:
        painted: (1, 3, H, W) in [0, 1].
        content: Likewise.
        styles: Each picture with its weight; one above 0 at least. Where they are gray, all coordinates of ``painted`` are matched instead.

    Returns:
        The same shape, in [0, 1]. No coordinate leaves the range of the styles.

    Paper:
        Kolkin et al. 2022, "Neural Neighbor Style Transfer"; utils/colorization.py of the authors' code, color_match.
    """
    wanted = [(to_oklab(style), weight) for style, weight in styles if weight > 0]
    pooled = pool_statistics([(color_statistics(style), weight) for style, weight in wanted])
    ends = [(style.amin((0, 2, 3)), style.amax((0, 2, 3))) for style, _ in wanted]
    low, high = torch.stack([low for low, _ in ends]).amin(0), torch.stack([high for _, high in ends]).amax(0)

    def within(lab: Tensor) -> Tensor:
        return lab.clamp(low.view(1, 3, 1, 1).to(lab), high.view(1, 3, 1, 1).to(lab))

    own = to_oklab(painted)
    lightness = within(own)[:, :1]
    if float(pooled.covariance[1:, 1:].abs().max()) < GRAY:
        return from_oklab(within(pca(torch.cat([lightness, own[:, 1:]], 1), pooled, FLOOR)))
    hues = replace(pooled, mean=pooled.mean[1:], covariance=pooled.covariance[1:, 1:])
    moved = _smoothed(pca(to_oklab(content)[:, 1:], hues, FLOOR), lightness)
    return from_oklab(within(torch.cat([lightness, moved], 1)))


def _mixed(values: Tensor, matrix: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", matrix, values)


def _smoothed(values: Tensor, guide: Tensor) -> Tensor:
    """Average each pixel with its neighbors, those of another lightness less, a few times: a bilateral filter."""
    weights = [(-EDGE * (guide - other).abs()).exp() for other in _around(guide)]
    total = torch.stack(weights).sum(0)
    for _ in range(ROUNDS):
        values = torch.stack([weight * each for weight, each in zip(weights, _around(values), strict=True)]).sum(0) / total
    return values


def _around(values: Tensor) -> list[Tensor]:
    """Return the nine pictures (B, C, H, W) of the neighbors of each pixel, itself among them; the border is repeated."""
    height, width = values.shape[-2:]
    padded = functional.pad(values, (1, 1, 1, 1), mode="replicate")
    return [padded[..., down : down + height, across : across + width] for down in range(3) for across in range(3)]
