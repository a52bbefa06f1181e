"""The machine of this process: its name, its cores, and the memory and time that others leave."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

CONTAINERS = Path("/sys/fs/cgroup")


def free_host_memory(groups: Path = CONTAINERS) -> int:
    """Return the bytes that this process can still allocate."""
    limits = [
        (groups / "memory.max", groups / "memory.current"),
        (groups / "memory" / "memory.limit_in_bytes", groups / "memory" / "memory.usage_in_bytes"),
    ]
    left = [
        limit - used for limit, used in ((_number(most), _number(now)) for most, now in limits) if limit is not None and used is not None
    ]
    return max(0, min([psutil.virtual_memory().available, *left]))


@dataclass(frozen=True)
class CoreUse:
    """The work so far of the cores that this process may use.

    Attributes:
        clock: Time of the clock in seconds.
        busy: Seconds of work, of all cores together.
        own: Of which for this process.
    """

    clock: float
    busy: float
    own: float


def core_use() -> CoreUse:
    """Return the work of the cores so far, to be compared with later."""
    cores = psutil.cpu_times(percpu=True)
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(cores))
    times = [cores[number] for number in usable if number < len(cores)]
    return CoreUse(time.perf_counter(), sum(sum(each) - each.idle - getattr(each, "iowait", 0.0) for each in times), time.process_time())


def cores_of_others(before: CoreUse, now: CoreUse) -> float:
    """Return how many cores other processes have used between two moments."""
    return max(0.0, (now.busy - before.busy - now.own + before.own) / max(1e-3, now.clock - before.clock))


def processor_name(described: Path = Path("/proc/cpuinfo")) -> str:
    """Return the name of the processor, from /proc/cpuinfo on Linux."""
    try:
        lines = described.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use; in a container fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _number(path: Path) -> int | None:
    """Read a number from a file; ``max`` and no file are none."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
