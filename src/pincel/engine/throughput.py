"""Multiply-adds a machine makes in a second: as measured in its last run, or else as estimated from its convolutions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from pincel.engine.events import Step
from pincel.engine.precision import PROBES, Precision
from pincel.engine.speeds import keep_speeds, known_speeds

# Throughput of a whole step relative to convolutions alone: poolings, Gram matrices and the optimizer take time and multiply little.
STEP_FRACTION = 0.65
# Fewest steps and seconds that are measured.
MIN_STEPS, MIN_SECONDS = 3, 1.0
# Relative change from which a new measurement is stored.
MIN_CHANGE = 0.1


def throughput(device: torch.device, precision: Precision) -> float | None:
    """Return multiply-adds a second; None if nothing has been measured yet."""
    known = known_speeds(device)
    if _name(precision) in known:
        return known[_name(precision)]
    probed = known.get(str(precision))
    # Forward and backward, as the probe does.
    return STEP_FRACTION * 2 * sum(9 * channels**2 * side**2 for channels, side in PROBES[device.type]) / probed if probed else None


class ThroughputMeter:
    """Measures the throughput of a run.

    Args:
        device: Of the run.
        precision: Of its convolutions.
    """

    def __init__(self, device: torch.device, precision: Precision) -> None:
        self._device, self._precision = device, precision
        self._first: _Mark | None = None
        self._last: _Mark | None = None

    def add(self, step: Step) -> None:
        """Add a step."""
        # Not the event, which holds a picture.
        mark = _Mark(step.scale, step.step, step.seconds)
        if self._first is None or self._first.scale != mark.scale:
            # The first step at a size is slower than all others: memory is allocated, kernels are chosen.
            self._first = mark
        self._last = mark

    def keep(self, work: Callable[[tuple[int, int]], float], notify: Callable[[str], None]) -> None:
        """Store the throughput for later runs; ``work`` returns the multiply-adds of a step at (height, width)."""
        first, last = self._first, self._last
        if first is None or last is None or last.step - first.step < MIN_STEPS or last.seconds - first.seconds < MIN_SECONDS:
            return
        measured = work(last.scale) * (last.step - first.step) / (last.seconds - first.seconds)
        known = known_speeds(self._device).get(_name(self._precision), 0.0)
        if abs(measured - known) > MIN_CHANGE * known:
            keep_speeds(self._device, {_name(self._precision): measured}, notify)


@dataclass(frozen=True)
class _Mark:
    scale: tuple[int, int]
    step: int
    seconds: float


def _name(precision: Precision) -> str:
    return f"pace {precision}"
