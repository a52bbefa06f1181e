"""How much memory the machine has left, as far as this process's container may use it."""

from __future__ import annotations

from pathlib import Path

import psutil

CONTAINERS = Path("/sys/fs/cgroup")


def free_host_memory(groups: Path = CONTAINERS) -> int:
    """Return the bytes that this process could still ask the machine for."""
    limits = [
        (groups / "memory.max", groups / "memory.current"),
        (groups / "memory" / "memory.limit_in_bytes", groups / "memory" / "memory.usage_in_bytes"),
    ]
    left = [
        limit - used for limit, used in ((_number(most), _number(now)) for most, now in limits) if limit is not None and used is not None
    ]
    return max(0, min([psutil.virtual_memory().available, *left]))


def _number(path: Path) -> int | None:
    """Read a number from a file; ``max`` and no file are none."""
    try:
        return int(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
