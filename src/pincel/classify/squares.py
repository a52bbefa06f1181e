"""Pictures as squares of 8 bits, the way training sees them: decoded anew each time, or once and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import torch
from torch import Tensor

from pincel.classify.listing import Listing
from pincel.classify.statistics import Sums
from pincel.engine.events import SetupProgress
from pincel.errors import PictureError
from pincel.images.resize import cover

# Of the memory that is free, decoded squares take this share at most.
SHARE = 0.25
# Pictures between two words about how far it is.
PACE = 50


class Squares(Protocol):
    """Squares by number."""

    def __getitem__(self, index: int) -> Tensor:
        """Return one, (3, side, side) uint8."""


@dataclass(frozen=True)
class Decoded:
    """Squares that are decoded whenever they are asked for.

    Attributes:
        pictures: The list.
        side: Of a square.
    """

    pictures: Listing
    side: int

    def __getitem__(self, index: int) -> Tensor:
        """Return one, (3, side, side) uint8; raises PictureError if the picture cannot be read."""
        return square(self.pictures.pixels(index), self.side)


def square(pixels: Tensor, side: int) -> Tensor:
    """Bring the shorter side of a picture, (1, 3, H, W) in [0, 1], to a length and cut out the middle, (3, side, side) uint8.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 2; it does not say how pictures are resampled, here it is bicubically.
    """
    return cover(pixels, (side, side), "bicubic-8bit")[0].mul(255).round().to(torch.uint8)


@dataclass
class Survey:
    """What one look at every picture of a part has shown.

    Attributes:
        sums: Over the squares.
        damaged: Place → what is wrong with the picture there.
        kept: The squares, (N, 3, side, side) uint8, if they were to be kept; those of damaged pictures are black.
    """

    sums: Sums
    damaged: dict[int, str]
    kept: Tensor | None = None


def surveyed(
    pictures: Listing, side: int, what: str, *, keep: bool, places: Sequence[int], threads: int
) -> Iterator[SetupProgress | Survey]:
    """Look at pictures, in several threads, and add up what is seen.

    Args:
        pictures: The list.
        side: Of the squares.
        what: What to say that this is.
        keep: Whether the squares are kept.
        places: Which pictures.
        threads: How many.

    Yields:
        How far it is, and last what was found.
    """
    kept = torch.zeros(len(pictures), 3, side, side, dtype=torch.uint8) if keep else None
    found = Survey(Sums.none(side), {}, kept)
    yield SetupProgress(what, 0, len(places))
    for done, (place, answer) in enumerate(_in_order(places, _attempt(Decoded(pictures, side)), threads), 1):
        if isinstance(answer, str):
            found.damaged[place] = answer
        else:
            found.sums.add(answer)
            if kept is not None:
                kept[place] = answer
        if done % PACE == 0 or done == len(places):
            yield SetupProgress(what, done, len(places))
    yield found


def _attempt(squares: Decoded) -> Callable[[int], Tensor | str]:
    def attempt(place: int) -> Tensor | str:
        try:
            return squares[place]
        except PictureError as error:
            return str(error)

    return attempt


def _in_order(places: Sequence[int], work: Callable[[int], Tensor | str], threads: int) -> Iterator[tuple[int, Tensor | str]]:
    """Work in threads, a few pictures ahead, and yield in order."""
    waiting = iter(places)
    with ThreadPoolExecutor(threads) as pool:
        ahead = [(place, pool.submit(work, place)) for place in islice(waiting, 4 * threads)]
        try:
            while ahead:
                place, future = ahead.pop(0)
                ahead += [(later, pool.submit(work, later)) for later in islice(waiting, 1)]
                yield place, future.result()
        finally:
            for _, future in ahead:
                future.cancel()


def bytes_of(counts: Mapping[str, int], side: int) -> int:
    """Return the memory that squares take, part → how many."""
    return sum(counts.values()) * 3 * side * side
