"""Memory that is given back and asked for again costs as much as the arithmetic done in it; and memory that is not there."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
import torch

from pincel.bytesize import parse_bytes
from pincel.host import CONTAINERS, free_host_memory

T = TypeVar("T")
# Parameters of mallopt(3), and what to set them to: no block of its own for a large request, and nothing trimmed off the end.
_M_MMAP_MAX, _NEVER, _ALWAYS = -4, 0, 65536
_M_TRIM_THRESHOLD, _DISABLED = -1, -1
# Requests from so many bytes on are large.
_M_MMAP_THRESHOLD, _LARGE = -3, 4 * 2**20
# What torch asks, before its first tensor, to know whether large requests shall be aligned to pages of two megabytes, and use them.
_LARGE_PAGES = "THP_MEM_ALLOC_ENABLE"


def retain_heap() -> bool:
    """Tell the C library to keep freed memory for the next step instead of giving it back to the system.

    A step frees and asks again for feature maps of tens of megabytes; each page given back is cleared by the system when it is next
    touched; ``benchmarks/step.py --give-back`` shows a step without. Large pages leave fewer holes between what is kept.

    It concerns the whole process and cannot be undone, so programs call it (the command line does), the library does not. To be called
    before torch makes its first tensor.

    Returns:
        Whether this C library knows how (glibc does).
    """
    os.environ.setdefault(_LARGE_PAGES, "1")
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    accepted = [library.mallopt(_M_MMAP_MAX, _NEVER), library.mallopt(_M_TRIM_THRESHOLD, _DISABLED)]
    return all(accepted)


def trim_heap() -> bool:
    """Tell the C library to give large freed blocks back after all, from now on: of a run that leaves little memory free.

    What is kept has holes, for tiles at the border are smaller than others and maps of one layer do not fit where those of another were:
    of 8192×8192 pixels in tiles, gigabytes. A step is slower for it, see ``benchmarks/step.py --give-back``.

    Returns:
        Whether this C library knows how (glibc does).
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return all([library.mallopt(_M_MMAP_MAX, _ALWAYS), library.mallopt(_M_MMAP_THRESHOLD, _LARGE)])


def try_alloc(work: Callable[[], T]) -> T | None:
    """Do something; return None if there was no memory for it, when what it had computed so far is let go."""
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not out_of_memory(error):
            raise
    return None


def out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that there is no memory left; torch has a class of its own for that on GPUs only."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # The last is what oneDNN says, which convolves on CPUs, when it is refused memory of its own.
    words = ("allocate memory", "not enough memory", "out of memory", "could not create a primitive")
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)


def free_memory(device: torch.device, groups: Path = CONTAINERS) -> int:
    """Return the bytes that this process could still ask for: of the device, or of the machine as far as its container may use it."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return free_host_memory(groups)


def used_memory(device: torch.device) -> int:
    """Return the bytes in use now: of the device's own memory on CUDA, of the whole process elsewhere."""
    return int(torch.cuda.memory_allocated(device)) if device.type == "cuda" else int(psutil.Process().memory_info().rss)


def parse_memory(text: str) -> int:
    """Read an amount of memory: ``6G`` is 6·10⁹ bytes, ``6GiB`` 6·2³⁰.

    Raises:
        OptionError: For anything else, or nothing at all.
    """
    return parse_bytes(text, "Memory is given as 6G, 512M or 1.5GiB")
