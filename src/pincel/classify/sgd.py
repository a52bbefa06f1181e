"""The paper's gradient descent: momentum, with weight decay inside the velocity."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def sgd_step(
    weights: Sequence[Tensor], velocities: Sequence[Tensor], grads: Sequence[Tensor], rate: float, momentum: float, decay: float
) -> None:
    r"""Update weights and velocities in place.

    .. math:: v \leftarrow \mu v - \lambda \varepsilon w - \varepsilon \, \partial L / \partial w, \qquad w \leftarrow w + v

    Args:
        weights: w, weights and biases alike.
        velocities: v, of the same shapes.
        grads: ∂L/∂w, averaged over the batch.
        rate: ε.
        momentum: μ, 0.9 in the paper.
        decay: λ, 0.0005 in the paper.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 5. ``torch.optim.SGD`` keeps v/ε instead, which differs when ε changes.
    """
    with torch.no_grad():
        w, v, g = list(weights), list(velocities), list(grads)
        torch._foreach_mul_(v, momentum)
        torch._foreach_add_(v, w, alpha=-decay * rate)
        torch._foreach_add_(v, g, alpha=-rate)
        torch._foreach_add_(w, v)
