"""Processes started by torchrun: process 0 runs the command, and the others work for it without output."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pincel.engine.process_group import ProcessGroup, TorchGroup
    from pincel.training.trainer import ReplicaGroup


@dataclass(frozen=True)
class Rank:
    """This process among those of torchrun: its ``number`` of so many ``processes``, and its number on this host (``local``)."""

    number: int
    processes: int
    local: int

    def join(self) -> TorchGroup:
        """Connect to the other processes."""
        from pincel.engine.process_group import join

        return join(self.number, self.processes, self.local)


def rank_of(environment: Mapping[str, str]) -> Rank | None:
    """Return the rank that torchrun gave to this process; None if it was started by itself."""
    try:
        number, processes = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        local = int(environment.get("LOCAL_RANK", "0"))
    except (KeyError, ValueError):
        return None
    return Rank(number, processes, local) if processes > 1 and "MASTER_ADDR" in environment else None


def is_worker() -> bool:
    """Return whether this process works for process 0."""
    rank = rank_of(os.environ)
    return rank is not None and rank.number > 0


def work() -> int:
    """Work for process 0 until its command is done; return the exit code: 2 if process 0 has failed."""
    from pincel.run.worker import run_worker

    rank = rank_of(os.environ)
    if rank is None:
        return 0
    group = rank.join()
    # Ctrl-C and SIGTERM reach all processes; process 0 ends the run, and this process with it.
    ignore_signals()
    return 0 if run_worker(group, rank.local) else 2


@contextmanager
def process_group() -> Iterator[ProcessGroup]:
    """Yield the group of this process and those that work for it, which end afterwards, or when this process fails."""
    from pincel.engine.process_group import LeaderGroup, LocalGroup
    from pincel.errors import WorkerError

    rank = rank_of(os.environ)
    if rank is None:
        yield LocalGroup()
        return
    leader = LeaderGroup(rank.join())
    try:
        yield leader
        with suppress(WorkerError):
            leader.shutdown()
    finally:
        leader.group.destroy()


@contextmanager
def replica_group() -> Iterator[ReplicaGroup]:
    """Yield the group of processes that train together; of one process, a group of one."""
    from pincel.training.trainer import SingleReplica

    rank = rank_of(os.environ)
    if rank is None:
        yield SingleReplica()
        return
    group = rank.join()
    try:
        yield group
    finally:
        group.destroy()


def local_device(name: str) -> str:
    """Return the GPU of this process where any GPU would do, or else ``name``."""
    from pincel.engine.device import available_devices

    rank = rank_of(os.environ)
    own = f"cuda:{rank.local}" if rank else ""
    return own if name in ("auto", "cuda") and own in available_devices() else name


def ignore_signals() -> None:
    """Let neither Ctrl-C nor SIGTERM end this process.

    When one process of a group dies, torchrun ends the others by SIGTERM; checkpoint and picture are still to be written.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def silence() -> None:
    """Discard the standard output of this process."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as long as the process
