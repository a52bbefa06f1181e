"""Started by torchrun, the processes paint one picture: process 0 runs the command, and the others help it, without a word."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pincel.engine.process_group import ProcessGroup


@dataclass(frozen=True)
class Place:
    """This process among those that torchrun started.

    Attributes:
        rank: Its number; 0 leads.
        processes: How many there are.
        local: Its number on this host.
    """

    rank: int
    processes: int
    local: int


def place(environment: Mapping[str, str]) -> Place | None:
    """Return where torchrun put this process; None if it was started by itself."""
    try:
        rank, processes = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        local = int(environment.get("LOCAL_RANK", "0"))
    except (KeyError, ValueError):
        return None
    return Place(rank, processes, local) if processes > 1 and "MASTER_ADDR" in environment else None


def follows() -> bool:
    """Tell whether this process is to help another."""
    here = place(os.environ)
    return here is not None and here.rank > 0


def follow() -> int:
    """Help until the command is done.

    Returns:
        The exit code: 0, or 2 if process 0 has gone before.
    """
    from pincel.engine.process_group import join
    from pincel.run.worker import run_worker

    here = place(os.environ)
    if here is None:
        return 0
    team = join(here.rank, here.processes, here.local)
    # Ctrl-C and SIGTERM reach all processes, and are for process 0 to heed: it ends the run in good order, and this one with it.
    ignore_signals()
    return 0 if run_worker(team, here.local) else 2


@contextmanager
def crew() -> Iterator[ProcessGroup]:
    """Gather the processes that torchrun started, and let them end when all is done.

    If something goes wrong they notice that this process goes.
    """
    from pincel.engine.process_group import LeaderGroup, LocalGroup, join
    from pincel.errors import WorkerError

    here = place(os.environ)
    if here is None:
        yield LocalGroup()
        return
    leader = LeaderGroup(join(here.rank, here.processes, here.local))
    try:
        yield leader
        with suppress(WorkerError):
            leader.shutdown()
    finally:
        leader.team.destroy()


def device_here(name: str) -> str:
    """Return the GPU of this process where any would do."""
    from pincel.engine.device import available_devices

    here = place(os.environ)
    own = f"cuda:{here.local}" if here else ""
    return own if name in ("auto", "cuda") and own in available_devices() else name


def stand_fast(hands: ProcessGroup) -> None:
    """From now on let no signal end this process but through the run, if others work with it.

    When one of them dies, torchrun ends the rest by SIGTERM, and the checkpoint and the picture are still to be written.
    """
    if hands.processes > 1:
        ignore_signals()


def ignore_signals() -> None:
    """Let neither Ctrl-C nor SIGTERM end this process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def hush() -> None:
    """Let this process print nothing on standard output: process 0 does."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
