"""Which device, by name; and what of it is left in a process that was forked."""

from __future__ import annotations

import os
import sys
from functools import cache

import torch

from pincel.errors import DeviceError

# Types of the devices that were asked for in this process, and those that were in use in the process that forked this one.
_used: set[str] = set()
_used_before_fork: set[str] = set()


def available_devices() -> list[str]:
    """Names of the devices of this machine, best first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, *mps, "cpu"]


def resolve_device(name: str | torch.device) -> torch.device:
    """Return the device called ``name``: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``, or a device of torch.

    Whoever computes asks here first, so this also prepares for forks: a process that is forked from now on computes with one thread.

    Raises:
        DeviceError: If it is not on this machine (lists those that are), or is a GPU that the process that forked this one had in use.
    """
    there = available_devices()
    wanted = {"auto": there[0], "cuda": "cuda:0"}.get(str(name), str(name))
    if wanted not in there:
        raise DeviceError(f"Device '{name}' is not on this machine (here: auto, {', '.join(there)}).")
    device = torch.device(wanted)
    if device.type != "cpu" and device.type in _used_before_fork:
        raise DeviceError(
            f"Device '{wanted}' cannot be used in a process forked from one that has used it; "
            "start processes with multiprocessing.get_context('spawn'), or ask for the device 'cpu'."
        )
    _prepare_for_forks()
    _used.add(device.type)
    return device


def use_threads(count: int) -> None:
    """Let torch compute with so many threads; with one in a process forked from one that has computed, where more would never end."""
    torch.set_num_threads(1 if _used_before_fork else count)


@cache
def _prepare_for_forks() -> None:
    """See to processes that are forked from this one; only once something is computed, for until then a fork may do as it likes."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_begin_forked)


def _begin_forked() -> None:
    """Compute with one thread from now on: OpenMP would wait for its other threads, which a fork leaves behind, for ever."""
    _used_before_fork.update(_used)
    torch.set_num_threads(1)


def peak_memory(device: torch.device) -> int:
    """Most bytes in use so far: of the device's own memory on CUDA, of the whole process elsewhere; 0 where nobody counts."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes.
    return peak if sys.platform == "darwin" else peak * 1024
