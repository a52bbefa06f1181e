"""Images as squares of 8 bits, as training uses them: decoded each time, or once and kept in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import torch
from torch import Tensor

from pincel.classify.index import ImageIndex
from pincel.classify.statistics import Sums
from pincel.engine.events import SetupProgress
from pincel.errors import PictureError
from pincel.images.resize import cover

# Fraction of the free memory that decoded squares take at most.
MEMORY_FRACTION = 0.25
# Images between two progress events.
INTERVAL = 50


class SquareImages(Protocol):
    """Square images by number."""

    def __getitem__(self, index: int) -> Tensor:
        """Return one, (3, side, side) uint8."""


@dataclass(frozen=True)
class DecodedSquares:
    """Square images that are decoded each time.

    Attributes:
        images: Where they are.
        side: Of a square.
    """

    images: ImageIndex
    side: int

    def __getitem__(self, index: int) -> Tensor:
        """Return one, (3, side, side) uint8; raises PictureError if the image cannot be read."""
        return square(self.images.pixels(index), self.side)


def square(pixels: Tensor, side: int) -> Tensor:
    """Resize the shorter side of an image, (1, 3, H, W) in [0, 1], and crop its center, (3, side, side) uint8.

    Paper:
        Krizhevsky, Sutskever, Hinton 2012, section 2; it does not say how images are resampled, here it is bicubically.
    """
    return cover(pixels, (side, side), "bicubic-8bit")[0].mul(255).round().to(torch.uint8)


@dataclass
class ScanResult:
    """Statistics of all images of a part.

    Attributes:
        sums: Over the squares.
        damaged: Index → error of a damaged image.
        kept: The squares, (N, 3, side, side) uint8, if they are kept; those of damaged images are black.
    """

    sums: Sums
    damaged: dict[int, str]
    kept: Tensor | None = None


def scan(
    images: ImageIndex, side: int, what: str, *, keep: bool, indices: Sequence[int], threads: int
) -> Generator[SetupProgress, None, ScanResult]:
    """Decode images in several threads, and add up their statistics.

    Args:
        images: Where they are.
        side: Of the squares.
        what: Name of this work, for its events.
        keep: Whether the squares are kept.
        indices: Which images.
        threads: How many.

    Yields:
        Progress.

    Returns:
        The statistics.
    """
    kept = torch.zeros(len(images), 3, side, side, dtype=torch.uint8) if keep else None
    result = ScanResult(Sums.empty(side), {}, kept)
    yield SetupProgress(what, 0, len(indices))
    for done, (index, square) in enumerate(_decode_in_order(DecodedSquares(images, side), indices, threads), 1):
        if isinstance(square, PictureError):
            result.damaged[index] = str(square)
        else:
            result.sums.add(square)
            if kept is not None:
                kept[index] = square
        if done % INTERVAL == 0 or done == len(indices):
            yield SetupProgress(what, done, len(indices))
    return result


def _decode_in_order(squares: DecodedSquares, indices: Sequence[int], threads: int) -> Iterator[tuple[int, Tensor | PictureError]]:
    """Decode in threads, some images in advance; yield index and square, or why it cannot be read, in order."""
    waiting = iter(indices)
    with ThreadPoolExecutor(threads) as pool:
        ahead = deque((index, pool.submit(squares.__getitem__, index)) for index in islice(waiting, 4 * threads))
        try:
            while ahead:
                index, future = ahead.popleft()
                ahead.extend((later, pool.submit(squares.__getitem__, later)) for later in islice(waiting, 1))
                error = future.exception()
                if error is not None and not isinstance(error, PictureError):
                    raise error
                yield index, error or future.result()
        finally:
            for _, future in ahead:
                future.cancel()


def memory_of(counts: Mapping[str, int], side: int) -> int:
    """Return the bytes of squares, for part → how many."""
    return sum(counts.values()) * 3 * side * side
