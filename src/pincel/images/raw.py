"""TIFF files whose first page is not the picture: raw files of cameras (DNG, NEF, ARW, PEF), and files that begin with a reduced copy."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import tifffile

from pincel.translation import Note
from pincel.translation import gettext_lazy as _

_DNG_VERSION, _MAKE, _REDUCED = 50706, 271, 1
_SENSOR = (32803, 34892)
"""Photometric interpretations of color filter arrays and linear raw values: DNG 1.7, chapter 4."""


@dataclass(frozen=True)
class TiffLayout:
    """Where in a TIFF the picture is.

    Attributes:
        raw: What a raw file of a camera is called; nothing for another file.
        page: Number of the page to read, from 0.
    """

    raw: str = ""
    page: int = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """A note if the page is not the first."""
        return (Note(_("page {number}: those before are reduced copies"), number=self.page + 1),) if self.page else ()


def tiff_layout(data: bytes) -> TiffLayout:
    """Look through the pages of a TIFF; of one that is damaged nothing is known."""
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            return _layout(list(tiff.pages))
    except Exception:  # damaged files make the reader raise anything
        return TiffLayout()


def _layout(pages: list[Any]) -> TiffLayout:
    first = pages[0]
    inner = [page for page in first.pages or () if hasattr(page, "photometric")]
    if _DNG_VERSION in first.tags:
        return TiffLayout(raw="DNG")
    if any(int(page.photometric or 0) in _SENSOR for page in (first, *inner)):
        make = first.tags.get(_MAKE)
        return TiffLayout(raw=str(make.value).strip(" \0") if make else "sensor values")
    if not int(first.subfiletype) & _REDUCED:
        return TiffLayout()
    whole = {number: page.imagewidth * page.imagelength for number, page in enumerate(pages) if not int(page.subfiletype) & _REDUCED}
    return TiffLayout(page=max(whole, key=lambda number: whole[number]) if whole else 0)
