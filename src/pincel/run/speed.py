"""How fast a machine painted, kept for the estimates of later runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pincel.engine.events import Event, Notice, Step, Stopped
from pincel.engine.throughput import ThroughputMeter
from pincel.run.machine import Machine

if TYPE_CHECKING:
    from pincel.run.run import Run


class SpeedRecorder:
    """A callback that measures the steps of a run.

    Args:
        machine: Where the run works.
    """

    def __init__(self, machine: Machine) -> None:
        self._meter = ThroughputMeter(machine.device, machine.precision)
        self._alone = machine.processes.processes == 1

    def __call__(self, run: Run, event: Event) -> Iterable[Notice]:
        """Take note of a step, unless its scale has terms of its own; at the end, keep the speed of this process by itself."""
        if isinstance(event, Step) and not (run.loop.scale.coarse and run.recipe.coarse_terms):
            self._meter.add(event)
        elif isinstance(event, Stopped) and self._alone:
            self._meter.keep(run.plan.step_work, run.history.notes.append)
        return ()
