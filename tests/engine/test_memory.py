"""Freed memory is kept where the C library knows how, and nothing else changes."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import pytest

from pincel.engine.memory import retain_heap, trim_heap

# It cannot be undone, so it is called in a process of its own: what a step does, before and after.
CODE = """
import json, sys, torch
from pincel.engine.memory import retain_heap
def step():
    x = torch.linspace(-1, 1, 3 * 96 * 96).view(1, 3, 96, 96).requires_grad_()
    y = torch.relu(torch.nn.functional.conv2d(x, torch.full((64, 3, 3, 3), 0.1), padding=1)).square().sum()
    return [float(y.detach()), float(torch.autograd.grad(y, x)[0].double().sum())]
before = step()
kept = retain_heap()
print(json.dumps([kept, before, step(), step()]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_glibc_keeps_freed_memory_and_numbers_stay_right() -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, check=True)
    kept, before, *after = json.loads(done.stdout)
    assert kept is True
    assert after == [before, before]
    assert done.stderr == ""


FAULTS = """
import resource
from pincel.engine.memory import retain_heap
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(8):
        bytearray(64 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
given_back = faults()
retain_heap()
faults()
print(given_back, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_memory_asked_for_again_is_the_memory_that_was_freed() -> None:
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    given_back, kept = map(int, done.stdout.split())
    assert kept < given_back / 10


HOLES = """
import psutil
from pincel.engine.memory import trim_heap, retain_heap
used = lambda: psutil.Process().memory_info().rss
retain_heap()
before = used()
blocks = [bytearray(b"x" * 2**23) for _ in range(16)]
last = bytearray(b"x" * 2**23)
del blocks
kept = used() - before
print(trim_heap())
blocks = [bytearray(b"x" * 2**26) for _ in range(4)]
held = used() - before
del blocks
print(kept > 2**26, (used() - before - kept) < (held - kept) / 4)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_large_blocks_are_given_back_once_memory_is_short() -> None:
    done = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]


@pytest.mark.parametrize("library", [("", ""), ("musl", "1.2"), ("libc", "6")])
def test_other_libraries_are_left_alone(library: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: library)
    monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("loaded a library"))
    assert retain_heap() is False
    assert trim_heap() is False
