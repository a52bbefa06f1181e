"""Several processes that compute one picture, over torch.distributed.

Process 0, the leader, has the canvas, the optimizer and the clock, and runs the loop as one process would. Before it evaluates a picture it
sends it to the others, the followers; every process evaluates its own tiles, and sums are reduced over all. So all processes have the same
gradients of these sums, and nothing is decided twice.

Messages are JSON, pictures are plain numbers. Nothing that is received is ever executed.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import torch
from torch import Tensor
from torch import distributed as dist

from pincel.engine.layout import Tile
from pincel.engine.sharing import partition
from pincel.engine.tiles import LocalWork, WorkPartition
from pincel.errors import WorkerError

# A process that does not answer for so long counts as dead, even if its connection is still open.
TIMEOUT = timedelta(minutes=30)


class ProcessGroup(Protocol):
    """The processes that compute a picture, as a run sees them."""

    @property
    def processes(self) -> int:
        """Number of processes."""

    def broadcast_config(self, config: Callable[[], Mapping[str, Any]]) -> None:
        """Send the followers what to load, and wait until they have; raises WorkerError if one cannot."""

    def partition(self, scale: int, start: Tensor | None = None) -> WorkPartition:
        """Let all processes build the objective of a scale, and return how its tiles are partitioned.

        Args:
            scale: Its number.
            start: The picture that the scale starts from, where the objective depends on it.
        """


class LocalGroup:
    """This process alone."""

    processes = 1

    def broadcast_config(self, config: Callable[[], Mapping[str, Any]]) -> None:
        """Do nothing: there are no followers."""

    def partition(self, scale: int, start: Tensor | None = None) -> WorkPartition:
        """Return that this process computes all tiles."""
        return LocalWork()


@dataclass(frozen=True)
class TorchGroup:
    """This process among others of torch.distributed. To its own objectives it is a follower: process 0 sends what to load and to evaluate.

    Attributes:
        rank: Number of this process; 0 leads.
        processes: Number of processes.
    """

    rank: int
    processes: int

    def broadcast(self, message: Mapping[str, Any]) -> None:
        """Send a message to all processes, which must be in :meth:`receive`."""
        data = torch.frombuffer(bytearray(json.dumps(message).encode()), dtype=torch.uint8)
        with _one_line_errors():
            dist.broadcast(torch.tensor([len(data)]), src=0)
            dist.broadcast(data, src=0)

    def receive(self) -> dict[str, Any]:
        """Wait for the next message of process 0."""
        length = torch.zeros(1, dtype=torch.int64)
        with _one_line_errors():
            dist.broadcast(length, src=0)
            data = torch.empty(int(length), dtype=torch.uint8)
            dist.broadcast(data, src=0)
        message: dict[str, Any] = json.loads(data.numpy().tobytes())
        return message

    def all_gather(self, text: str) -> list[str]:
        """Return the texts of all processes, in their order; all must call this."""
        data = torch.frombuffer(bytearray(f"{text} ".encode()), dtype=torch.uint8)
        lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(self.processes)]
        with _one_line_errors():
            dist.all_gather(lengths, torch.tensor([len(data)]))
            longest = max(int(length) for length in lengths)
            padded = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.processes)]
            dist.all_gather(padded, torch.cat([data, torch.zeros(longest - len(data), dtype=torch.uint8)]))
        both = zip(padded, lengths, strict=True)
        return [bytes(text[: int(length)].tolist()).decode().removesuffix(" ") for text, length in both]

    def broadcast_config(self, config: Callable[[], Mapping[str, Any]]) -> None:
        """Do nothing: process 0 sends it."""

    def partition(self, scale: int, start: Tensor | None = None) -> WorkPartition:
        """Return how tiles are partitioned at any scale."""
        return self

    def send_image(self, pixels: Tensor) -> None:
        """Do nothing: process 0 sends pictures."""

    def broadcast_image(self, pixels: Tensor) -> None:
        """Send a picture to all processes, which must be in :meth:`receive_image`."""
        with _one_line_errors():
            dist.broadcast(pixels.detach().contiguous(), src=0)

    def receive_image(self, outline: Mapping[str, Any], device: torch.device) -> Tensor:
        """Wait for a picture of process 0, of the shape and type that its message said."""
        pixels = torch.empty(*outline["shape"], dtype=getattr(torch, outline["dtype"]), device=device)
        with _one_line_errors():
            dist.broadcast(pixels, src=0)
        return pixels

    def local_tiles(self, tiles: Sequence[Tile]) -> Sequence[Tile]:
        """Return the tiles that this process computes."""
        return partition(tiles, self.processes)[self.rank]

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return the sum over all processes; all must call this."""
        # Pictures and layers are channels last in memory, and must have the same order in all processes.
        layer = part.dim() == 4
        flat = (part.permute(0, 2, 3, 1) if layer else part).contiguous()
        with _one_line_errors():
            dist.all_reduce(flat)
        return flat.permute(0, 3, 1, 2) if layer else flat

    def destroy(self) -> None:
        """Close the connections."""
        dist.destroy_process_group()


