r"""Temporal consistency of the frames of a film.

A flow :math:`f` of shape (H, W, 2) is the displacement of each pixel of one frame, to the right and down, to another frame: pixel
:math:`p` of the one is at :math:`p + f(p)` in the other. All of this is after Ruder, Dosovitskiy, Brox 2016, "Artistic style transfer for
videos", with the constants of their program where paper and program differ.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor

Flow = npt.NDArray[np.float32]
Weights = npt.NDArray[np.float32]

# |f + b|² must stay below this share of |f|² + |b|², and this many square pixels.
DISAGREEMENT, ALLOWED = 0.01, 0.5
# |∇u|² + |∇v|² above this share of |f|², and this much, is an edge of something that moves by itself.
STEEPNESS, EVEN = 0.01, 0.002


def temporal_loss(pixels: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    r"""Mean squared distance to the warped frame weighted by confidence: :math:`\frac1D \sum_k c_k (x_k - w_k)^2`.

    Args:
        pixels: x, (1, 3, H, W).
        target: w, the frame before, warped to this one; same shape.
        weights: c in [0, 1], (1, 1, H, W).

    Returns:
        A scalar. D is the number of all entries, whatever their weight.

    Example:
        >>> import torch
        >>> x, w = torch.zeros(1, 3, 1, 2), torch.full((1, 3, 1, 2), 2.0)
        >>> float(temporal_loss(x, w, torch.tensor([[[[1.0, 0.0]]]])))
        2.0

    Paper:
        Section 4.2, temporal consistency loss.
    """
    return (weights * (pixels - target).square()).sum() / pixels.numel()


def disoccluded(flow: Flow, back: Flow) -> npt.NDArray[np.bool_]:
    r"""Return which pixels are disoccluded: following the flow back and forth ends at another pixel.

    .. math:: |\tilde f + b|^2 \ge 0.01 (|\tilde f|^2 + |b|^2) + 0.5

    Args:
        flow: :math:`\tilde f`, the flow of the frame before, looked up at where :math:`b` leads; (H, W, 2).
        back: b, from this frame to the one before.

    Paper:
        Section 4.2, disocclusions, after Sundaram, Brox, Keutzer 2010.
    """
    apart = np.square(flow + back).sum(-1)
    length = np.square(flow).sum(-1) + np.square(back).sum(-1)
    hidden: npt.NDArray[np.bool_] = apart >= DISAGREEMENT * length + ALLOWED
    return hidden


def motion_boundaries(back: Flow) -> npt.NDArray[np.bool_]:
    r"""Return where a flow changes from pixel to pixel: :math:`|\nabla u|^2 + |\nabla v|^2 > 0.01 |b|^2 + 0.002`.

    Args:
        back: b, (H, W, 2).

    Paper:
        Section 4.2, motion boundaries. Differences are central, halved, as in ``consistencyChecker.cpp``; at the border one-sided.
    """
    gradients = [np.gradient(back[..., part], axis=axis) for part in (0, 1) for axis in (0, 1) if back.shape[axis] > 1]
    steep = np.sum([np.square(gradient) for gradient in gradients], axis=0) if gradients else np.zeros(back.shape[:2])
    edges: npt.NDArray[np.bool_] = steep > STEEPNESS * np.square(back).sum(-1) + EVEN
    return edges


def long_term_weights(weights: list[Weights]) -> list[Weights]:
    r"""Return weights that compare each pixel with the nearest frame showing it: :math:`c^{long}_j = \max(c_j - \sum_{k<j} c_k, 0)`.

    Args:
        weights: :math:`c_j` of the frames before, the nearest first.

    Example:
        >>> near, far = np.float32([[1.0, 0.0]]), np.float32([[1.0, 1.0]])
        >>> [each.tolist() for each in long_term_weights([near, far])]
        [[[1.0, 0.0]], [[0.0, 1.0]]]

    Paper:
        Section 4.3, long-term consistency.
    """
    left: list[Weights] = []
    nearer: Weights = np.zeros(weights[0].shape if weights else (), np.float32)
    for weight in weights:
        left.append(np.maximum(weight - nearer, 0))
        nearer = nearer + weight
    return left


def warp_blend(pixels: Tensor, other: Tensor, weights: Tensor, share: float = 1.0) -> Tensor:
    r"""Return the start of a frame in a pass: a mean of the frame and its warped neighbor: :math:`(x + \delta c w) / (1 + \delta c)`.

    Args:
        pixels: x, as the pass before left it; (1, 3, H, W).
        other: w, the neighbor warped to it.
        weights: c, (1, 1, H, W).
        share: δ.

    Paper:
        Section 4.4, multi-pass algorithm, as their program does it.
    """
    return (pixels + share * weights * other) / (1 + share * weights)
