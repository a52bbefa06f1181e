"""What one run makes and the next can use: networks, style pictures in their sizes, the statistics of their features."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

MAX_ENTRIES = 8
"""Entries of each kind that are kept: two networks of a run and of another, a few pictures and their statistics."""
MAX_ENTRIES_SHARED = 4
"""The same where each picture asks for other layers: all scales of a run fit, and few networks are kept."""


@dataclass(frozen=True, eq=False)
class IdentityKey:
    """An object as a part of a key: equal to itself only, whatever it holds, and kept alive as long as the key."""

    obj: object

    def __hash__(self) -> int:
        """Return the hash of its identity."""
        return id(self.obj)

    def __eq__(self, other: object) -> bool:
        """Return whether it is the same object."""
        return isinstance(other, IdentityKey) and other.obj is self.obj


class Cache:
    """Keeps the latest entries of each kind, for runs one after the other in one process.

    Example:
        >>> machine = Machine.resolve(cache=Cache())  # doctest: +SKIP
        >>> for photo in photographs:  # doctest: +SKIP
        ...     run = Run(photo, style, machine=machine)

    Args:
        most: Entries of each kind.
    """

    def __init__(self, most: int = MAX_ENTRIES) -> None:
        self._most = most
        self._entries: dict[str, OrderedDict[Hashable, Any]] = {}

    def get_or_make(self, kind: str, key: Hashable, make: Callable[[], T]) -> T:
        """Return the entry of a key, made first if there is none.

        Args:
            kind: Each kind is kept by itself.
            key: Equal keys must mean equal things. Objects in it are kept alive as long as the entry.
            make: Called if there is no entry.
        """
        entries = self._entries.setdefault(kind, OrderedDict())
        if key not in entries:
            entries[key] = make()
            if len(entries) > self._most:
                entries.popitem(last=False)
        entries.move_to_end(key)
        made: T = entries[key]
        return made

    def holds(self, kind: str, key: Hashable) -> bool:
        """Return whether there is an entry."""
        return key in self._entries.get(kind, ())


class NoCache(Cache):
    """Makes everything anew: a run by itself needs each thing once."""

    def get_or_make(self, _kind: str, _key: Hashable, make: Callable[[], T]) -> T:
        """Make it."""
        return make()
