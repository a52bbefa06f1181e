"""What one run makes and the next can use: networks, pictures in their sizes, what was seen in style pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

# Of each kind, how many are kept: the two networks of a run and of another, a few pictures and what was seen in them.
MOST = 8

# The same for a handful of pictures that ask for different layers each: the scales of a ladder fit, and what its networks take stays small.
SHARED = 4


class Remembers(Protocol):
    """What can be asked for something that may have been made before."""

    def once(self, kind: str, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for this key before, or make it.

        Args:
            kind: Of what sort it is; each sort is kept by itself.
            key: Equal keys must mean equal things. Objects in it are kept alive as long as what was made.
            make: Called if there is none.
        """


@dataclass(frozen=True, eq=False)
class Itself:
    """An object as a part of a key: equal to itself only, whatever it holds."""

    thing: object

    def __hash__(self) -> int:
        """Return that of its identity; it stays alive as long as the key."""
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        """Say whether it is the same object."""
        return isinstance(other, Itself) and other.thing is self.thing


class Forgetful:
    """Makes everything anew: a run by itself needs each thing once."""

    def once(self, _kind: str, _key: Hashable, make: Callable[[], T]) -> T:
        """Make it."""
        return make()


class Memo:
    """Keeps the latest of each kind, for runs one after the other in one process.

    Example:
        >>> memo = Memo()
        >>> for photo in photographs:  # doctest: +SKIP
        ...     run = Run(photo, style, memo=memo)

    Args:
        most: Of each kind, how many are kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[str, OrderedDict[Hashable, Any]] = {}

    def once(self, kind: str, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for this key before, or make it; see :meth:`Remembers.once`."""
        shelf = self._kept.setdefault(kind, OrderedDict())
        if key not in shelf:
            shelf[key] = make()
            if len(shelf) > self._most:
                shelf.popitem(last=False)
        shelf.move_to_end(key)
        made: T = shelf[key]
        return made
