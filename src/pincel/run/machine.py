"""Where a run works: device, precision, memory, tiles, processes. Nothing here changes a picture but by rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from pincel.engine.device import resolve_device
from pincel.engine.layout import Layout, parse_layout
from pincel.engine.memory import free_memory, parse_memory, used_memory
from pincel.engine.precision import FP32, Precision, choose_precision
from pincel.engine.process_group import LocalGroup, ProcessGroup
from pincel.engine.throughput import throughput
from pincel.run.cache import Cache, NoCache

MEMORY_FRACTION = 0.85
"""Of the free memory, what a run takes unless a limit is given."""


@dataclass(frozen=True)
class Machine:
    """Where a run works.

    Attributes:
        device: Of tensors.
        precision: Of convolutions.
        layouts: How the network is cut into tiles: one layout for each scale, or one for all; None for what fits with the least work.
        memory: Bytes a run may use in all; :data:`MEMORY_FRACTION` of what is free when None.
        processes: Those that share the tiles of one picture.
        cache: Networks and style statistics of earlier runs.
        notes: What was out of the ordinary when the machine was chosen, a sentence each.
    """

    device: torch.device
    precision: Precision = FP32
    layouts: tuple[Layout, ...] | None = None
    memory: int | None = None
    processes: ProcessGroup = field(default_factory=LocalGroup)
    cache: Cache = field(default_factory=NoCache)
    notes: tuple[str, ...] = ()

    @classmethod
    def resolve(
        cls,
        device: str = "auto",
        precision: str | Precision = "auto",
        tiles: str | Sequence[str] = "auto",
        memory: str | None = None,
        processes: ProcessGroup | None = None,
        cache: Cache | None = None,
    ) -> Machine:
        """Return the machine that is asked for; the fastest precision of a device is measured once, for about a second.

        Args:
            device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
            precision: ``auto``, ``fp32``, ``tf32`` or ``bf16``; see :mod:`pincel.engine.precision`.
            tiles: ``auto``, ``whole``, or such as ``pool2=512,pool3=2048``; one for all scales, or one for each.
            memory: Such as ``6G``.
            processes: This process alone when None.
            cache: Nothing is kept when None.

        Raises:
            PincelError: For a device that is not there, a precision it does not have, tiles or an amount of memory that cannot be read.
        """
        cuts = tiles if isinstance(tiles, list | tuple) else [tiles]
        layouts = None if tiles == "auto" else tuple(parse_layout(str(text)) for text in cuts)
        limit = None if memory is None else parse_memory(memory)
        where = resolve_device(device)
        notes: list[str] = []
        chosen = precision if isinstance(precision, Precision) else choose_precision(precision, where, notes.append)
        return cls(where, chosen, layouts, limit, processes or LocalGroup(), cache or NoCache(), tuple(notes))

    @property
    def used(self) -> int:
        """Bytes this process has in use on the device."""
        return used_memory(self.device)

    @property
    def budget(self) -> int:
        """Bytes a run may use in all, with what is in use already."""
        return self.memory or self.used + int(MEMORY_FRACTION * free_memory(self.device))

    def seconds_for(self, work: float) -> float | None:
        """Return how long so many multiply-adds take, by what earlier runs on this machine did; None if nothing is known."""
        known = throughput(self.device, self.precision)
        return work / known / self.processes.processes if known else None
