"""Laplacian pyramids: a picture as a small picture and what each doubling of its size adds."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional


def decompose(picture: Tensor, levels: int) -> list[Tensor]:
    r"""Return the Laplacian pyramid of a picture.

    .. math:: L_i = G_i - \operatorname{up}(G_{i+1}), \qquad G_{i+1} = \operatorname{down}(G_i), \qquad G_0 = I

    Args:
        picture: Shape (B, C, H, W).
        levels: How often its sides are halved, rounded down; see :func:`pyramid_sizes`.

    Returns:
        ``levels`` + 1 pictures, fine to coarse, the last one the small picture G itself.

    Paper:
        Burt, Adelson 1983, "The Laplacian Pyramid as a Compact Image Code"; bilinear in both directions as in Kolkin et al. 2022, "Neural
        Neighbor Style Transfer", utils/imagePyramid.py of the authors' code.
    """
    pyramid = []
    for _ in range(levels):
        height, width = picture.shape[-2:]
        smaller = bilinear(picture, (height // 2, width // 2))
        pyramid.append(picture - bilinear(smaller, (height, width)))
        picture = smaller
    return [*pyramid, picture]


def synthesize(pyramid: Sequence[Tensor]) -> Tensor:
    """Return the picture of a pyramid as :func:`decompose` returns it."""
    picture = pyramid[-1]
    for level in reversed(pyramid[:-1]):
        picture = level + bilinear(picture, (level.shape[-2], level.shape[-1]))
    return picture


def pyramid_sizes(size: tuple[int, int], most: int) -> list[tuple[int, int]]:
    """Return (height, width) of each picture of a pyramid of at most ``most`` levels, fewer where a side would be shorter than a pixel."""
    levels = min(most, min(size).bit_length() - 1)
    return [(size[0] >> level, size[1] >> level) for level in range(levels + 1)]


def bilinear(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (B, C, H, W) to (height, width), bilinear between the four nearest pixels, whatever the factor."""
    return functional.interpolate(picture, size, mode="bilinear", align_corners=False)
