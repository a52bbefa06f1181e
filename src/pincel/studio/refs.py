"""A picture as a run names it: the id of an upload, or ``sample:NAME``."""

from __future__ import annotations

from pathlib import Path

from pincel.samples import PREFIX, find_sample, sample_names
from pincel.studio.pictures import Pictures


def file_of(ref: str, pictures: Pictures) -> Path:
    """Return the file of a picture.

    Raises:
        UnknownNameError: For a sample that there is not.
        ApiError: For an upload that there is not.
    """
    return find_sample(ref) if ref.startswith(PREFIX) else pictures.original(ref)


def name_of(ref: str, pictures: Pictures) -> str:
    """Return what a person calls it: its file name, or ``sample:NAME``; raises as :func:`file_of` does."""
    return ref if ref.startswith(PREFIX) else pictures[ref].name


def short_name(name: str) -> str:
    """Return a name without what makes it a file or a sample.

    Example:
        >>> short_name("sample:harbour"), short_name("old.harbour.jpg")
        ('harbour', 'old.harbour')
    """
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else Path(name).stem or name


def samples() -> dict[str, Path]:
    """Return the pictures that come with pincel, by name."""
    return sample_names()
