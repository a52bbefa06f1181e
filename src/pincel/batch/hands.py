"""Who paints: this process, or several beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Protocol

import torch

from pincel.batch.messages import Job, MachineOptions, Message, Outcome, Progress
from pincel.batch.painter import Painter
from pincel.batch.processes import Processes
from pincel.engine.device import resolve_device
from pincel.engine.memory import free_memory, parse_memory
from pincel.errors import OptionError
from pincel.files import one_line
from pincel.run.machine import MEMORY_FRACTION

__all__ = ["Hands", "Here", "MachineOptions", "Message", "Processes", "Progress", "shared"]


class Hands(Protocol):
    """Whoever paints jobs. Each job given comes back as one Outcome, unless it was never begun because of :meth:`stop`."""

    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Outcome | Progress]:
        """Paint all jobs, and tell how each goes and what becomes of it, as it comes: in no certain order."""

    def stop(self) -> None:
        """Ask for the end: what is under way is left, nothing more is begun. Safe from a signal handler."""

    def close(self) -> None:
        """Let go of processes and networks."""


def shared(machine: MachineOptions, count: int) -> MachineOptions:
    """Return each worker's part of a machine's memory and threads, if there are several.

    Raises:
        OptionError: For less than one worker, or an amount of memory that is none.
        DeviceError: For a device that is not there.
    """
    if count < 1:
        raise OptionError(one_line("workers: there must be somebody to paint", str(count), "1 or more", "--workers 2"))
    device = resolve_device(machine.device)
    if machine.memory is not None:
        parse_memory(machine.memory)
    if count == 1:
        return machine
    memory = parse_memory(machine.memory) if machine.memory else round(MEMORY_FRACTION * free_memory(device))
    threads = machine.threads or torch.get_num_threads()
    return replace(machine, memory=str(memory // count), threads=max(1, threads // count))


class Here:
    """Paints in this process, one job after the other."""

    def __init__(self, machine: MachineOptions | None = None) -> None:
        self._painter = Painter(**asdict(machine or MachineOptions()))
        self._asked = False

    def outcomes(self, jobs: Sequence[Job]) -> Iterator[Message]:
        """Paint all jobs, in order."""
        for job in jobs:
            if self._asked:
                return
            yield (yield from self._painter.painting(job, stop=lambda: self._asked))

    def stop(self) -> None:
        """Ask for the end after the step under way."""
        self._asked = True

    def close(self) -> None:
        """Nothing is held that does not go by itself."""
