"""Zip files whose parts are not what they say."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from pincel.backbones.formats import open_weights
from pincel.errors import WeightsError

# Where a part's compressed and whole sizes are, behind the mark of its line in the table of contents.
COMPRESSED, WHOLE = 20, 24


def zipped(kind: int, content: bytes, **said: int) -> bytes:
    """Return a zip file of one part, whose sizes in the table of contents are said to be others."""
    text = io.BytesIO()
    with ZipFile(text, "w", kind) as archive:
        archive.writestr("a/data.pkl", content)
    data = bytearray(text.getvalue())
    line = data.index(b"PK\1\2")
    for name, size in said.items():
        data[line + globals()[name] : line + globals()[name] + 4] = struct.pack("<I", size)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (zipped(0, b"}.", COMPRESSED=2**31), "a part of it says it is longer than the file"),
        (zipped(0, b"}.", WHOLE=2**31), "it would be more than 100 times as large unpacked"),
        (zipped(ZIP_DEFLATED, bytes(10**6)), "it would be more than 100 times as large unpacked"),
        # These unpack without end: the size that is said does not bound them.
        (zipped(ZIP_BZIP2, bytes(10**6), WHOLE=2), "a part of it is compressed in another way than zip files usually are"),
        (zipped(ZIP_LZMA, bytes(10**6), WHOLE=2), "a part of it is compressed in another way than zip files usually are"),
    ],
)
def test_parts_that_lie_are_refused(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(data)
    with pytest.raises(WeightsError, match=f"^weights: cannot be read as a zip file, {said} · given "):
        open_weights(tmp_path / "a.pth")
