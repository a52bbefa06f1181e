"""Batches in the order of training, and the processes that prepare them.

One stream has all batches, of training and of validation, so that the loading processes continue with the next epoch while the last images
of the present one are evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from pincel.classify.augment import CROP_MODES, CropTransform, rng_for
from pincel.classify.squares import SquareImages
from pincel.training.trainer import ReplicaGroup

# Batches that each process prepares in advance.
PREFETCH = 2


class SampleKey(NamedTuple):
    """One image in a batch.

    Attributes:
        part: ``train``, ``val`` or ``test``.
        number: Of the image in that part.
        epoch: Number of the epoch.
        mode: How it is cropped, one of :data:`pincel.classify.augment.CROP_MODES`.
    """

    part: str
    number: int
    epoch: int
    mode: str


class Batch(NamedTuple):
    """Images of a step.

    Attributes:
        crops: (B, V, 3, crop, crop), V crops of each image.
        labels: (B,) int64.
    """

    crops: Tensor
    labels: Tensor


@dataclass(frozen=True)
class DataModule:
    """All parts of a data set, ready to be cropped.

    Attributes:
        squares: part → square images.
        labels: part → the class of each.
        transform: Cuts crops.
    """

    squares: Mapping[str, SquareImages]
    labels: Mapping[str, Sequence[int]]
    transform: CropTransform

    def batch(self, keys: Sequence[SampleKey]) -> Batch:
        """Return the crops of some images."""
        crops = [CROP_MODES[key.mode](self.transform, self.squares[key.part][key.number], key.epoch, key.number) for key in keys]
        labels = torch.tensor([self.labels[key.part][key.number] for key in keys], dtype=torch.int64)
        # A process may have no image of a batch.
        side = self.transform.crop
        return Batch(torch.stack(crops) if crops else torch.empty(0, 1, 3, side, side), labels)


def permutation_of(seed: int, epoch: int, count: int) -> list[int]:
    """Return the order of so many images in an epoch."""
    order: list[int] = rng_for("order", seed, epoch).permutation(count).tolist()
    return order


def batches_of(order: Sequence[int], size: int, first: int = 0) -> Iterator[Sequence[int]]:
    """Yield a sequence in batches, the last one shorter if need be, from batch number ``first`` on."""
    for begin in range(first * size, len(order), size):
        yield order[begin : begin + size]


def shard(batch: Sequence[int], group: ReplicaGroup) -> Sequence[int]:
    """Return the part of a batch for a process: contiguous, and of nearly the same size for each."""
    return batch[shard_slice(len(batch), group)]


def shard_slice(batch: int, group: ReplicaGroup) -> slice:
    """Return the slice of a batch of so many images for a process."""
    return slice(*(batch * each // group.processes for each in (group.rank, group.rank + 1)))


class _Batches(Dataset[Batch]):
    """Batches by their keys, for the loading processes."""

    def __init__(self, data: DataModule) -> None:
        self._data = data

    def __getitem__(self, keys: list[SampleKey]) -> Batch:
        return self._data.batch(keys)


@contextmanager
def load_batches(data: DataModule, batches: Iterable[list[SampleKey]], workers: int) -> Iterator[Iterator[Batch]]:
    """Prepare batches in advance, in order.

    Args:
        data: The data set.
        batches: Keys of each batch.
        workers: Loading processes; with none, each batch is made when it is needed.

    Yields:
        The batches; the processes end with the block.
    """
    if workers == 0:
        yield map(data.batch, batches)
        return
    # Fresh processes: a fork of one in which threads compute may wait forever for a thread that was not copied.
    options: dict[str, Any] = {"num_workers": workers, "multiprocessing_context": "spawn", "prefetch_factor": PREFETCH}
    ahead = iter(DataLoader(_Batches(data), sampler=batches, batch_size=None, **options))
    try:
        yield ahead
    finally:
        # End its processes now, and not when it is collected.
        shut = getattr(ahead, "_shutdown_workers", None)
        if shut is not None:
            shut()
