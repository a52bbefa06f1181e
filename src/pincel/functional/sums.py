"""Sums that do not depend on the order they are made in."""

from __future__ import annotations

import torch
from torch import Tensor


def accum_dtype(x: Tensor) -> torch.dtype:
    """Return the precision to add many numbers up in: float64 where the device has it.

    Added up in float32, a sum over a million positions depends on their order in its sixth digit, and so on how they were cut into tiles.
    """
    return x.dtype if x.device.type == "mps" else torch.float64
