"""Tables of names for each family of parts: backbones, optimizers, losses and so on.

A table maps a name to an entry point, ``"module:attribute"``, which is imported when it is first used: listing names costs nothing, and
``pincel --help`` needs no torch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar, cast

from pincel.errors import OptionError, unknown_name

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
        """Return the part called ``name``.

        Raises:
            UnknownNameError: With the closest match.
            OptionError: If there is nothing where a plug-in said that its part is.
        """
        place = self._entry_points[self.check(name)]
        module, _, attribute = place.partition(":")
        try:
            return cast("T", getattr(import_module(module), attribute))
        except ModuleNotFoundError as error:
            if not f"{module}.".startswith(f"{error.name}."):
                raise
            raise OptionError(f"The {self.kind} '{name}' is in {place}, and there is no module {error.name}.") from error
        except AttributeError as error:
            if module not in sys.modules or hasattr(sys.modules[module], attribute):
                raise
            raise OptionError(f"The {self.kind} '{name}' is in {place}, and that module has no {attribute or 'part named'}.") from error

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
