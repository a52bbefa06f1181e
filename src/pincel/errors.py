"""Everything that can go wrong for a reason the user can mend.

::

    PincelError
    ├── OptionError          a value that is not accepted
    │   └── UnknownNameError a name that is not in a table, with the closest match
    ├── PictureError         a picture that cannot be used
    │   ├── PictureMissingError
    │   ├── PictureUnreadableError
    │   └── PictureSizeError too small, too large, too thin
    ├── OutputError          a result that cannot be written
    ├── CheckpointError      a checkpoint that a run cannot go on from
    │   └── CheckpointDamagedError
    ├── RecipeError          a recipe file that is not one
    ├── DeviceError          a device that is not there
    ├── WeightsError         weights missing or damaged
    ├── MemoryLimitError     not enough memory, whatever is done with less
    ├── WorkerError          a process that shares the work is gone, or cannot do its part
    ├── FilmError            a film that cannot be read or written
    ├── ClusterError         a cluster that does not answer, or cannot do its part
    ├── ExtraMissingError    an optional library that is not installed
    └── DivergedError        no finite step could be found

Each message says, on one line: what failed · what was given · what is accepted · what to try.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PincelError(Exception):
    """Base of every error pincel raises on purpose; its text is one line fit for a user.

    Args:
        message: What is wrong.
        about: What the text begins with, if anything: mostly an argument as Python calls it (``content``), in whose place the command line
            puts its own word (``PHOTO``).
    """

    def __init__(self, message: str = "", *, about: str = "") -> None:
        super().__init__(message)
        self.about = about

    def __str__(self) -> str:
        """Return the text on one line, whatever line breaks names of files have."""
        return f"{self.about}: {self.message}" if self.about else self.message

    @property
    def message(self) -> str:
        """The text without what it is about."""
        return " ".join(super().__str__().splitlines())


class OptionError(PincelError, ValueError):
    """An option has a value that is not accepted."""


class UnknownNameError(OptionError):
    """A name is not in the table it was looked up in."""


class PictureError(PincelError):
    """A picture cannot be used."""


class PictureMissingError(PictureError, FileNotFoundError):
    """There is no file of that name."""


class PictureUnreadableError(PictureError):
    """The file is empty, truncated, or no picture."""


class PictureSizeError(PictureError):
    """The picture is too small, too thin or too large."""


class OutputError(PincelError):
    """A result cannot be written where it was asked for."""


class CheckpointError(PincelError):
    """A run cannot go on from a checkpoint: there is none, it is of something else, or its pictures have changed."""


class CheckpointDamagedError(CheckpointError):
    """The checkpoint is truncated or altered."""


class RecipeError(PincelError):
    """A recipe file cannot be read as a recipe."""


class DeviceError(PincelError):
    """The device asked for is not on this machine."""


class WeightsError(PincelError):
    """A weights file is missing or is not the one expected."""


class MemoryLimitError(PincelError):
    """There is not enough memory, and nothing is left to do with less."""


class WorkerError(PincelError):
    """A process that shares the work has died, cannot be reached, or cannot do its part."""


class FilmError(PincelError):
    """A film cannot be read, has no pictures, or cannot be written as asked."""


class ClusterError(PincelError):
    """No cluster answers at an address, or what it was given to do cannot be done there."""


class ExtraMissingError(PincelError):
    """A library that is optional is needed and not installed."""


class DivergedError(PincelError):
    """The objective is not finite and going back did not help."""


FORMER_NAMES = {"ladder": "scales", "detail": "detail_transfer"}
"""Former name → name of what has another name now that does not resemble it."""


def closest(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the name nearest to ``name``, or an empty string.

    Example:
        >>> closest("relu4-2", ["relu4_1", "relu4_2"])
        " Did you mean 'relu4_2'?"
    """
    spelled = {k.lower(): k for k in known}
    former = FORMER_NAMES.get(name.lstrip("-").replace("-", "_"), "")
    renamed = [known for known in spelled if former and known.lstrip("-").replace("-", "_") == former]
    found = renamed or difflib.get_close_matches(name.lower(), spelled, n=1, cutoff=0.5)
    return f" Did you mean '{spelled[found[0]]}'?" if found else ""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """Build the error for a name that is not in a table.

    Args:
        kind: What the name should have been (``"recipe"``, ``"style layer"``).
        name: What was given; callers in Python can give anything.
        known: The names accepted.
    """
    names = list(known)
    listed = ", ".join(names) if len(names) <= 12 else f"{', '.join(names[:5])} … {names[-1]}, {len(names)} in all"
    return UnknownNameError(f"Unknown {kind} '{name}' (known: {listed}).{closest(str(name), names)}")
