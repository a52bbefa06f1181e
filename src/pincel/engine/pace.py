"""How much arithmetic a machine does a second: what its last run did, or else what its convolutions promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from pincel.engine.events import Step
from pincel.engine.precision import PROBES, Precision
from pincel.engine.speeds import keep_speeds, known_speeds

# Of what bare convolutions reach, what a whole step does: poolings, Gram matrices and the optimiser take time and multiply little.
SHARE = 0.65
# Steps and seconds before a pace is worth keeping.
STEPS, SECONDS = 3, 1.0
# A pace is written down again only when it changed this much.
NEWS = 0.1


def pace(device: torch.device, precision: Precision) -> float | None:
    """Return multiply-adds a second; None if nothing has been measured yet."""
    known = known_speeds(device)
    if _name(precision) in known:
        return known[_name(precision)]
    probed = known.get(str(precision))
    # There and back, as the probe does it.
    return SHARE * 2 * sum(9 * channels**2 * side**2 for channels, side in PROBES[device.type]) / probed if probed else None


class Pacer:
    """Watches the steps of a run.

    Args:
        device: Where it works.
        precision: How it multiplies.
    """

    def __init__(self, device: torch.device, precision: Precision) -> None:
        self._device, self._precision = device, precision
        self._first: _Mark | None = None
        self._last: _Mark | None = None

    def see(self, step: Step) -> None:
        """Take note of a step."""
        # Not of the event, which holds a picture.
        mark = _Mark(step.scale, step.step, step.seconds)
        if self._first is None or self._first.scale != mark.scale:
            # The first look at a size is slower than all others: memory is asked for, kernels are chosen.
            self._first = mark
        self._last = mark

    def keep(self, work: Callable[[tuple[int, int]], float], tell: Callable[[str], None]) -> None:
        """Keep the pace for later runs; ``work`` says the multiply-adds of a step at (height, width)."""
        first, last = self._first, self._last
        if first is None or last is None or last.step - first.step < STEPS or last.seconds - first.seconds < SECONDS:
            return
        found = work(last.scale) * (last.step - first.step) / (last.seconds - first.seconds)
        known = known_speeds(self._device).get(_name(self._precision), 0.0)
        if abs(found - known) > NEWS * known:
            keep_speeds(self._device, {_name(self._precision): found}, tell)


@dataclass(frozen=True)
class _Mark:
    scale: tuple[int, int]
    step: int
    seconds: float


def _name(precision: Precision) -> str:
    return f"pace {precision}"
