"""What the machine is called."""

from __future__ import annotations

import os
import platform
from pathlib import Path


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
