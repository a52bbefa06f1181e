"""The paper's gradient descent: momentum, with weight decay inside the velocity."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def descend(
    weights: Sequence[Tensor], velocities: Sequence[Tensor], slopes: Sequence[Tensor], rate: float, momentum: float, decay: float
) -> None:
    r"""Move weights one step, in place, and their velocities.

    .. math:: v \leftarrow \mu v - \lambda \varepsilon w - \varepsilon \, \partial L / \partial w, \qquad w \leftarrow w + v

    Args:
        weights: w, weights and biases alike.
        velocities: v, of the same shapes.
        slopes: ∂L/∂w, averaged over the batch.
        rate: ε.
        momentum: μ, 0.9 in the paper.
        decay: λ, 0.0005 in the paper.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 5. ``torch.optim.SGD`` keeps v/ε instead, which is another thing when ε changes.
    """
    with torch.no_grad():
        w, v, g = list(weights), list(velocities), list(slopes)
        torch._foreach_mul_(v, momentum)
        torch._foreach_add_(v, w, alpha=-decay * rate)
        torch._foreach_add_(v, g, alpha=-rate)
        torch._foreach_add_(w, v)
