"""Batches in the order they are learned, and the processes that prepare them.

One stream carries everything, pictures to learn from and pictures to be judged by, so that the processes that load go on with the next
epoch while the last pictures of this one are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pincel.classify.augment import VIEWS, Eyepiece, stream
from pincel.classify.squares import Squares
from pincel.training.trainer import ReplicaGroup

# Batches that each process prepares before they are asked for.
AHEAD = 2


class Key(NamedTuple):
    """One picture in a batch.

    Attributes:
        part: ``train``, ``val`` or ``test``.
        place: In the list of that part.
        epoch: Which time it is seen.
        views: What is seen of it, one of :data:`pincel.classify.augment.VIEWS`.
    """

    part: str
    place: int
    epoch: int
    views: str


class Batch(NamedTuple):
    """What a step looks at.

    Attributes:
        views: (B, V, 3, crop, crop).
        labels: (B,) int64.
    """

    views: Tensor
    labels: Tensor


@dataclass(frozen=True)
class Material:
    """All parts of a data set, ready to be looked at.

    Attributes:
        squares: part → squares.
        labels: part → the class of each.
        eye: How they are looked at.
    """

    squares: Mapping[str, Squares]
    labels: Mapping[str, Sequence[int]]
    eye: Eyepiece

    def batch(self, keys: Sequence[Key]) -> Batch:
        """Return some pictures as the network sees them."""
        seen = [VIEWS[key.views](self.eye, self.squares[key.part][key.place], key.epoch, key.place) for key in keys]
        labels = torch.tensor([self.labels[key.part][key.place] for key in keys], dtype=torch.int64)
        # Nobody may have come away with nothing.
        views = torch.stack(seen) if seen else torch.empty(0, 1, 3, self.eye.crop, self.eye.crop)
        return Batch(views, labels)


def shuffled(seed: int, epoch: int, count: int) -> list[int]:
    """Return the order in which pictures are learned in an epoch."""
    order: list[int] = stream("order", seed, epoch).permutation(count).tolist()
    return order


def in_batches(order: Sequence[int], size: int, first: int = 0) -> Iterator[Sequence[int]]:
    """Cut a list into batches, the last as long as it comes out, and leave out so many of the first."""
    for begin in range(first * size, len(order), size):
        yield order[begin : begin + size]


def dealt(batch: Sequence[int], group: ReplicaGroup) -> Sequence[int]:
    """Return the part of a batch that falls to a process: neighbors, as nearly as many for each as can be."""
    return batch[dealt_places(len(batch), group)]


def dealt_places(batch: int, group: ReplicaGroup) -> slice:
    """Return where in a batch of so many the part of a process is."""
    return slice(*(batch * each // group.processes for each in (group.rank, group.rank + 1)))


class _Batches(Dataset[Batch]):
    """What the processes that load are given: batches by their keys."""

    def __init__(self, material: Material) -> None:
        self._material = material

    def __getitem__(self, keys: list[Key]) -> Batch:
        return self._material.batch(keys)


@contextmanager
def loaded(material: Material, batches: Iterable[list[Key]], workers: int) -> Iterator[Iterator[Batch]]:
    """Prepare batches ahead, in order.

    Args:
        material: Where they come from.
        batches: Their keys.
        workers: Processes that load; with none, each batch is made when it is asked for.

    Yields:
        The batches; the processes end when the block does.
    """
    if workers == 0:
        yield map(material.batch, batches)
        return
    # Fresh processes: a copy of one in which threads compute may wait for ever for a thread that was not copied.
    options: dict[str, Any] = {"num_workers": workers, "multiprocessing_context": "spawn", "prefetch_factor": AHEAD}
    ahead = iter(DataLoader(_Batches(material), sampler=batches, batch_size=None, **options))
    try:
        yield ahead
    finally:
        # Its processes end with it, and not some time later.
        shut = getattr(ahead, "_shutdown_workers", None)
        if shut is not None:
            shut()
