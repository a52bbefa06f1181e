"""References to pictures: the id of an upload, or ``sample:NAME``."""

from __future__ import annotations

from pathlib import Path

from pincel.samples import PREFIX, find_sample
from pincel.studio.pictures import Pictures


def file_of(ref: str, pictures: Pictures) -> Path:
    """Return the file of a picture.

    Raises:
        UnknownNameError: For an unknown sample.
        ApiError: For an unknown upload.
    """
    return find_sample(ref) if ref.startswith(PREFIX) else pictures.original(ref)


def name_of(ref: str, pictures: Pictures) -> str:
    """Return what its owner calls a picture: its file name, or ``sample:NAME``; raises as :func:`file_of` does."""
    return ref if ref.startswith(PREFIX) else pictures[ref].name


def short_name(name: str) -> str:
    """Return a name without suffix or ``sample:``.

    Example:
        >>> short_name("sample:harbour"), short_name("old.harbour.jpg")
        ('harbour', 'old.harbour')
    """
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else Path(name).stem or name
