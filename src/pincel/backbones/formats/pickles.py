"""Pickles: programs for a small machine that makes objects, and may call any function. They are looked through before any of it is done.

Lengths and numbers of places are part of such a program, and Python makes room for what they say; :func:`look_through` believes none
that is larger than the file. :class:`Restricted` then makes nothing but numbers, texts, lists, tuples, dicts and what it was told to.
"""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Mapping
from typing import Any, BinaryIO, Never

# Instructions that write to a numbered place, for which all places before it are made.
PLACES = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})


def look_through(stream: BinaryIO, most: int, *, numbers: bool = False) -> None:
    """Read the instructions of one pickle, obeying none, up to its end.

    Args:
        stream: At its beginning. A ``read`` of more than there is must return what there is, at no cost.
        most: The number of bytes of the file: no place, and no part of a whole file, has a larger number.
        numbers: Whether the numbers it makes are bounded too, as those in a file of torch are: sizes and lengths.

    Raises:
        ValueError: If it is no whole pickle or a number is too large.
    """
    for instruction, argument, _ in pickletools.genops(stream):
        if isinstance(argument, int) and abs(argument) > most and (numbers or instruction.name in PLACES):
            raise ValueError(f"it speaks of {argument} parts and has only {most} bytes")


class Restricted(pickle.Unpickler):
    """Makes the objects of a pickle, and none but those of a table: no function of Python's is called.

    Args:
        stream: The pickle, looked through before.
        table: ``module.name`` that a pickle may ask for → what it is given in its stead.
    """

    def __init__(self, stream: BinaryIO, table: Mapping[str, Any]) -> None:
        # What was a text of bytes in Python 2 is one of as many characters.
        super().__init__(stream, encoding="latin1")
        self._table = table

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a function or class; raises UnpicklingError for one that is not in the table."""
        asked = f"{module}.{name}"
        if asked not in self._table:
            raise refused(asked)
        return self._table[asked]

    def persistent_load(self, pid: object) -> Never:
        """Refuse what is kept outside the pickle."""
        raise pickle.UnpicklingError("a part of it is elsewhere")


def refused(asked: str) -> pickle.UnpicklingError:
    """Build the error for a pickle that asks for a function or a class by name."""
    return pickle.UnpicklingError(f"it asks for {asked}, and pincel runs no code of a file")
