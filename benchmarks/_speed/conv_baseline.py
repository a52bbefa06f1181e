"""Role: one convolution, the fastest this machine offers of those in VGG-19."""

from __future__ import annotations

import time
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional

from _speed.report import flops_of
from pincel.engine.clock import timed

CHANNELS = 512
SIDE = 64
# Enough repetitions for a median, on a machine of whatever speed.
MIN_SECONDS = 0.5
MIN_COUNT, MAX_COUNT = 3, 200


class ConvBaseline:
    """512 → 512 channels, 3×3, at 64×64, channels-last: torch's own, forward and the gradient of its input."""

    def __init__(self) -> None:
        self._device = torch.device("cpu")
        self._x = self._weight = self._grad = torch.empty(0)

    def open(self, *, device: str, precision: str) -> float:
        """Get ready and warm; return the operations of one."""
        self._device = torch.device(device)
        torch.backends.cudnn.allow_tf32 = precision.startswith("tf32")
        generator = torch.Generator().manual_seed(0)

        def drawn(*shape: int) -> Tensor:
            values = torch.randn(shape, generator=generator).to(
                self._device, torch.bfloat16 if precision.startswith("bf16") else torch.float32
            )
            return values.contiguous(memory_format=torch.channels_last)

        self._x = drawn(1, CHANNELS, SIDE, SIDE).requires_grad_(True)
        self._weight, self._grad = drawn(CHANNELS, CHANNELS, 3, 3), drawn(1, CHANNELS, SIDE, SIDE)
        self._once()
        return flops_of(9 * CHANNELS**2 * SIDE**2)

    def measure(self) -> float:
        """Return the median seconds."""
        began, seconds = time.perf_counter(), list[float]()
        while len(seconds) < MIN_COUNT or (time.perf_counter() - began < MIN_SECONDS and len(seconds) < MAX_COUNT):
            seconds.append(timed(self._once, self._device))
        return median(seconds)

    def _once(self) -> None:
        result = functional.conv2d(self._x, self._weight, padding=1)
        torch.autograd.grad(result, self._x, self._grad)
