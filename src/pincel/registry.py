"""Tables of names for each family of parts: backbones, optimizers, losses and so on.

A table maps a name to an entry point, ``"module:attribute"``, which is imported when it is first used: listing names costs nothing, and
``pincel --help`` needs no torch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar, cast

from pincel.errors import unknown_name

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one family and where each part is built.

    Args:
        kind: What a name in this table is called in messages (``"optimizer"``).
        entry_points: name → ``"module:attribute"``.

    Example:
        >>> shapes: Registry[type] = Registry("number type", {"fraction": "fractions:Fraction"})
        >>> shapes["fraction"].__name__
        'Fraction'
    """

    def __init__(self, kind: str, entry_points: Mapping[str, str]) -> None:
        self.kind = kind
        self._entry_points = dict(entry_points)

    def __getitem__(self, name: str) -> T:
        """Return the part called ``name``; raises UnknownNameError with the closest match."""
        place = self._entry_points[self.check(name)]
        module, _, attribute = place.partition(":")
        return cast("T", getattr(import_module(module), attribute))

    def __contains__(self, name: object) -> bool:
        return name in self._entry_points

    def __iter__(self) -> Iterator[str]:
        return iter(self._entry_points)

    def check(self, name: str) -> str:
        """Return ``name`` if it is in the table, without importing anything."""
        if not isinstance(name, str) or name not in self._entry_points:
            raise unknown_name(self.kind, name, self._entry_points)
        return name

    def add(self, name: str, place: str) -> None:
        """Add a part, as a plug-in does.

        Args:
            name: The new name.
            place: ``"module:attribute"``.
        """
        self._entry_points[name] = place
