"""Which runs are too many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pincel.studio.limits import Limits
from pincel.studio.records import Record


def surplus(records: Sequence[Record], limits: Limits, size: Callable[[Record], int]) -> list[Record]:
    """Return the runs to forget: the newest stay, up to so many and so many bytes, and those that wait or are under way in any case.

    Args:
        records: Newest first.
        limits: How many, how large.
        size: Bytes of one on the disk.
    """
    count = total = 0
    gone = []
    for record in records:
        bytes_ = size(record)
        if record.ended and (count >= limits.runs or (count and total + bytes_ > limits.kept)):
            gone.append(record)
            continue
        count, total = count + 1, total + bytes_
    return gone
