"""Several processes at one picture, over torch.distributed.

Process 0 leads: it alone has the canvas, the optimiser and the clock, and runs the loop as if it were by itself. Before it looks at a
picture it shows it to the others; they look at their tiles, and sums go from everybody to everybody. So everybody computes the same slopes
of these sums, and nothing has to be decided twice.

What is said is JSON, what is shown are plain numbers. Nothing that is received is ever run.
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
from pincel.engine.sharing import dealt
from pincel.engine.tiles import Alone, Share
from pincel.errors import WorkerError

# A process that says nothing for so long is taken for dead, even if its connection is still open.
SILENCE = timedelta(minutes=30)


class Crew(Protocol):
    """Whoever paints a picture, as the run sees them."""

    @property
    def processes(self) -> int:
        """How many they are."""

    def brief(self, order: Callable[[], Mapping[str, Any]]) -> None:
        """Tell the others what to load, and wait until they have; raises WorkerError if one cannot."""

    def share(self, size: tuple[int, int]) -> Share:
        """Let everybody build the objective at (height, width), and return how its tiles are shared."""


class Single:
    """One process."""

    processes = 1

    def brief(self, order: Callable[[], Mapping[str, Any]]) -> None:
        """There is nobody to tell."""

    def share(self, size: tuple[int, int]) -> Share:
        """Return that all is done here."""
        return Alone()


@dataclass(frozen=True)
class Team:
    """This process among others.

    Attributes:
        rank: Its number; 0 leads.
        processes: How many there are.
    """

    rank: int
    processes: int

    def say(self, order: Mapping[str, Any]) -> None:
        """Tell everybody; they must be listening."""
        data = torch.frombuffer(bytearray(json.dumps(order).encode()), dtype=torch.uint8)
        with _together():
            dist.broadcast(torch.tensor([len(data)]), src=0)
            dist.broadcast(data, src=0)

    def hear(self) -> dict[str, Any]:
        """Wait for what process 0 says next."""
        length = torch.zeros(1, dtype=torch.int64)
        with _together():
            dist.broadcast(length, src=0)
            data = torch.empty(int(length), dtype=torch.uint8)
            dist.broadcast(data, src=0)
        order: dict[str, Any] = json.loads(data.numpy().tobytes())
        return order

    def replies(self, text: str) -> list[str]:
        """Give an answer, and return everybody's."""
        data = torch.frombuffer(bytearray(f"{text} ".encode()), dtype=torch.uint8)
        lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(self.processes)]
        with _together():
            dist.all_gather(lengths, torch.tensor([len(data)]))
            longest = max(int(length) for length in lengths)
            padded = [torch.zeros(longest, dtype=torch.uint8) for _ in range(self.processes)]
            dist.all_gather(padded, torch.cat([data, torch.zeros(longest - len(data), dtype=torch.uint8)]))
        both = zip(padded, lengths, strict=True)
        return [bytes(answer[: int(length)].tolist()).decode().removesuffix(" ") for answer, length in both]

    def show(self, pixels: Tensor) -> None:
        """Send a picture to everybody; they must be waiting for it in :meth:`see`."""
        with _together():
            dist.broadcast(pixels.detach().contiguous(), src=0)

    def see(self, shape: Sequence[int], dtype: torch.dtype, device: torch.device) -> Tensor:
        """Wait for a picture."""
        pixels = torch.empty(*shape, dtype=dtype, device=device)
        with _together():
            dist.broadcast(pixels, src=0)
        return pixels

    def mine(self, everything: Sequence[Tile]) -> Sequence[Tile]:
        """Return what is done here."""
        return dealt(everything, self.processes)[self.rank]

    def summed(self, part: Tensor) -> Tensor:
        """Add up what everybody has."""
        # Pictures and layers lie in memory channels last, and what is sent must lie alike everywhere.
        layer = part.dim() == 4
        flat = (part.permute(0, 2, 3, 1) if layer else part).contiguous()
        with _together():
            dist.all_reduce(flat)
        return flat.permute(0, 3, 1, 2) if layer else flat

    def leave(self) -> None:
        """Let go of the others."""
        dist.destroy_process_group()


