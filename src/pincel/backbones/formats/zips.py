"""Zip files whose sizes are true: the library makes room for what a file says of its parts, and unpacks some kinds without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from pincel.backbones.formats.weight_file import MOST


@contextmanager
def open_zip(path: Path) -> Iterator[ZipFile]:
    """Open a zip file: no part is larger than the file, nor all of them more than :data:`MOST` times as large unpacked.

    Raises:
        ValueError: If one is, or is compressed in a way that no program with weights uses.
        BadZipFile: If it is none.
    """
    size = path.stat().st_size
    with ZipFile(path) as archive:
        members = archive.infolist()
        if any(member.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for member in members):
            raise ValueError("a part of it is compressed in another way than zip files usually are")
        if max((member.compress_size for member in members), default=0) > size:
            raise ValueError("a part of it says it is longer than the file")
        if sum(member.file_size for member in members) > MOST * size:
            raise ValueError(f"it would be more than {MOST} times as large unpacked")
        yield archive
