"""Role: one convolution, the fastest this machine offers of those in VGG-19."""

from __future__ import annotations

import time
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional

from pincel.bench.flops import flops_of
from pincel.engine.clock import timed

CHANNELS = 512
SIDE = 64
# Enough repetitions for a median, on a machine of whatever speed.
ENOUGH = 0.5
FEWEST, MOST = 3, 200


class Yardstick:
    """512 → 512 channels, 3×3, at 64×64, channels-last: torch's own, forward and the gradient of its input."""

    def __init__(self) -> None:
        self._device = torch.device("cpu")
        self._x = self._weight = self._slope = torch.empty(0)

    def abandon(self) -> None:
        """End nothing: all is in this process."""

    def open(self, *, device: str, precision: str) -> dict[str, object]:
        """Get ready and warm."""
        self._device = torch.device(device)
        torch.backends.cudnn.allow_tf32 = precision.startswith("tf32")
        generator = torch.Generator().manual_seed(0)

        def drawn(*shape: int) -> Tensor:
            values = torch.randn(shape, generator=generator).to(
                self._device, torch.bfloat16 if precision.startswith("bf16") else torch.float32
            )
            return values.contiguous(memory_format=torch.channels_last)

        self._x = drawn(1, CHANNELS, SIDE, SIDE).requires_grad_(True)
        self._weight, self._slope = drawn(CHANNELS, CHANNELS, 3, 3), drawn(1, CHANNELS, SIDE, SIDE)
        self._once()
        return {"flops": flops_of(9 * CHANNELS**2 * SIDE**2)}

    def measure(self) -> dict[str, object]:
        """Return the median seconds."""
        began, found = time.perf_counter(), list[float]()
        while len(found) < FEWEST or (time.perf_counter() - began < ENOUGH and len(found) < MOST):
            found.append(timed(self._once, self._device))
        return {"seconds": median(found)}

    def _once(self) -> None:
        seen = functional.conv2d(self._x, self._weight, padding=1)
        torch.autograd.grad(seen, self._x, self._slope)