def join(rank: int, processes: int, local: int) -> Team:
    """Meet the others where MASTER_ADDR and MASTER_PORT say.

    Args:
        rank: Number of this process.
        processes: How many there are.
        local: Number of this process on its host, and of its GPU if there are any.

    Raises:
        WorkerError: If they do not come together.
    """
    with _together():
        if torch.cuda.is_available():
            torch.cuda.set_device(local)
            dist.init_process_group("cpu:gloo,cuda:nccl", rank=rank, world_size=processes, timeout=SILENCE)
        else:
            dist.init_process_group("gloo", rank=rank, world_size=processes, timeout=SILENCE)
    return Team(rank, processes)


@contextmanager
def _together() -> Iterator[None]:
    """Say in one line that others are gone."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise WorkerError(f"Another process of this run has died or cannot be reached ({_reason(error)}).") from error


def _reason(error: Exception) -> str:
    """Take the first sentence of a message of torch, but for the place in its source; advice follows, and stacks."""
    text = " ".join(str(error).split()) or type(error).__name__
    return re.sub(r"^\[[^\]]*\] ", "", text).partition(". ")[0].rstrip(".")


@dataclass(frozen=True)
class Leader:
    """A crew that follows this process."""

    team: Team

    @property
    def processes(self) -> int:
        """How many they are, this one included."""
        return self.team.processes

    def brief(self, order: Callable[[], Mapping[str, Any]]) -> None:
        """Tell the others what to load, and wait until they have; raises WorkerError if one cannot."""
        self.team.say({"do": "load", **order()})
        for trouble in filter(None, self.team.replies("")):
            raise WorkerError(trouble)

    def share(self, size: tuple[int, int]) -> Share:
        """Let everybody build the objective at (height, width), and return how its tiles are shared."""
        self.team.say({"do": "build", "size": size})
        return Leading(self.team, size)

    def dismiss(self) -> None:
        """Let the others end: all is done. To be called between evaluations only."""
        self.team.say({"do": "end"})


@dataclass(frozen=True)
class Follower:
    """A process that follows another, as its own objectives see it."""

    team: Team

    @property
    def processes(self) -> int:
        """How many there are, this one included."""
        return self.team.processes

    def brief(self, order: Callable[[], Mapping[str, Any]]) -> None:
        """Process 0 says what to load, and nobody else."""

    def share(self, size: tuple[int, int]) -> Share:
        """Return how tiles are shared at any size."""
        return Following(self.team)


@dataclass(frozen=True)
class Leading:
    """How process 0 shares the tiles of an objective.

    Attributes:
        team: With whom.
        size: (height, width) it is built for; the others know it by that.
    """

    team: Team
    size: tuple[int, int]

    def show(self, pixels: Tensor) -> None:
        """Let the others look at a picture too."""
        slopes = torch.is_grad_enabled() and pixels.requires_grad
        dtype = str(pixels.dtype).removeprefix("torch.")
        self.team.say({"do": "look", "size": self.size, "slopes": slopes, "shape": list(pixels.shape), "dtype": dtype})
        self.team.show(pixels)

    def mine(self, everything: Sequence[Tile]) -> Sequence[Tile]:
        """Return what is done here."""
        return self.team.mine(everything)

    def summed(self, part: Tensor) -> Tensor:
        """Add up what everybody has."""
        return self.team.summed(part)


@dataclass(frozen=True)
class Following:
    """How the others share them: they are shown what they look at.

    Attributes:
        team: With whom.
    """

    team: Team

    def show(self, pixels: Tensor) -> None:
        """Process 0 shows pictures, and nobody else."""

    def mine(self, everything: Sequence[Tile]) -> Sequence[Tile]:
        """Return what is done here."""
        return self.team.mine(everything)

    def summed(self, part: Tensor) -> Tensor:
        """Add up what everybody has."""
        return self.team.summed(part)


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()