def join(rank: int, processes: int, local: int) -> TorchGroup:
    """Connect to the other processes by MASTER_ADDR and MASTER_PORT.

    Args:
        rank: Number of this process.
        processes: Number of processes.
        local: Number of this process on its host, and of its GPU if there are any.

    Raises:
        WorkerError: If they cannot connect.
    """
    with _one_line_errors():
        if torch.cuda.is_available():
            torch.cuda.set_device(local)
            dist.init_process_group("cpu:gloo,cuda:nccl", rank=rank, world_size=processes, timeout=TIMEOUT)
        else:
            dist.init_process_group("gloo", rank=rank, world_size=processes, timeout=TIMEOUT)
    return TorchGroup(rank, processes)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Raise WorkerError, in one line, for errors of torch.distributed."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise WorkerError(f"Another process of this run has died or cannot be reached ({_reason(error)}).") from error


def _reason(error: Exception) -> str:
    """Return the first sentence of a message of torch, without the place in its source, advice and stacks."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"^\[[^\]]*\] ", "", text).partition(". ")[0].rstrip(".")


@dataclass(frozen=True)
class LeaderGroup:
    """The group as process 0 sees it: its calls are messages to the followers (:mod:`pincel.run.worker`).

    Attributes:
        group: The connection.
    """

    group: TorchGroup

    @property
    def processes(self) -> int:
        """Number of processes, this one included."""
        return self.group.processes

    def broadcast_config(self, config: Callable[[], Mapping[str, Any]]) -> None:
        """Send the followers what to load, and wait until they have; raises WorkerError if one cannot."""
        self.group.broadcast({"do": "load", **config()})
        for error in filter(None, self.group.all_gather("")):
            raise WorkerError(error)

    def partition(self, scale: int, start: Tensor | None = None) -> WorkPartition:
        """Let all processes build the objective of a scale, and return how its tiles are partitioned."""
        self.group.broadcast({"do": "build", "scale": scale, "start": None if start is None else _outline(start)})
        if start is not None:
            self.group.broadcast_image(start)
        return LeaderWork(self.group, scale)

    def shutdown(self) -> None:
        """Let the followers end. To be called between evaluations only."""
        self.group.broadcast({"do": "end"})


@dataclass(frozen=True)
class LeaderWork:
    """The tiles of process 0, which sends each picture to the followers before it evaluates it.

    Attributes:
        group: The connection.
        scale: Number of the scale of the objective, by which the followers know it.
    """

    group: TorchGroup
    scale: int

    def local_tiles(self, tiles: Sequence[Tile]) -> Sequence[Tile]:
        """Return the tiles that this process computes."""
        return self.group.local_tiles(tiles)

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return the sum over all processes."""
        return self.group.all_reduce(part)

    def send_image(self, pixels: Tensor) -> None:
        """Let the followers evaluate a picture too."""
        grad = torch.is_grad_enabled() and pixels.requires_grad
        self.group.broadcast({"do": "evaluate", "scale": self.scale, "grad": grad, "picture": _outline(pixels)})
        self.group.broadcast_image(pixels)


def _outline(pixels: Tensor) -> dict[str, Any]:
    """Return what a process must know to receive a picture."""
    return {"shape": list(pixels.shape), "dtype": str(pixels.dtype).removeprefix("torch.")}


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()
