"""Where a network is trained: device, precision, loading processes and memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import torch

from pincel.classify.network import PRECISIONS
from pincel.classify.prepare import PrepareOptions
from pincel.classify.squares import MEMORY_FRACTION
from pincel.engine.checkpoint import environment
from pincel.engine.device import resolve_device
from pincel.engine.memory import free_memory
from pincel.errors import OptionError, unknown_name
from pincel.host import cores
from pincel.training.trainer import ReplicaGroup, SingleReplica


@dataclass(frozen=True)
class ClassifierTrainingConfig:
    """Where a network is trained and until when; it changes a step only by rounding.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: What convolutions multiply in, ``fp32`` or ``bf16``.
        workers: Loading processes; None for none if the squares are kept in memory, else as many as keep up.
        memory: Bytes that decoded squares may take; None for a quarter of what is free.
        group: The processes that train together.
        stop_error: Training error, over the latest epoch's worth of steps, below which training ends; 0 for no limit.
        damaged: ``leave`` images that cannot be read out, or ``refuse`` the set.

    Raises:
        UnknownNameError: For another precision.
        OptionError: For less than no workers.
        DeviceError: If the device is not there.
    """

    device: str = "auto"
    precision: str = "fp32"
    workers: int | None = None
    memory: int | None = None
    group: ReplicaGroup = field(default_factory=SingleReplica)
    stop_error: float = 0.0
    damaged: Literal["leave", "refuse"] = "leave"

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise unknown_name("precision", self.precision, PRECISIONS)
        if self.workers is not None and self.workers < 0:
            raise OptionError(f"--workers {self.workers}: give 0 or more.")

    @cached_property
    def torch_device(self) -> torch.device:
        """The device; raises DeviceError if it is not there."""
        return resolve_device(self.device)

    @property
    def environment(self) -> dict[str, str]:
        """What the last bits of a result depend on."""
        return environment(self.torch_device, self.precision, self.group.processes)

    def prepare_options(self, cache: Path) -> PrepareOptions:
        """Return the resources of this process for the preparation of a data set."""
        processes = self.group.processes
        memory = int(free_memory(torch.device("cpu")) * MEMORY_FRACTION) if self.memory is None else self.memory
        return PrepareOptions(self.group, memory // processes, max(1, cores() // processes), cache)

    def loading_processes(self, *, kept: bool) -> int:
        """Return how many processes load: a core each for a GPU, one for every four cores that compute themselves."""
        if self.workers is not None:
            return self.workers
        each = cores() // self.group.processes
        return 0 if kept else max(1, each if self.torch_device.type != "cpu" else each // 4)
