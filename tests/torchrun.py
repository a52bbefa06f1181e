"""Starting several processes as torchrun does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.processes import ROOT, Forked

# What torchrun adds of its own, and programs cannot help.
ITS_OWN = ("*****", "Setting OMP_NUM_THREADS", *(f"{level}{month}" for level in "WEI" for month in (0, 1)))


def start(processes: int, module: str, *arguments: str | Path) -> Forked:
    """Start a module in several processes on this machine."""
    script = "import sys\nfrom torch.distributed.run import main\nmain(sys.argv[1:])"
    line = ["--standalone", "--nproc-per-node", str(processes), "-m", module, *(str(argument) for argument in arguments)]
    return Forked(script, line, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})


def run(processes: int, module: str, *arguments: str | Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run a module in several processes, and wait for their end."""
    running = start(processes, module, *arguments)
    try:
        out, err = running.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        running.terminate()
        out, err = running.communicate(timeout=60)
        raise AssertionError(f"Still running after {seconds} s.\n{out}\n{err}") from None
    return subprocess.CompletedProcess(running.args, running.wait(), out, err)


def ranks(torchrun: int) -> dict[int, int]:
    """Return number → process id of the processes that a torchrun started."""
    children = Path(f"/proc/{torchrun}/task/{torchrun}/children").read_text().split()
    return {_rank(int(child)): int(child) for child in children if _rank(int(child)) >= 0}


def alive(process: int) -> bool:
    """Tell whether a process is there."""
    return Path(f"/proc/{process}").exists()


def _rank(process: int) -> int:
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    except OSError:
        return -1
    return next((int(entry.removeprefix(b"RANK=")) for entry in environment if entry.startswith(b"RANK=")), -1)
