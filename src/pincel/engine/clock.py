"""Seconds of work that may still be under way on an accelerator when the call returns."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch


def settle(device: torch.device) -> None:
    """Wait until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def timed(work: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that ``work`` takes."""
    settle(device)
    began = time.perf_counter()
    work()
    settle(device)
    return time.perf_counter() - began
