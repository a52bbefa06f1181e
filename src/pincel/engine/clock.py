"""Seconds of work that may still be under way on an accelerator when the call returns."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import torch


def synchronize(device: torch.device) -> None:
    """Wait until the device has finished all its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def timed(work: Callable[[], object], device: torch.device) -> float:
    """Return the seconds that ``work`` takes."""
    synchronize(device)
    began = time.perf_counter()
    work()
    synchronize(device)
    return time.perf_counter() - began


def age() -> float:
    """Return the seconds since this program was started, its imports included."""
    return max(0.0, time.time() - psutil.Process().create_time())
