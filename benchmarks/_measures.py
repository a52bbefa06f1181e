"""Numbers that say how a picture relates to the photograph and to the painting: pure functions of pixels or of features.

Pixels are (1, 3, H, W) in [0, 1], sRGB-encoded; features (1, C, H, W) of a layer.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import torch
from scipy.fft import dctn, idctn
from skimage.color import rgb2lab
from torch import Tensor

from pincel.functional.color import LUMA
from pincel.functional.gram import gram_matrix
from pincel.functional.moments import Moments, bures_distance
from pincel.functional.wasserstein import quantile_distance, sorted_projections, unit_directions

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

DIRECTIONS = 32
BASES = 8
"""Of three directions each, that colors are laid upon."""
CHUNK = 16
"""Directions at a time: each takes 1 MB for a layer of 512×512 positions, its sorted copy and its order."""
POSITIONS = 1024
"""Of a layer that are compared each with each, at most."""
FLOOR = 1e-6
"""Mean square of the finest band that rounding to 8 bits leaves in a picture without any detail: 1/(12·255²), 80 % of it in this band."""


# Distance of features to those of the painting


def wasserstein_share(found: Tensor, target: Tensor) -> float:
    """Sliced Wasserstein distance, in units of the target's mean square; 0 for the same features at whatever positions.

    The directions are the same every time. Formula: :func:`pincel.functional.wasserstein.sliced_wasserstein`.
    """
    directions = unit_directions(target.shape[1], DIRECTIONS, torch.Generator().manual_seed(0))
    total = 0.0
    for some in torch.split(directions, CHUNK):
        total += len(some) * float(quantile_distance(sorted_projections(found, some), sorted_projections(target, some)))
    return total / DIRECTIONS / float(target.square().mean())


def gram_share(found: Moments, target: Moments) -> float:
    """Squared distance of the Gram matrices, in units of the target's own squares: ‖G - A‖² / ‖A‖²; 1 for features that are 0."""
    return float((found.gram - target.gram).square().sum() / target.gram.square().sum())


def frechet_share(found: Moments, target: Moments) -> float:
    """Fréchet distance of normal distributions with these moments, in units of the target's variance; 1 for the target's mean alone.

    Formula: :func:`pincel.functional.moments.bures_distance`.
    """
    return max(0.0, float(bures_distance(found, target) / target.variance.mean()))


def moments_of(features: Tensor) -> Moments:
    """Return the moments of features over all positions, in float64."""
    wide = features.double()
    return Moments(gram_matrix(wide), wide.mean((2, 3)))


# Distance of features to those of the photograph


def on_grid(features: Tensor, most: int = POSITIONS) -> Tensor:
    """Return the features of at most so many positions on an even grid, (C, N)."""
    stride = math.ceil(math.sqrt(features.shape[2] * features.shape[3] / most))
    return features[0, :, stride // 2 :: stride, stride // 2 :: stride].flatten(1)


def cosine_distance(found: Tensor, target: Tensor) -> float:
    """1 - cosine of the features (C, N) of each position and its own in the target, the mean; from 0 to 2, to 1 for features of a ReLU."""
    return 1 - float(torch.cosine_similarity(found, target, dim=0).mean())


def affinity_divergence(found: Tensor, target: Tensor) -> float:
    r"""CFSD: how differently the positions of two feature maps (C, N) are related, whatever their colors and strokes.

    .. math:: \frac{1}{N} \sum_i \mathrm{KL}(A^T_i \| A_i), \qquad A_i = \operatorname{softmax}_j (F_i \cdot F_j / C)

    Returns:
        0 or more, in nats.

    Paper:
        Chung, Hyun, Heo 2024, "Style Injection in Diffusion", content feature structural distance, at relu3_1; ``PatchSimi`` of its code.

    Differs:
        There affinities are divided by C again and the divergences added up, so that the number depends on the scale of the network's
        features, rewards a picture of little contrast, and grows with the number of positions. Here each map is in units of its own root
        mean square, and the mean is taken.
    """
    mine, theirs = (torch.log_softmax(_affinity(each), dim=1) for each in (found, target))
    return max(0.0, float((theirs.exp() * (theirs - mine)).sum(1).mean()))


def _affinity(features: Tensor) -> Tensor:
    unit = features / features.square().mean().sqrt().clamp_min(torch.finfo(features.dtype).tiny)
    return unit.T @ unit / len(unit)


# Of the pixels alone


def luminance(pixels: Tensor) -> Array:
    """Return luma of Rec. 601, (H, W), from 0 to 1."""
    weights = torch.tensor(LUMA, dtype=torch.float64, device=pixels.device)
    luma: Array = torch.einsum("c,chw->hw", weights, pixels[0].double()).cpu().numpy()
    return luma


def finest_band(luma: Array) -> Array:
    """Return what a picture (H, W) has of frequencies above half of Nyquist's, 0.25 cycles a pixel in any direction; its mean is 0.

    By cosine transform: the picture goes on as its own mirror image, so borders are no edges.
    """
    rows, columns = (np.arange(length) / (2 * length) for length in luma.shape)
    fine = np.hypot(rows[:, None], columns[None, :]) > 0.25
    band: Array = idctn(dctn(luma, norm="ortho") * fine, norm="ortho")
    return band


def grain(picture: Tensor, painting: Tensor) -> float:
    """Energy a pixel of the finest band of luminance, as a ratio to the painting's: 1 as the painting, more is grain, less is smoother.

    Both in the size they are compared in: a painting that is enlarged would have no finest band of its own.
    """
    mine, theirs = (float(np.square(finest_band(luminance(each))).mean()) for each in (picture, painting))
    return max(mine, FLOOR) / max(theirs, FLOOR)


def ghosting(picture: Tensor, photograph: Tensor) -> float:
    """Correlation of the finest bands of luminance of a picture and of the photograph, of one size; from -1 to 1.

    1 for the photograph itself. A picture whose finest strokes lie anywhere has 0: the mean of the correlations over all places that the
    one band can be moved to is exactly 0, for the bands have mean 0; of noise, chance gives some 1/√(H·W).
    """
    mine, theirs = (finest_band(luminance(each)) for each in (picture, photograph))
    return float((mine * theirs).mean()) / max(math.sqrt(float(np.square(mine).mean() * np.square(theirs).mean())), FLOOR)


def contrast(picture: Tensor, painting: Tensor) -> float:
    """Standard deviation of luminance, as a ratio to the painting's; 1 as the painting."""
    mine, theirs = (max(float(luminance(each).std()), math.sqrt(FLOOR)) for each in (picture, painting))
    return mine / theirs


def color_distance(picture: Tensor, painting: Tensor) -> float:
    """2-Wasserstein distance of the colors of two pictures in CIELAB, sliced, in ΔE; 0 for the same colors at whatever places.

    The mean of squares over directions is multiplied by 3, the number of channels: colors that are all moved by the same d give |d|.
    """
    mine, theirs = (_lab(each) for each in (picture, painting))
    # Three directions at right angles each time: for a shift, the mean over three of them is that over all.
    drawn = torch.randn(BASES, 3, 3, generator=torch.Generator().manual_seed(0))
    directions = torch.linalg.qr(drawn).Q.reshape(-1, 3)
    return math.sqrt(3 * float(quantile_distance(sorted_projections(mine, directions), sorted_projections(theirs, directions))))


def _lab(pixels: Tensor) -> Tensor:
    return torch.from_numpy(rgb2lab(pixels[0].permute(1, 2, 0).cpu().numpy())).float().permute(2, 0, 1)[None]
