"""Several processes that learn together, as each of them sees it: every one takes its share of each batch."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class ReplicaGroup(Protocol):
    """This process among others; :class:`pincel.engine.process_group.TorchGroup` is one."""

    @property
    def rank(self) -> int:
        """Its number; 0 writes."""

    @property
    def processes(self) -> int:
        """How many there are."""

    def all_reduce(self, part: Tensor) -> Tensor:
        """Add up what everybody has."""

    def all_gather(self, text: str) -> list[str]:
        """Give an answer, and return everybody's."""


class SingleReplica:
    """One process."""

    rank = 0
    processes = 1

    def all_reduce(self, part: Tensor) -> Tensor:
        """Return what there is."""
        return part

    def all_gather(self, text: str) -> list[str]:
        """Return the answer."""
        return [text]
