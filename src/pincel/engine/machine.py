"""What the machine is called, and what it has."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil
import torch
from pydantic import ByteSize, TypeAdapter, ValidationError

from pincel.errors import OptionError


def processor_name(described: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor as Linux calls it, or as well as Python knows it elsewhere."""
    try:
        lines = described.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use, which in a container is fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_memory(device: torch.device, groups: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the bytes that this process could still ask for: of the device, or of the machine as far as its container may use it."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    limits = [
        (groups / "memory.max", groups / "memory.current"),
        (groups / "memory" / "memory.limit_in_bytes", groups / "memory" / "memory.usage_in_bytes"),
    ]
    left = [
        limit - used for limit, used in ((_number(most), _number(now)) for most, now in limits) if limit is not None and used is not None
    ]
    return max(0, min([psutil.virtual_memory().available, *left]))


def used_memory(device: torch.device) -> int:
    """Return the bytes in use now: of the device's own memory on CUDA, of the whole process elsewhere."""
    return int(torch.cuda.memory_allocated(device)) if device.type == "cuda" else int(psutil.Process().memory_info().rss)


def parse_memory(text: str) -> int:
    """Read an amount of memory: ``6G`` is 6·10⁹ bytes, ``6GiB`` 6·2³⁰.

    Raises:
        OptionError: For anything else, or nothing at all.
    """
    try:
        size = int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        size = 0
    if size <= 0:
        raise OptionError(f"Memory is given as 6G, 512M or 1.5GiB, not '{text}'.")
    return size


def _number(path: Path) -> int | None:
    """Read a number from a file; ``max`` and no file are none."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
