"""The workers of a batch on this machine, and how they share memory and threads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from pincel.batches.messages import Job, MachineOptions
from pincel.batches.runner import JobRunner
from pincel.engine.device import resolve_device
from pincel.engine.memory import free_memory, parse_memory, retain_heap
from pincel.errors import OptionError
from pincel.executors.processes import ProcessExecutor
from pincel.executors.protocol import Executor, Worker
from pincel.executors.serial import SerialExecutor
from pincel.files import one_line
from pincel.run.machine import MEMORY_FRACTION


@dataclass(frozen=True)
class MakeRunner:
    """Makes the runner of a process, in that process.

    Attributes:
        machine: Where and how it computes.
    """

    machine: MachineOptions

    def __call__(self, name: str) -> Worker[Job]:
        """Make the runner."""
        # The process does nothing else.
        retain_heap()
        return JobRunner(self.machine, name)


def local_executor(count: int, machine: MachineOptions) -> Executor[Job]:
    """Return an executor for this machine: this process, or several that share its memory and threads.

    Raises:
        OptionError: For less than one worker, or an amount of memory that is none.
        DeviceError: For a device that is not there.
    """
    each = split_resources(machine, count)
    if count > 1:
        return ProcessExecutor(count, MakeRunner(each))
    return SerialExecutor(JobRunner(each))


def split_resources(machine: MachineOptions, count: int) -> MachineOptions:
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
